"""What meters write, as little of it as the tests need: bytes from values, by other means than those that read them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NULL = b"\x00"


class Coded(NamedTuple):
    """A value of a list, written: its code, its A-XDR bytes, and scaler and unit if they are sent."""

    code: bytes
    value: bytes
    scale: tuple[int, int] | None = None


def length(count: int, spare: int = 0) -> bytes:
    """A length in as few bytes as it takes, or in up to four by making it longer than it needs to be."""
    if count < 0x80 and not spare:
        return bytes([count])
    size = min(4, max(1, (count.bit_length() + 7) // 8) + max(0, spare - 1))
    return bytes([0x80 | size]) + count.to_bytes(size)


def array(*elements: bytes) -> bytes:
    return b"\x01" + length(len(elements)) + b"".join(elements)


def structure(*elements: bytes) -> bytes:
    return b"\x02" + length(len(elements)) + b"".join(elements)


def octets(data: bytes) -> bytes:
    return b"\x09" + length(len(data)) + data


def text(data: str) -> bytes:
    return b"\x0a" + length(len(data)) + data.encode("ascii")


def u32(number: int) -> bytes:
    return b"\x06" + struct.pack(">I", number)


def u16(number: int) -> bytes:
    return b"\x12" + struct.pack(">H", number)


def i16(number: int) -> bytes:
    return b"\x10" + struct.pack(">h", number)


def scaler_unit(scaler: int, unit: int) -> bytes:
    return structure(b"\x0f" + struct.pack("b", scaler), b"\x16" + bytes([unit]))


def definition(code: bytes, *, cosem_class: int = 3, attribute: int = 2) -> bytes:
    """A capture object."""
    return structure(u16(cosem_class), octets(code), b"\x0f" + bytes([attribute]), u16(0))


def notification(content: bytes, time: bytes | None = None, *, tagged: bool = False) -> bytes:
    """A data-notification around a list."""
    when = b"\x00" if time is None else b"\x0c" + time
    return b"\x0f\x40\x00\x00\x00" + (b"\x09" if tagged else b"") + when + content


def items(values: Sequence[Coded], outer: int = 1) -> bytes:
    elements = [
        structure(octets(value.code), value.value, *([scaler_unit(*value.scale)] if value.scale else []))
        for value in values
    ]
    return bytes([outer]) + length(len(elements)) + b"".join(elements)


def pairs(values: Sequence[Coded], before: Sequence[bytes] = (), behind: Sequence[bytes] = ()) -> bytes:
    elements = list(before)
    for value in values:
        elements += [octets(value.code), value.value]
        if value.scale:
            elements.append(scaler_unit(*value.scale))
    return structure(*elements, *behind)


def described(values: Sequence[Coded], *, itself: bool) -> bytes:
    """The objects, then the values; the list of the objects is the first of them if it contains `itself`."""
    own = [definition(bytes.fromhex("0006190900ff"), cosem_class=40)] if itself else []
    objects = array(*own, *(definition(value.code) for value in values))
    return structure(objects, *(value.value for value in values))


def blocks(message: bytes, sizes: Sequence[int]) -> list[bytes]:
    """A general block transfer, cut at these sizes; the last block takes the rest."""
    parts = []
    for size in sizes:
        part, message = message[:size], message[size:]
        parts.append(part)
    parts.append(message)
    return [
        bytes([0xE0, 0xC0 if number == len(parts) else 0x40]) + struct.pack(">HH", number, 0) + length(len(part)) + part
        for number, part in enumerate(parts, 1)
    ]


def ciphered(
    plaintext: bytes,
    key: bytes,
    *,
    control: int = 0x30,
    authentication: bytes | None = None,
    title: bytes = b"NGA\x01\x02\x03\x04\x05",
    counter: int = 1,
    spare: int = 0,
) -> bytes:
    """General-glo-ciphering by the library's own cipher modes. Without an authentication key the tag is of the content
    alone."""
    known = bytes([control]) + authentication if authentication is not None else b""
    encryptor = Cipher(
        algorithms.AES(key), modes.GCM(title + struct.pack(">I", counter), min_tag_length=12)
    ).encryptor()
    if control & 0x20:
        encryptor.authenticate_additional_data(known)
        content = encryptor.update(plaintext) + encryptor.finalize()
    else:
        encryptor.authenticate_additional_data(known + plaintext)
        encryptor.finalize()
        content = plaintext
    if control & 0x10:
        content += encryptor.tag[:12]
    rest = bytes([control]) + struct.pack(">I", counter) + content
    return b"\xdb\x08" + title + length(len(rest), spare) + rest


class SmlEntry(NamedTuple):
    """An entry of an SML list: its value is written already."""

    code: bytes
    value: bytes
    unit: int | None = None
    scaler: int | None = None


SML_ABSENT = b"\x01"


def sml_type(kind: int, size: int, spare: int = 0) -> bytes:
    """Type and length: of lists the elements, of all else the bytes with these."""
    count = 1 + spare
    while True:
        number = size if kind == 7 else size + count
        if number < 16**count:
            break
        count += 1
    digits = [number >> 4 * place & 0xF for place in reversed(range(count))]
    marks = [0x80 if place < count - 1 else 0 for place in range(count)]
    return bytes(mark | (kind << 4 if place == 0 else 0) | digits[place] for place, mark in enumerate(marks))


def sml_list(*elements: bytes) -> bytes:
    return sml_type(7, len(elements)) + b"".join(elements)


def sml_octets(data: bytes) -> bytes:
    return sml_type(0, len(data)) + data


def sml_signed(number: int, size: int) -> bytes:
    return sml_type(5, size) + number.to_bytes(size, signed=True)


def sml_unsigned(number: int, size: int) -> bytes:
    return sml_type(6, size) + number.to_bytes(size)


def sml_message(choice: int, body: bytes) -> bytes:
    """A message; nobody looks at its check sum."""
    return sml_list(
        sml_octets(b"\x01\x02\x03\x04"),
        sml_unsigned(0, 1),
        sml_unsigned(0, 1),
        sml_list(sml_unsigned(choice, 2), body),
        sml_unsigned(0, 2),
        b"\x00",
    )


def sml_file(entries: Sequence[SmlEntry], server: bytes, padding: int = 0) -> bytes:
    """Open, list, close; filled up with zeros."""
    values = [
        sml_list(
            sml_octets(entry.code),
            SML_ABSENT,
            SML_ABSENT,
            SML_ABSENT if entry.unit is None else sml_unsigned(entry.unit, 1),
            SML_ABSENT if entry.scaler is None else sml_signed(entry.scaler, 1),
            entry.value,
            SML_ABSENT,
        )
        for entry in entries
    ]
    time = sml_list(sml_unsigned(1, 1), sml_unsigned(12345, 4))
    response = (SML_ABSENT, sml_octets(server), SML_ABSENT, time, sml_list(*values), SML_ABSENT, SML_ABSENT)
    opened = (SML_ABSENT, SML_ABSENT, sml_octets(b"\x01"), sml_octets(server), SML_ABSENT, SML_ABSENT)
    return (
        sml_message(0x0101, sml_list(*opened))
        + sml_message(0x0701, sml_list(*response))
        + sml_message(0x0201, sml_list(SML_ABSENT))
        + bytes(padding)
    )
