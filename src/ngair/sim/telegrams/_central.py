"""What the families of central Europe share: local clocks, serial numbers, registers by their codes."""

from __future__ import annotations

from datetime import datetime

from ngair.model.keys import Keys
from ngair.sim.dates import is_summer_time, normal_time
from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr
from ngair.sim.telegrams._p1 import HOUR, split

KEYS = Keys(b"ngair sim key 01", b"ngair sim auth01")
"""Made up; a real meter's keys come from its grid operator."""

_SUMMER_TIME = 0x80
"""In the status of a date-time."""


def local(time_s: int) -> datetime:
    """What clocks on walls show."""
    moment = normal_time(time_s)
    return moment + HOUR if is_summer_time(moment) else moment


def clock(time_s: int) -> bytes:
    """A date-time with its deviation from UTC, and whether it is summer time."""
    if is_summer_time(normal_time(time_s)):
        return _axdr.date_time(local(time_s), deviation_min=-120, status=_SUMMER_TIME)
    return _axdr.date_time(local(time_s), deviation_min=-60)


def digits(state: HouseState, count: int) -> str:
    """The last digits of the meter's number."""
    return state.meter_id[-count:]


def system_title(maker: str, state: HouseState) -> bytes:
    """Who ciphered: the maker's letters and five bytes of the meter's number."""
    return maker.encode("ascii") + int(digits(state, 12)).to_bytes(5, "big")


def registers(state: HouseState) -> dict[str, int]:
    """W, Wh, hundredths of amperes and tenths of volts, by C.D.E."""
    import_w, export_w = split(state.net_w)
    import_var, export_var = split(state.net_var)
    values = {
        "1.7.0": import_w,
        "2.7.0": export_w,
        "3.7.0": import_var,
        "4.7.0": export_var,
        "1.8.0": sum(state.import_wh),
        "1.8.1": state.import_wh[0],
        "1.8.2": state.import_wh[1],
        "2.8.0": sum(state.export_wh),
        "2.8.1": state.export_wh[0],
        "2.8.2": state.export_wh[1],
        "3.8.0": state.reactive_import_varh,
        "3.8.1": 0,
        "3.8.2": state.reactive_import_varh,
        "4.8.0": state.reactive_export_varh,
        "4.8.1": 0,
        "4.8.2": state.reactive_export_varh,
    }
    for phase, (power_w, volts, amps) in enumerate(zip(state.power_w, state.voltage_v, state.current_a, strict=True)):
        first = 20 * (phase + 1)
        values[f"{first + 1}.7.0"], values[f"{first + 2}.7.0"] = split(power_w)
        values[f"{first + 11}.7.0"] = round(amps * 100)
        values[f"{first + 12}.7.0"] = round(volts * 10)
    return values
