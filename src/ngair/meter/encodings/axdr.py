"""A-XDR: how DLMS/COSEM writes data (IEC 61334-6; the types of data: IEC 62056-6-2, 4.1.5).

A tag of one byte says what follows: a number of a fixed size, a string with its length, or a number of values.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from struct import Struct
from typing import TypeAlias

import msgspec

from ngair.meter.encodings.fault import CutError, EncodingError
from ngair.model.limits import AXDR_DEPTH_MAX

NULL, ARRAY, STRUCTURE = 0, 1, 2
BIT_STRING, OCTET_STRING, VISIBLE_STRING, UTF8_STRING = 4, 9, 10, 12
INTEGER, ENUM = 15, 22
DATE_TIME = 25


class Node(msgspec.Struct, frozen=True):
    """One value, or one array or structure of them."""

    tag: int
    value: Value
    """Nodes of an array or structure; a number (truth values and enumerations too); the bytes of a string, date or
    time; `None` for null-data and for a float that is no number."""
    start: int
    """Where its own bytes stand in the data, behind tag and length."""
    stop: int
    """Where they end, and with them the node."""


Value: TypeAlias = "tuple[Node, ...] | int | float | bytes | None"


def read(data: bytes, start: int = 0) -> Node:
    """The node that begins there; behind its `stop` anything may follow. Raises `EncodingError`."""
    return _read(data, start, AXDR_DEPTH_MAX)


def read_outermost(data: bytes, start: int) -> tuple[tuple[Node, ...], int]:
    """The elements of the list that is all the rest of the data, and how many it says that it has.

    There may be fewer, where the frame ends before the list: meters are seen that tell too many, and send what fits
    (field captures, Iskraemeco and Landis+Gyr). Anything else than a list is one element. Raises `EncodingError`.
    """
    if data[start : start + 1] not in _LIST_TAGS:
        nodes, stop, count = [read(data, start)], 0, 1
    else:
        count, stop = read_length(data, start + 1)
        nodes = []
    for _ in range(count - len(nodes)):
        try:
            nodes.append(_read(data, nodes[-1].stop if nodes else stop, AXDR_DEPTH_MAX - 1))
        except CutError:
            if not nodes:
                raise
            return tuple(nodes), count
    stop = nodes[-1].stop if nodes else stop
    if stop != len(data):
        raise EncodingError(f"{len(data) - stop} bytes behind the list")
    return tuple(nodes), count


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """A length, or number of elements, and where what is counted begins. Raises `EncodingError`.

    Below 80 it is its own byte, else the lower bits say in how many bytes it follows (IEC 61334-6, 6.2).
    """
    if at >= len(data):
        raise CutError("the data ends where a length should be")
    length = data[at]
    if length < _LONG:
        return length, at + 1
    stop = at + 1 + (length & ~_LONG)
    if not at + 1 < stop <= at + 1 + _LENGTH_BYTES_MAX or stop > len(data):
        raise EncodingError("a length in a form that nobody uses, or cut off")
    return int.from_bytes(data[at + 1 : stop]), stop


def _read(data: bytes, at: int, depth: int) -> Node:
    if at >= len(data):
        raise CutError("the data ends where a value should be")
    tag = data[at]
    read_number = _NUMBERS.get(tag)
    if read_number is not None:
        start, stop = at + 1, at + 1 + read_number.size
        if stop > len(data):
            raise CutError("the data ends inside a number")
        return Node(tag, _number(read_number.unpack_from(data, start)[0]), start, stop)
    if tag in (ARRAY, STRUCTURE):
        return _read_elements(data, at, depth)
    if tag == NULL:
        return Node(tag, None, at + 1, at + 1)
    if tag in _FIXED_BYTES:
        start, stop = at + 1, at + 1 + _FIXED_BYTES[tag]
    elif tag in _STRINGS:
        length, start = read_length(data, at + 1)
        stop = start + _STRINGS[tag](length)
    else:
        raise EncodingError(f"a value of type {tag}, which no meter is known to send")
    if stop > len(data):
        raise CutError("the data ends inside a string")
    return Node(tag, data[start:stop], start, stop)


def _read_elements(data: bytes, at: int, depth: int) -> Node:
    if depth == 0:
        raise EncodingError(f"lists inside lists, deeper than {AXDR_DEPTH_MAX}")
    count, start = read_length(data, at + 1)
    if count > len(data) - start:
        raise CutError("a list of more values than there are bytes")
    nodes = []
    stop = start
    for _ in range(count):
        node = _read(data, stop, depth - 1)
        nodes.append(node)
        stop = node.stop
    return Node(data[at], tuple(nodes), start, stop)


def _number(value: float) -> int | float | None:
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


_LIST_TAGS = (bytes([ARRAY]), bytes([STRUCTURE]))
_LONG = 0x80
_LENGTH_BYTES_MAX = 4

_NUMBERS = {
    3: Struct("B"),
    5: Struct(">i"),
    6: Struct(">I"),
    13: Struct("B"),
    15: Struct("b"),
    16: Struct(">h"),
    17: Struct("B"),
    18: Struct(">H"),
    20: Struct(">q"),
    21: Struct(">Q"),
    22: Struct("B"),
    23: Struct(">f"),
    24: Struct(">d"),
}
"""Boolean (as its byte), double-long, double-long-unsigned, bcd (as its byte), integer, long, unsigned, long-unsigned,
long64, long64-unsigned, enum, float32, float64."""

_FIXED_BYTES = {DATE_TIME: 12, 26: 5, 27: 4}
"""Date-time, date, time."""


def _bytes(length: int) -> int:
    return length


def _bits(length: int) -> int:
    return (length + 7) // 8


_STRINGS: dict[int, Callable[[int], int]] = {
    BIT_STRING: _bits,
    OCTET_STRING: _bytes,
    VISIBLE_STRING: _bytes,
    UTF8_STRING: _bytes,
}
"""Tag -> bytes of a string whose length is told."""
