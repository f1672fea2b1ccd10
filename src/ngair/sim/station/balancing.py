"""How a charger balances by itself on the meterdata that it hears: the other voice on its control topic."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ngair.sim.options import CHARGER_MIN_A
from ngair.sim.station.messages import parse_meterdata

CAUTIOUS_READINGS = 3
"""So many after its start it stays at the minimum, then comes its own target (field capture: 6, later 16)."""
DELAY_S = (0.1, 0.3)
"""From meterdata to its setpoint (field capture)."""


class OwnBalancing:
    """What is left of the main fuse is added to what it gives, as if nobody else steered."""

    def __init__(self, main_fuse_a: int, rating_a: int, random: Random) -> None:
        self._main_fuse_a = main_fuse_a
        self._rating_a = rating_a
        self._random = random
        self._heard = 0

    def restart(self) -> None:
        """Be cautious again."""
        self._heard = 0

    def targets_a(self, meterdata: bytes, given_a: Sequence[int]) -> list[int]:
        """What each outlet shall give, from 6 A to its rating; nothing when the meterdata tells nothing."""
        data = parse_meterdata(meterdata)
        if data is None:
            return []
        self._heard += 1
        if self._heard <= CAUTIOUS_READINGS:
            return [CHARGER_MIN_A] * len(given_a)
        left_a = (self._main_fuse_a - max(data.current)) / len(given_a)
        # Bounded before it is whole: meterdata may tell any number.
        return [int(max(CHARGER_MIN_A, min(self._rating_a, amps + left_a))) for amps in given_a]

    def delay_s(self) -> float:
        """How long it thinks."""
        return self._random.uniform(*DELAY_S)
