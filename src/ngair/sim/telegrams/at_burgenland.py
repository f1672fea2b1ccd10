"""Landis+Gyr E450 of Netz Burgenland, Austria: eleven values by their place every 5 s, with whole volts, ciphered."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _ciphered, _hdlc
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams.lg_e450 import DESTINATION, SOURCE


def encode(state: HouseState) -> bytes:
    """One list."""
    values = _central.registers(state)
    places = _axdr.structure(
        *(_axdr.uint16(round(volts)) for volts in state.voltage_v),
        *(_axdr.uint16(values[code]) for code in ("31.7.0", "51.7.0", "71.7.0")),
        *(_axdr.uint32(values[code]) for code in ("1.7.0", "2.7.0", "1.8.0", "2.8.0")),
        _axdr.octets(_central.digits(state, 8).encode("ascii")),
    )
    counter = state.time_s // FAMILY.interval_s
    clock = _axdr.date_time(_central.local(state.time_s))
    message = _ciphered.ciphered(
        _axdr.notification(places, invoke_id=counter, clock=clock),
        _central.KEYS,
        title=_central.system_title("LGZ", state),
        counter=counter,
    )
    return _hdlc.frame(_hdlc.LLC_HEADER + message, destination=DESTINATION, source=SOURCE)


FAMILY = Family(interval_s=5, encode=encode, keys=_central.KEYS)
