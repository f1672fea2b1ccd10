"""Kaifa MA309M of Netz NÖ, Austria: codes, values, scalers and units every 5 s, ciphered without a tag, in two M-Bus
frames.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _ciphered, _lists, _mbus
from ngair.sim.telegrams._family import Family

_INVOKE_ID = 0x80000000
"""The published example counts up from a number with this bit."""


def message(state: HouseState, maker: str) -> bytes:
    """What is in the frames: one list, ciphered."""
    counter = state.time_s // FAMILY.interval_s
    clock = _central.clock(state.time_s)
    return _ciphered.ciphered(
        _axdr.notification(_list(state, clock), invoke_id=_INVOKE_ID | counter, clock=clock),
        _central.KEYS,
        title=_central.system_title(maker, state),
        counter=counter,
        control=_ciphered.ENCRYPTED,
    )


def encode(state: HouseState) -> bytes:
    """One list."""
    return _mbus.long_frames(message(state, "KFM"), _mbus.KAIFA_SEGMENT_BYTES)


def _list(state: HouseState, clock: bytes) -> bytes:
    values = _central.registers(state)
    wide = [
        *((code, 0, _lists.WH) for code in ("1.8.0", "2.8.0")),
        *((code, 0, _lists.W) for code in ("1.7.0", "2.7.0")),
    ]
    narrow = [
        *((code, -1, _lists.VOLT) for code in ("32.7.0", "52.7.0", "72.7.0")),
        *((code, -2, _lists.AMPERE) for code in ("31.7.0", "51.7.0", "71.7.0")),
    ]
    return _axdr.structure(
        _axdr.octets(clock),
        *(part for code, *scale in wide for part in _lists.coded(f"1-0:{code}", _axdr.uint32(values[code]), *scale)),
        *(part for code, *scale in narrow for part in _lists.coded(f"1-0:{code}", _axdr.uint16(values[code]), *scale)),
        *_lists.coded("1-0:13.7.0", _axdr.uint16(_power_factor(state)), -3, _lists.NO_UNIT),
        _axdr.octets(_central.digits(state, 12).encode("ascii")),
    )


def _power_factor(state: HouseState) -> int:
    """Thousandths; 1 without any power."""
    apparent_va = abs(complex(state.net_w, state.net_var))
    return round(abs(state.net_w) / apparent_va * 1000) if apparent_va else 1000


FAMILY = Family(interval_s=5, encode=encode, keys=_central.KEYS)
