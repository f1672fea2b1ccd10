"""Iskraemeco AM550 in Slovenia: eighteen values by their place every 5 s, each quarter of an hour twelve with energy
instead (grid operators' tables).
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams.iskra_am550 import frames

_QUARTER_S = 900
_POWER = ("1.7.0", "2.7.0", "3.7.0", "4.7.0")
_PHASES = ("32.7.0", "52.7.0", "72.7.0", "31.7.0", "51.7.0", "71.7.0")
_PHASE_POWER = ("21.7.0", "41.7.0", "61.7.0", "22.7.0", "42.7.0", "62.7.0")
_ENERGY = ("1.8.0", "1.8.1", "1.8.2", "2.8.0", "2.8.1", "2.8.2", "3.8.0", "4.8.0")


def encode(state: HouseState) -> bytes:
    """One list."""
    return frames(
        _axdr.notification(
            _energy(state) if state.time_s % _QUARTER_S == 0 else _power(state),
            invoke_id=state.time_s // FAMILY.interval_s,
            clock=_central.clock(state.time_s),
        )
    )


def _power(state: HouseState) -> bytes:
    values = _central.registers(state)
    return _axdr.structure(
        _name(state),
        _axdr.octets(b"ISK" + _central.digits(state, 8).encode("ascii")),
        *(_axdr.uint32(values[code]) for code in _POWER),
        *(_axdr.uint16(values[code]) for code in _PHASES),
        *(_axdr.uint32(values[code]) for code in _PHASE_POWER),
    )


def _energy(state: HouseState) -> bytes:
    """Before energy, whether the meter's switch is closed, and the tariff."""
    values = _central.registers(state)
    return _axdr.structure(
        _name(state),
        _axdr.octets(b""),
        _axdr.boolean(True),
        _axdr.octets(bytes([0, state.tariff])),
        *(_axdr.uint32(values[code]) for code in _ENERGY),
    )


def _name(state: HouseState) -> bytes:
    """The logical device."""
    return _axdr.octets(b"ISK10307" + _central.digits(state, 8).encode("ascii"))


FAMILY = Family(interval_s=5, encode=encode)
