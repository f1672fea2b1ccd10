"""What the ASCII families share: the frame, its check and the time stamp."""

from __future__ import annotations

from datetime import timedelta

from fastcrc import crc16

from ngair.sim.dates import is_summer_time, normal_time

HOUR = timedelta(hours=1)


def framed(telegram: str) -> bytes:
    """A telegram from `/` to `!`, closed by its check.

    CRC-16/ARC over all of it, four upper-case hex digits (DSMR 5.0.2 P1, clause 6.2).
    """
    data = telegram.encode("ascii")
    return b"%b%04X\r\n" % (data, crc16.arc(data))


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
