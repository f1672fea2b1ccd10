"""Landis+Gyr E450 of Wiener Netze, Austria: the time and eight values by their place every second, ciphered without a
tag.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _ciphered, _hdlc
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams.lg_e450 import DESTINATION, SOURCE

_CODES = ("1.8.0", "2.8.0", "3.8.0", "4.8.0", "1.7.0", "2.7.0", "3.7.0", "4.7.0")


def encode(state: HouseState) -> bytes:
    """One list."""
    values = _central.registers(state)
    clock = _central.clock(state.time_s)
    places = _axdr.structure(_axdr.octets(clock), *(_axdr.uint32(values[code]) for code in _CODES))
    message = _ciphered.ciphered(
        _axdr.notification(places, invoke_id=state.time_s, clock=clock),
        _central.KEYS,
        title=_central.system_title("LGZ", state),
        counter=state.time_s,
        control=_ciphered.ENCRYPTED,
    )
    return _hdlc.frame(_hdlc.LLC_HEADER + message, destination=DESTINATION, source=SOURCE)


FAMILY = Family(interval_s=1, encode=encode, keys=_central.KEYS)
