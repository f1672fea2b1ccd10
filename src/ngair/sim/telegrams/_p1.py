"""What the ASCII families share: the frame, its check, the 7E1 line, the time stamp, and lines that many send."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fastcrc import crc16

from ngair.sim.dates import is_summer_time, normal_time

HOUR = timedelta(hours=1)
PHASES = (0, 20, 40)
"""What phases 1 to 3 add to value group C of phase 1 (IEC 62056-61, table 6)."""


def template(ident: str, *lines: str, blank: bool = True) -> str:
    """From `/` to `!`, to be filled by `%`."""
    return "\r\n".join((f"/{ident}", *([""] if blank else []), *lines, "!"))


def each_phase(codes: Iterable[int], form: str, prefix: str = "1-0") -> list[str]:
    """Lines of a value's phases, phase by phase: `codes` are value group C of phase 1."""
    return [f"{prefix}:{code + phase}.7.0({form})" for phase in PHASES for code in codes]


def framed(telegram: str) -> bytes:
    """A telegram from `/` to `!`, closed by its check.

    CRC-16/ARC over all of it, four upper-case hex digits (DSMR 5.0.2 P1, clause 6.2).
    """
    data = telegram.encode("latin-1")
    return b"%b%04X\r\n" % (data, crc16.arc(data))


def unchecked(telegram: str) -> bytes:
    """The same as the oldest meters and the simplest have it: nothing behind `!`."""
    return telegram.encode("ascii") + b"\r\n"


def seven_even(data: bytes) -> bytes:
    """What a receiver at 8N1 sees of a meter that sends 7E1: even parity in the highest bit."""
    return bytes(byte | (byte.bit_count() & 1) << 7 for byte in data)


def timestamp(time_s: int, *, summer_time: bool) -> str:
    """`YYMMDDhhmmssX` (DSMR 5.0.2 P1, clause 6.4): X is S in summer time, else W.

    `summer_time` tells whether this family's clocks follow it at all.
    """
    moment = normal_time(time_s)
    if summer_time and is_summer_time(moment):
        return (moment + HOUR).strftime("%y%m%d%H%M%SS")
    return moment.strftime("%y%m%d%H%M%SW")


def split(signed: int) -> tuple[int, int]:
    """Import and export of a signed power: one of them is 0."""
    return (signed, 0) if signed >= 0 else (0, -signed)


def split_phases(signed: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Imports and exports of the phases."""
    pairs = [split(value) for value in signed]
    return tuple(plus for plus, _ in pairs), tuple(minus for _, minus in pairs)


def kilo(values: Iterable[float]) -> tuple[float, ...]:
    """W as kW, Wh as kWh."""
    return tuple(value / 1000 for value in values)
