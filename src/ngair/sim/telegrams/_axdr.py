"""DLMS values and the message that they are pushed in, as bytes.

A-XDR (IEC 61334-6): each value is a tag, for some a length, and its bytes, most significant first; tags and date-times
as in IEC 62056-6-2 (clauses 4.1.5, 4.1.6).
"""

from __future__ import annotations

import struct
from datetime import datetime

NULL = b"\x00"

NO_DEVIATION = -0x8000
"""Deviation from UTC that is not told."""


def boolean(value: bool) -> bytes:
    return struct.pack(">BB", 0x03, value)


def int8(value: int) -> bytes:
    return struct.pack(">Bb", 0x0F, value)


def int16(value: int) -> bytes:
    return struct.pack(">Bh", 0x10, value)


def int32(value: int) -> bytes:
    return struct.pack(">Bi", 0x05, value)


def int64(value: int) -> bytes:
    return struct.pack(">Bq", 0x14, value)


def uint8(value: int) -> bytes:
    return struct.pack(">BB", 0x11, value)


def uint16(value: int) -> bytes:
    return struct.pack(">BH", 0x12, value)


def uint32(value: int) -> bytes:
    return struct.pack(">BI", 0x06, value)


def uint64(value: int) -> bytes:
    return struct.pack(">BQ", 0x15, value)


def enum(value: int) -> bytes:
    return struct.pack(">BB", 0x16, value)


def float32(value: float) -> bytes:
    return struct.pack(">Bf", 0x17, value)


def float64(value: float) -> bytes:
    return struct.pack(">Bd", 0x18, value)


def octets(value: bytes) -> bytes:
    """An octet-string."""
    return b"\x09" + length(len(value)) + value


def text(value: str) -> bytes:
    """A visible-string."""
    return b"\x0a" + length(len(value)) + value.encode("ascii")


def array(*values: bytes) -> bytes:
    """Values of one kind, each with its tag."""
    return b"\x01" + length(len(values)) + b"".join(values)


def structure(*values: bytes) -> bytes:
    """Values of any kind, each with its tag."""
    return b"\x02" + length(len(values)) + b"".join(values)


def length(count: int) -> bytes:
    """How many bytes or values follow: one byte below 128, else how many bytes tell it and those."""
    if count < 0x80:
        return bytes([count])
    size = (count.bit_length() + 7) // 8
    return bytes([0x80 | size]) + count.to_bytes(size, "big")


def code(text: str) -> bytes:
    """The six bytes of `A-B:C.D.E`, or with `*F`; F is 255 where it is not told."""
    place, _, last = text.partition("*")
    return bytes(int(number) for number in (*place.replace("-", ".").replace(":", ".").split("."), last or "255"))


def date_time(
    moment: datetime, *, deviation_min: int = NO_DEVIATION, status: int = 0x00, weekday: bool = True
) -> bytes:
    """The 12 bytes of a date-time (IEC 62056-6-2, clause 4.1.6.1); hundredths are not told.

    `deviation_min` is counted from local time to UTC, -60 for UTC+1; bit 7 of `status` is summer time.
    """
    return struct.pack(
        ">HBBBBBBBhB",
        moment.year,
        moment.month,
        moment.day,
        moment.isoweekday() if weekday else 0xFF,
        moment.hour,
        moment.minute,
        moment.second,
        0xFF,
        deviation_min,
        status,
    )


def notification(value: bytes, *, invoke_id: int = 0x40000000, clock: bytes = b"", tagged: bool = False) -> bytes:
    """A data-notification (IEC 62056-5-3, tag 15) of one value.

    `clock` is the 12 bytes of its date-time or nothing; `tagged` puts the tag of an octet-string before it, which the
    standard does not, but meters do.
    """
    return b"\x0f" + struct.pack(">I", invoke_id) + (octets(clock) if tagged else length(len(clock)) + clock) + value
