"""What the Nordic DLMS families share: codes of the phases, what a model measures, and when energy is told."""

from __future__ import annotations

from typing import NamedTuple

from ngair.sim.dates import normal_time
from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._p1 import split

TOTALS = (1, 2, 3, 4)
"""Group C of import and export, active, then reactive."""
CURRENT_CODES = ("31.7.0", "51.7.0", "71.7.0")
VOLTAGE_CODES = ("32.7.0", "52.7.0", "72.7.0")

TEN_SECONDS = 10
"""Between two lists of currents."""
_HOUR_S = 3600
_PAST_THE_HOUR_S = 10


class Model(NamedTuple):
    """What a model of a maker measures."""

    name: str
    currents: tuple[int, ...]
    """The phases, counted from 0."""
    voltages: tuple[int, ...]


def is_hourly(state: HouseState) -> bool:
    """Whether energy is told now: ten seconds past each hour (NEK HAN-NVE)."""
    return state.time_s % _HOUR_S == _PAST_THE_HOUR_S


def clock(state: HouseState, *, deviation_min: int = axdr.NO_DEVIATION, status: int = 0x00) -> bytes:
    """The 12 bytes of the meter's time, which is normal time all year."""
    return axdr.date_time(normal_time(state.time_s), deviation_min=deviation_min, status=status)


def total_powers(state: HouseState) -> tuple[int, int, int, int]:
    """Power of all phases together: import and export in W, then in var."""
    return (*split(state.net_w), *split(state.net_var))


def registers(state: HouseState) -> tuple[int, int, int, int]:
    """Import and export in Wh, then in varh."""
    return (
        sum(state.import_wh),
        sum(state.export_wh),
        state.reactive_import_varh,
        state.reactive_export_varh,
    )


def code(text: str) -> bytes:
    """An OBIS code as a value."""
    return axdr.octets(axdr.code(text))
