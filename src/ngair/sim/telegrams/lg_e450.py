"""Landis+Gyr E450 of Romande Energie, Switzerland: every 5 s power, currents and voltages, in the first second of each
minute the energy of the tariffs instead (operator's leaflet). HDLC frames with blocks of the message.

Unlike Romande's, this one sends tenths of volts, as the meters of other operators do.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _gbt, _lists
from ngair.sim.telegrams._family import Family

DESTINATION, SOURCE = b"\xce\xff", b"\x03"
"""To all of a group; from the management logical device."""
INFORMATION_BYTES = 122
"""Of an HDLC frame (field captures)."""
_EVERY_5_S, _EVERY_MINUTE = "0-8:25.9.0", "0-9:25.9.0"


def encode(state: HouseState) -> bytes:
    """One list."""
    clock = _axdr.date_time(_central.local(state.time_s))
    message = _axdr.notification(_list(state), invoke_id=state.time_s // FAMILY.interval_s, clock=clock)
    return _gbt.frames(message, INFORMATION_BYTES, destination=DESTINATION, source=SOURCE)


def _list(state: HouseState) -> bytes:
    values = _central.registers(state)
    if state.time_s % 60 == 0:
        codes = ("1.8.1", "1.8.2", "2.8.1", "2.8.2")
        return _lists.described(
            _EVERY_MINUTE, {(_lists.REGISTER, f"1-1:{code}"): _axdr.uint32(values[code]) for code in codes}
        )
    serial = _axdr.octets(_central.digits(state, 8).encode("ascii"))
    return _lists.described(
        _EVERY_5_S,
        {
            (_lists.DATA, "0-0:96.1.0"): serial,
            **{(_lists.REGISTER, f"1-0:{code}"): _axdr.uint32(values[code]) for code in ("1.7.0", "2.7.0")},
            **{(_lists.REGISTER, f"1-1:{code}"): _axdr.uint32(values[code]) for code in ("1.8.0", "2.8.0")},
            **{
                (_lists.REGISTER, f"1-0:{code}.7.0"): _axdr.uint16(values[f"{code}.7.0"])
                for code in (31, 51, 71, 32, 52, 72)
            },
        },
    )


FAMILY = Family(interval_s=5, encode=encode)
