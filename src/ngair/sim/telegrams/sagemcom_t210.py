"""Sagemcom T210-D of Netz NÖ, Austria: the list of `netz_noe`, its first frame longer than the length field can say."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _central, _mbus, netz_noe
from ngair.sim.telegrams._family import Family


def encode(state: HouseState) -> bytes:
    """One list."""
    return _mbus.long_frames(netz_noe.message(state, "SAG"), _mbus.SAGEMCOM_SEGMENT_BYTES)


FAMILY = Family(interval_s=5, encode=encode, keys=_central.KEYS)
