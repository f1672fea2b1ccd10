"""Kamstrup OMNIPOWER, Denmark (field captures): 65 fields each 10 s, ciphered and authenticated inside HDLC."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from ngair.model.keys import Keys
from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._kamstrup import Pair, currents, energy, framed, local_time, message, powers, voltages
from ngair.sim.telegrams._nordic import TEN_SECONDS
from ngair.sim.telegrams._p1 import split

KEYS = Keys(
    encryption=bytes.fromhex("5e11a0c3497db2f806e1934c7a2f68d5"),
    authentication=bytes.fromhex("d0b47e95216c8f3ae8570d42c99b163f"),
)
SYSTEM_TITLE = b"KAM\x00\x00\x00\x00\x01"

_NUMBER_DIGITS = 8


def encode(state: HouseState, keys: Keys = KEYS) -> bytes:
    """The one list. The frame counter is the simulated second, which never comes twice."""
    return framed(ciphered(plain(state), keys, title=SYSTEM_TITLE, counter=state.time_s))


def plain(state: HouseState) -> bytes:
    """What is ciphered. Registers of the phases are thirds of the house's."""
    imports_w, exports_w = zip(*map(split, state.power_w), strict=True)
    pairs = [
        *energy(state),
        ("1-1:0.0.1", axdr.uint32(number(state))),
        *powers(state),
        ("0-1:1.0.0", axdr.octets(local_time(state))),
        *voltages(state),
        *currents(state),
        *_of_phases((21, 41, 61), 7, imports_w),
        *_power_factors(state),
        *_of_phases((22, 42, 62), 7, exports_w),
        *_of_phases((22, 42, 62), 8, [sum(state.export_wh) // 30] * 3),
        *_of_phases((21, 41, 61), 8, [sum(state.import_wh) // 30] * 3),
    ]
    return message(state, pairs)


def number(state: HouseState) -> int:
    """The last digits of the meter's number, which is sent as a number."""
    digits = "".join(letter for letter in state.meter_id if letter.isdecimal())
    return int(digits[-_NUMBER_DIGITS:] or "0")


def _of_phases(places: Iterable[int], kind: int, values: Iterable[int]) -> list[Pair]:
    return [(f"1-1:{place}.{kind}.0", axdr.uint32(value)) for place, value in zip(places, values, strict=True)]


def _power_factors(state: HouseState) -> list[Pair]:
    """Of each phase, then of all, in hundredths."""
    powers = [*zip((33, 53, 73), state.power_w, state.reactive_var, strict=True), (13, state.net_w, state.net_var)]
    return [
        (f"1-1:{place}.7.0", axdr.uint16(round(100 * abs(active_w) / (hypot(active_w, reactive_var) or 1))))
        for place, active_w, reactive_var in powers
    ]


FAMILY = Family(interval_s=TEN_SECONDS, encode=encode, keys=KEYS)
