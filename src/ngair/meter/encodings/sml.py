"""Smart Message Language, as German meters push it (BSI TR-03109-1, annex on SML; SML 1.03 and 1.04).

A file is messages one after the other. Everything in them is a type and length, then the bytes of the value, or the
elements of the list. Of the messages only the list of values is read: get-list-response.
"""

from __future__ import annotations

from collections.abc import Iterator

from ngair.meter.encodings.axdr import Node
from ngair.meter.encodings.fault import CutError, EncodingError
from ngair.meter.message import Content, Item
from ngair.model.limits import SML_DEPTH_MAX

SIGNED, UNSIGNED = 0x50, 0x60
"""Upper half of the tag of an item that is a number; the lower half is how many bytes it has, and one more, as in the
file. So `tag & 0xF0 == SIGNED` says whether its bytes, big-endian, have a sign. Booleans are 42, strings 00, and what
is left out is 01."""
SERVER_ID = bytes.fromhex("0100600100ff")
"""1-0:96.1.0*255: the code by which the id of the meter is told, wherever it stood."""


def read_sml(body: bytes) -> Content:
    """The values of all lists of a file, and the id of the meter. Raises `EncodingError`.

    `body` is the file without its escapes; zeros may fill it up. The check sums of the messages are not looked at: that
    of the file covers them all, and meters are seen that make them by another rule (field capture, Holley).
    """
    items: list[Item] = []
    for message in _messages(body):
        for response in _list_responses(message):
            items += _items(response)
    if not items:
        raise EncodingError("no list of values")
    return Content("items", tuple(items))


def _messages(body: bytes) -> Iterator[Node]:
    at, stop = 0, len(body.rstrip(b"\0"))
    while at < stop:
        message = _read(body, at, SML_DEPTH_MAX)
        yield message
        at = message.stop


def _list_responses(message: Node) -> Iterator[tuple[Node, ...]]:
    """The parts of a message's body, if it is a get-list-response: client, server, list, time, values, and more."""
    parts = _children(message)
    if len(parts) != _MESSAGE_PARTS:
        raise EncodingError("a message of another number of parts")
    choice = _children(parts[_BODY])
    if len(choice) == 2 and choice[0].value == _GET_LIST_RESPONSE:
        response = _children(choice[1])
        if len(response) != _RESPONSE_PARTS:
            raise EncodingError("a list response of another number of parts")
        yield response


def _items(response: tuple[Node, ...]) -> Iterator[Item]:
    entries = [_item(_children(entry)) for entry in _children(response[_VALUES])]
    server = response[_SERVER]
    if isinstance(server.value, bytes) and all(item.code != SERVER_ID for item in entries):
        yield Item(SERVER_ID, server.value, server.tag, server.start, server.stop)
    yield from entries


def _item(entry: tuple[Node, ...]) -> Item:
    """An entry: name, status, time, unit, scaler, value, signature. A unit without a scaler stands for itself."""
    if len(entry) != _ENTRY_PARTS:
        raise EncodingError("a value of another number of parts")
    name, _, _, unit, scaler, value, _ = entry
    if not isinstance(name.value, bytes) or len(name.value) != len(SERVER_ID):
        raise EncodingError("a value whose name is no code of six bytes")
    unit_number = unit.value if isinstance(unit.value, int) else None
    exponent = scaler.value if isinstance(scaler.value, int) else None
    if unit_number is not None and exponent is None:
        exponent = 0
    number_or_text = None if isinstance(value.value, tuple) else value.value
    return Item(name.value, number_or_text, value.tag, value.start, value.stop, exponent, unit_number)


def _read(data: bytes, at: int, depth: int) -> Node:
    kind, length, start = _read_type(data, at)
    if kind == _LIST:
        return _read_list(data, start, length, depth)
    stop = max(at + length, start)
    if stop > len(data):
        raise CutError("the file ends inside a value")
    size = stop - start
    if kind == _STRING:
        return Node(0 if size else _ABSENT, data[start:stop] if size else None, start, stop)
    if kind == _BOOLEAN and size == 1:
        return Node(_BOOLEAN << 4 | 2, data[start], start, stop)
    if kind in (SIGNED >> 4, UNSIGNED >> 4) and 1 <= size <= _NUMBER_BYTES_MAX:
        value = int.from_bytes(data[start:stop], signed=kind == SIGNED >> 4)
        return Node(kind << 4 | size + 1, value, start, stop)
    raise EncodingError("a value of a type or size that there is not")


def _read_list(data: bytes, start: int, count: int, depth: int) -> Node:
    if depth == 0:
        raise EncodingError(f"lists inside lists, deeper than {SML_DEPTH_MAX}")
    if count > len(data) - start:
        raise CutError("a list of more elements than there are bytes")
    nodes: list[Node] = []
    stop = start
    for _ in range(count):
        nodes.append(_read(data, stop, depth - 1))
        stop = nodes[-1].stop
    return Node(_LIST << 4, tuple(nodes), start, stop)


def _read_type(data: bytes, at: int) -> tuple[int, int, int]:
    """Type, length and where the value begins. The length goes on while its bytes have bit 7, four bits in each.

    It counts elements of a list, but else bytes, those of type and length too. A single zero, the mark of a message's
    end, comes out as a string without bytes.
    """
    stop, length = at, 0
    while stop < len(data):
        byte = data[stop]
        length = length << 4 | byte & 0x0F
        stop += 1
        if not byte & _MORE:
            return data[at] >> 4 & 0x07, length, stop
        if stop - at == _TYPE_BYTES_MAX:
            raise EncodingError("a length in a form that nobody uses")
    raise CutError("the file ends where a type should be")


def _children(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else ()


_STRING, _BOOLEAN, _LIST = 0, 4, 7
_ABSENT = 1
_MORE = 0x80
_TYPE_BYTES_MAX = 4
_NUMBER_BYTES_MAX = 8

_MESSAGE_PARTS, _BODY = 6, 3
_GET_LIST_RESPONSE = 0x0701
_RESPONSE_PARTS, _SERVER, _VALUES = 7, 1, 4
_ENTRY_PARTS = 7
