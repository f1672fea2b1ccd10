"""Values as they are kept: whole numbers in the unit of their quantity."""

from __future__ import annotations

from ngair.model.history import METER_QUANTITIES
from ngair.model.phases import Phases
from ngair.model.reading import Reading

WHOLE_MAX = 1_000_000_000
"""No quantity comes near; what is beyond, or no number at all, is unknown."""


def whole(value: float | None, scale: int = 1) -> int | None:
    """A value as it is kept; `None` where it is unknown or impossible."""
    if value is None:
        return None
    scaled = value * scale
    return round(scaled) if -WHOLE_MAX < scaled < WHOLE_MAX else None


def meter_values(reading: Reading) -> tuple[int | None, ...]:
    """What is kept of a reading, in the order of `METER_QUANTITIES`."""
    return (
        whole(reading.power_import_w),
        whole(reading.power_export_w),
        *_phases(reading.current_a, 1000),
        *_phases(reading.voltage_v, 10),
    )


def _phases(values: Phases, scale: int) -> tuple[int | None, int | None, int | None]:
    one, two, three = values
    return whole(one, scale), whole(two, scale), whole(three, scale)


def register_wh(value: float | None) -> int | None:
    """A register in whole Wh, its fraction left off; `None` where it is unknown or impossible."""
    return int(value) if value is not None and 0 <= value < _REGISTER_MAX_WH else None


_REGISTER_MAX_WH = 1e15
assert len(METER_QUANTITIES) == 8
