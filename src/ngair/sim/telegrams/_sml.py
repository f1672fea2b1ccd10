"""Smart Message Language 1.04, as German meters send it from their optical head: values, messages, files.

BSI TR-03109-1, annex IV, part b: each value has a first byte with its type and length, a message closes with its
check sum, and a file stands between escape sequences (transport protocol version 1).
"""

from __future__ import annotations

from fastcrc import crc16

OMITTED = b"\x01"
"""In the place of an optional value."""

OPEN_RESPONSE, CLOSE_RESPONSE, GET_LIST_RESPONSE = 0x0101, 0x0201, 0x0701

_OCTETS, _SIGNED, _UNSIGNED, _LIST = 0x00, 0x50, 0x60, 0x70
_MORE = 0x80
_SHORT_MAX = 0x0F
_ESCAPE = b"\x1b" * 4
_VERSION_1 = b"\x01" * 4
_END = 0x1A
_END_OF_MESSAGE = b"\0"
_MESSAGE_PARTS = 6
"""With the check sum and the end, which it does not cover."""


def octets(value: bytes) -> bytes:
    """A string."""
    return _head(_OCTETS, len(value)) + value


def unsigned(value: int, size: int) -> bytes:
    """A number of 1 to 8 bytes."""
    return _head(_UNSIGNED, size) + value.to_bytes(size, "big")


def signed(value: int, size: int) -> bytes:
    """A number of 1 to 8 bytes that may be below zero."""
    return _head(_SIGNED, size) + value.to_bytes(size, "big", signed=True)


def sequence(*values: bytes) -> bytes:
    """A list; other than with strings and numbers, its first byte counts values."""
    count = len(values)
    head = bytes([_LIST | count]) if count <= _SHORT_MAX else bytes([_MORE | _LIST | count >> 4, count & _SHORT_MAX])
    return head + b"".join(values)


def seconds(index: int) -> bytes:
    """A time by the meter's seconds, which count from anywhere."""
    return sequence(unsigned(1, 1), unsigned(index, 4))


def entry(
    code: bytes, value: bytes, *, unit: int | None = None, scaler: int | None = None, status: bytes = OMITTED
) -> bytes:
    """One value of a list, with its code of six bytes."""
    return sequence(
        octets(code),
        status,
        OMITTED,
        OMITTED if unit is None else unsigned(unit, 1),
        OMITTED if scaler is None else signed(scaler, 1),
        value,
        OMITTED,
    )


def get_list_response(server_id: bytes, index_s: int, *entries: bytes) -> bytes:
    """What a meter tells, of its own accord."""
    return sequence(
        OMITTED, octets(server_id), octets(bytes.fromhex("0100620affff")), seconds(index_s), sequence(*entries),
        OMITTED, OMITTED,
    )  # fmt: skip


def file(number: int, server_id: bytes, index_s: int, *entries: bytes) -> bytes:
    """A whole file as on the wire: opened, one list, closed. `number` counts the files."""
    opened = sequence(
        OMITTED, OMITTED, octets(number.to_bytes(4, "big")), octets(server_id), seconds(index_s), unsigned(1, 1)
    )
    transaction = 3 * number
    return wrapped(
        message(transaction, OPEN_RESPONSE, opened)
        + message(transaction + 1, GET_LIST_RESPONSE, get_list_response(server_id, index_s, *entries))
        + message(transaction + 2, CLOSE_RESPONSE, sequence(OMITTED))
    )


def message(transaction: int, kind: int, body: bytes) -> bytes:
    """One message with its check sum, CRC-16/X.25, least significant byte first. Raises `OverflowError` where the
    transaction does not fit four bytes."""
    parts = (octets(transaction.to_bytes(4, "big")), unsigned(0, 1), unsigned(0, 1), sequence(unsigned(kind, 2), body))
    content = bytes([_LIST | _MESSAGE_PARTS]) + b"".join(parts)
    check = crc16.ibm_sdlc(content).to_bytes(2, "little")
    return content + unsigned(int.from_bytes(check), 2) + _END_OF_MESSAGE


def wrapped(messages: bytes) -> bytes:
    """Messages between the escapes, filled up to fours of bytes; escapes inside are doubled."""
    fill = -len(messages) % 4
    content = (
        _ESCAPE + _VERSION_1 + messages.replace(_ESCAPE, _ESCAPE * 2) + bytes(fill) + _ESCAPE + bytes([_END, fill])
    )
    return content + crc16.ibm_sdlc(content).to_bytes(2, "little")


def _head(kind: int, size: int) -> bytes:
    """Type and length, which counts itself."""
    if size + 1 <= _SHORT_MAX:
        return bytes([kind | size + 1])
    return bytes([_MORE | kind | size + 2 >> 4, size + 2 & _SHORT_MAX])
