"""How Kamstrup builds a list (HAN-NVE interface description 3.1): its name, then code and value in turn."""

from __future__ import annotations

from datetime import timedelta

from ngair.sim.dates import is_summer_time, normal_time
from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._hdlc import LLC_HEADER, frame
from ngair.sim.telegrams._nordic import CURRENT_CODES, TOTALS, VOLTAGE_CODES, code, registers, total_powers

Pair = tuple[str, bytes]
"""A code in full, and the value behind it."""


def message(state: HouseState, pairs: list[Pair]) -> bytes:
    """A list with its name, and the time as Kamstrup tells it: without a tag, in summer an hour ahead."""
    fields = (part for name, value in pairs for part in (code(name) if name else axdr.NULL, value))
    return axdr.notification(axdr.structure(axdr.text("Kamstrup_V0001"), *fields), invoke_id=0, clock=local_time(state))


def framed(content: bytes) -> bytes:
    """A message on the wire, ciphered or not."""
    return frame(LLC_HEADER + content, destination=b"\x2b", source=b"\x21")


def local_time(state: HouseState) -> bytes:
    """The 12 bytes of the meter's time, which follows summer time and marks it."""
    moment = normal_time(state.time_s)
    summer = is_summer_time(moment)
    return axdr.date_time(moment + timedelta(hours=summer), status=0x80 if summer else 0x00)


def powers(state: HouseState) -> list[Pair]:
    """Import and export, active and reactive, of all phases together, in W and var."""
    return [(f"1-1:{c}.7.0", axdr.uint32(value)) for c, value in zip(TOTALS, total_powers(state), strict=True)]


def currents(state: HouseState) -> list[Pair]:
    """Hundredths of amperes."""
    return [
        (f"1-1:{cde}", axdr.uint32(round(amps * 100))) for cde, amps in zip(CURRENT_CODES, state.current_a, strict=True)
    ]


def voltages(state: HouseState) -> list[Pair]:
    """Whole volts."""
    return [
        (f"1-1:{cde}", axdr.uint16(round(volts))) for cde, volts in zip(VOLTAGE_CODES, state.voltage_v, strict=True)
    ]


def energy(state: HouseState) -> list[Pair]:
    """The registers in steps of 10 Wh and 10 varh, rounded down as meters do."""
    return [(f"1-1:{c}.8.0", axdr.uint32(value // 10)) for c, value in zip(TOTALS, registers(state), strict=True)]
