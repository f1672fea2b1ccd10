"""Landis+Gyr E450 in Styria, Austria: the time, then sixteen codes and values in turn, ciphered, in blocks."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _ciphered, _gbt
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams.lg_e450 import DESTINATION, INFORMATION_BYTES, SOURCE

_TOTALS = (1, 2, 3, 4)
"""Group C of import and export, active, then reactive."""


def encode(state: HouseState) -> bytes:
    """One list."""
    counter = state.time_s // FAMILY.interval_s
    clock = _central.clock(state.time_s)
    sealed = _ciphered.ciphered(
        _axdr.notification(_list(state, clock), invoke_id=counter, clock=clock),
        _central.KEYS,
        title=_central.system_title("LGZ", state),
        counter=counter,
    )
    return _gbt.frames(sealed, INFORMATION_BYTES, destination=DESTINATION, source=SOURCE)


def _list(state: HouseState, clock: bytes) -> bytes:
    values = _central.registers(state)
    codes = [f"{total}.{rest}" for total in _TOTALS for rest in ("8.0", "8.1", "8.2", "7.0")]
    return _axdr.structure(
        _axdr.octets(clock),
        *(part for code in codes for part in (_axdr.octets(_axdr.code(f"1-0:{code}")), _axdr.uint32(values[code]))),
    )


FAMILY = Family(interval_s=5, encode=encode, keys=_central.KEYS)
