"""Three phases, in the order L1, L2, L3."""

from __future__ import annotations

PHASE_NAMES = ("L1", "L2", "L3")

Phases = tuple[float | None, float | None, float | None]
"""One value a phase; `None` is unknown, which is never the same as zero."""

UNKNOWN_PHASES: Phases = (None, None, None)

KnownPhases = tuple[float, float, float]
"""One value a phase where the source always tells all three."""

ZERO_PHASES: KnownPhases = (0, 0, 0)

PhaseSet = tuple[bool, bool, bool]
"""Some of the phases."""

ALL_PHASES: PhaseSet = (True, True, True)
