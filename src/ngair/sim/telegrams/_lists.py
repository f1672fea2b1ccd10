"""The forms that central European meters give their lists: described, pairs, items, places."""

from __future__ import annotations

from ngair.sim.telegrams import _axdr

DATA, REGISTER, CLOCK, PUSH_SETUP = 1, 3, 8, 40
"""Interface classes (IEC 62056-6-2)."""
LOGICAL_NAME, VALUE = 1, 2
"""Attributes."""
W, WH, VAR_H, AMPERE, VOLT, NO_UNIT = 27, 30, 32, 33, 35, 255
"""Numbers of units (IEC 62056-6-2, table 4)."""


def described(setup: str, objects: dict[tuple[int, str], bytes]) -> bytes:
    """First the objects that a push setup sends, itself before them, then their values (class and code: value)."""
    name = _axdr.octets(_axdr.code(setup))
    definitions = _axdr.array(
        _definition(PUSH_SETUP, setup, VALUE),
        _definition(PUSH_SETUP, setup, LOGICAL_NAME),
        *(_definition(kind, code, VALUE) for kind, code in objects),
    )
    return _axdr.structure(definitions, name, *objects.values())


def _definition(kind: int, code: str, attribute: int) -> bytes:
    """Class, code, attribute and data index of a capture object."""
    return _axdr.structure(_axdr.uint16(kind), _axdr.octets(_axdr.code(code)), _axdr.int8(attribute), _axdr.uint16(0))


def scaler_unit(scaler: int, unit: int) -> bytes:
    """The power of ten, and the number of the unit."""
    return _axdr.structure(_axdr.int8(scaler), _axdr.enum(unit))


def coded(code: str, value: bytes, scaler: int, unit: int) -> tuple[bytes, bytes, bytes]:
    """A code, its value, its scaler and unit."""
    return _axdr.octets(_axdr.code(code)), value, scaler_unit(scaler, unit)
