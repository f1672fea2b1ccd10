"""How Aidon builds a list: an array, and in it a structure a value: code, value, scaler and unit."""

from __future__ import annotations

from collections.abc import Iterator

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._hdlc import LLC_HEADER, frame
from ngair.sim.telegrams._nordic import CURRENT_CODES, TOTALS, VOLTAGE_CODES, Model, code, registers, total_powers

W, VAR, WH, VARH, AMPERE, VOLT = 27, 29, 30, 32, 33, 35
"""Numbers of units (IEC 62056-6-2, enumeration of units)."""


def framed(values: list[bytes]) -> bytes:
    """A list on the wire; its message has no time."""
    message = axdr.notification(axdr.array(*values))
    return frame(LLC_HEADER + message, destination=b"\x41", source=b"\x08\x83")


def scaled(cde: str, value: bytes, scaler: int, unit: int) -> bytes:
    """A value that was measured."""
    return axdr.structure(code(f"1-0:{cde}"), value, axdr.structure(axdr.int8(scaler), axdr.enum(unit)))


def powers(state: HouseState) -> list[bytes]:
    """Import and export, active and reactive, of all phases together."""
    return [
        scaled(f"{total}.7.0", axdr.uint32(value), 0, W if total < 3 else VAR)
        for total, value in zip(TOTALS, total_powers(state), strict=True)
    ]


def phases(state: HouseState, model: Model) -> Iterator[bytes]:
    """Currents, then voltages, in tenths. Currents come in a type with a sign."""
    for phase in model.currents:
        yield scaled(CURRENT_CODES[phase], axdr.int16(round(state.current_a[phase] * 10)), -1, AMPERE)
    for phase in model.voltages:
        yield scaled(VOLTAGE_CODES[phase], axdr.uint16(round(state.voltage_v[phase] * 10)), -1, VOLT)


def energy(state: HouseState, scaler: int) -> list[bytes]:
    """The registers, in steps of ten to the power of the scaler, rounded down as meters do."""
    return [
        scaled(f"{total}.8.0", axdr.uint32(value // 10**scaler), scaler, WH if total < 3 else VARH)
        for total, value in zip(TOTALS, registers(state), strict=True)
    ]
