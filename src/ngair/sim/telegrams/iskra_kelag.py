"""Iskraemeco AM550 of KELAG, Austria: twelve values by their place every second, ciphered without a tag (field
capture).
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _ciphered
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams.iskra_am550 import frames

_CODES = ("1.8.0", "2.8.0", "3.8.0", "4.8.0", "1.7.0", "2.7.0")
_EMPTY = _axdr.octets(b"")


def encode(state: HouseState) -> bytes:
    """One list."""
    values = _central.registers(state)
    clock = _central.clock(state.time_s)
    places = _axdr.structure(
        _axdr.octets(_axdr.code("0-6:25.9.0")),
        _axdr.octets(_central.digits(state, 13).encode("ascii")),
        _axdr.octets(clock[5:8] + b"\0"),
        _axdr.octets(clock[:5]),
        *(_axdr.uint32(values[code]) for code in _CODES),
        _EMPTY,
        _EMPTY,
    )
    message = _ciphered.ciphered(
        _axdr.notification(places, invoke_id=state.time_s, clock=clock),
        _central.KEYS,
        title=_central.system_title("ISK", state),
        counter=state.time_s,
        control=_ciphered.ENCRYPTED,
    )
    return frames(message)


FAMILY = Family(interval_s=1, encode=encode, keys=_central.KEYS)
