"""Frames made from scratch, byte by byte and bit by bit: none of it by the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ngair.meter.framings.frame import Frame, Framing
from ngair.model.telegram import Reason, Rejection

LLC = b"\xe6\xe7\x00"
"""The header before a message inside HDLC."""


def crc16_x25(data: bytes, crc: int = 0xFFFF) -> int:
    """CRC-16/X.25 (ISO/IEC 13239, 4.2.5.2): x¹⁶+x¹²+x⁵+1, reflected, bit by bit."""
    return crc16_kermit(data, crc) ^ 0xFFFF


def crc16_kermit(data: bytes, crc: int = 0) -> int:
    """The same polynomial, begun with 0 and not inverted."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc


def low_first(check: int) -> bytes:
    return bytes((check & 0xFF, check >> 8))


def hdlc(
    information: bytes,
    *,
    segmented: bool = False,
    control: int = 0x13,
    destination: bytes = b"A",
    source: bytes = b"\x03",
) -> bytes:
    """An HDLC frame from flag to flag. Addresses as on the wire; A is 0x41."""
    length = 2 + len(destination) + len(source) + 1 + 2 + (len(information) + 2 if information else 0)
    header = bytes((0xA0 | 0x08 * segmented | length >> 8, length & 0xFF)) + destination + source + bytes((control,))
    content = header + low_first(crc16_x25(header))
    if information:
        content += information
        content += low_first(crc16_x25(content))
    return b"\x7e" + content + b"\x7e"


def hdlc_segments(information: bytes, size: int, *, shared: bool = False) -> bytes:
    """A message in frames of so many bytes of it; `shared`: one flag ends one and begins the next."""
    parts = [information[start : start + size] for start in range(0, len(information), size)]
    wires = [hdlc(part, segmented=index + 1 < len(parts)) for index, part in enumerate(parts)]
    return b"".join(wire[:-1] for wire in wires[:-1]) + wires[-1] if shared else b"".join(wires)


def mbus(data: bytes, *, number: int = 0, last: bool = True, control: int = 0x53, told: int | None = None) -> bytes:
    """An M-Bus long frame; `told` is what its length fields say where it is not the length modulo 256."""
    content = bytes((control, 0xFF, number | 0x10 * last, 0x01, 0x67)) + data
    length = len(content) % 256 if told is None else told
    return bytes((0x68, length, length, 0x68)) + content + bytes((sum(content) % 256, 0x16))


def mbus_segments(message: bytes, size: int) -> bytes:
    """A message in long frames of so many bytes of it."""
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(mbus(part, number=index, last=index + 1 == len(parts)) for index, part in enumerate(parts))


def ciphered(ciphertext: bytes, *, title: bytes = b"NGA\x01\x02\x03\x04\x05", security: int = 0x30) -> bytes:
    """A message ciphered by nobody: the shape alone."""
    inside = bytes((security,)) + b"\x00\x00\x01\x02" + ciphertext + (b"T" * 12 if security & 0x10 else b"")
    if len(inside) < 0x80:
        length = bytes((len(inside),))
    elif len(inside) < 0x100:
        length = bytes((0x81, len(inside)))
    else:
        length = b"\x82" + len(inside).to_bytes(2, "big")
    return b"\xdb\x08" + title + length + inside


def sml(file: bytes, *, holley: bool = False) -> bytes:
    """An SML file in its transport protocol."""
    padding = -len(file) % 4
    inside = (file + b"\0" * padding).replace(b"\x1b" * 4, b"\x1b" * 8)
    data = b"\x1b" * 4 + b"\x01" * 4 + inside + b"\x1b" * 4 + bytes((0x1A, padding))
    check = crc16_kermit(data) if holley else crc16_x25(data)
    return data + (check.to_bytes(2, "big") if holley else low_first(check))


def cut(framing: Framing, *portions: bytes) -> list[Frame | Rejection]:
    """Everything that comes of these bytes, in these portions, until the line is gone."""
    found: list[Frame | Rejection] = []
    for portion in portions:
        found += framing.feed(portion)
    return found + framing.finish()


def sliced(data: bytes, cuts: Iterable[int]) -> Sequence[bytes]:
    """The same bytes, cut at these places."""
    places = [0, *sorted(cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(places)]


def frames(found: Iterable[Frame | Rejection]) -> list[Frame]:
    """The frames among them."""
    return [item for item in found if isinstance(item, Frame)]


def payloads(found: Iterable[Frame | Rejection]) -> list[bytes]:
    """What is in them."""
    return [frame.payload for frame in frames(found)]


def reasons(found: Iterable[Frame | Rejection]) -> list[Reason]:
    """Why the others were refused."""
    return [item.reason for item in found if isinstance(item, Rejection)]


def covered(found: Iterable[Frame | Rejection]) -> int:
    """Bytes that the rejections account for."""
    return sum(item.size for item in found if isinstance(item, Rejection))
