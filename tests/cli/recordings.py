"""A recording of our own: a simulated house's meter, with a tail of a telegram at its beginning."""

from __future__ import annotations

from ngair.sim.options import Options
from ngair.sim.world import World

COUNT = 40
TELEGRAMS = World(Options(seed=3)).advance(COUNT)
RECORDING = TELEGRAMS[0][500:] + b"".join(TELEGRAMS)
CLOCKS = [f"2026-03-02T17:00:{second:02d}" for second in range(1, COUNT + 1)]
"""What the meter's own clock says in each."""
