"""The data-notification in which DLMS meters push their lists (IEC 62056-5-3): its header, and the form of the list.

The standard leaves the form of a list to the meter. What it is follows from the structure alone: which values are
OBIS codes, and where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ngair.meter.encodings.axdr import (
    ARRAY,
    DATE_TIME,
    ENUM,
    INTEGER,
    NULL,
    OCTET_STRING,
    STRUCTURE,
    Node,
    read_outermost,
)
from ngair.meter.encodings.cosem_time import COSEM_TIME_BYTES
from ngair.meter.encodings.fault import EncodingError
from ngair.meter.message import Content, Form, Item

DATA_NOTIFICATION = 0x0F


def read_notification(body: bytes) -> Content:
    """The list of values, from the tag 0F to the last byte. Raises `EncodingError`."""
    if not body or body[0] != DATA_NOTIFICATION:
        raise EncodingError("no data-notification")
    clock, start = _read_header(body)
    elements, count = read_outermost(body, start)
    while True:
        for form, read_form in _FORMS:
            items = read_form(elements, count)
            if items is not None:
                return Content(form, tuple(items), clock)
        if len(elements) != 1 or not _children(elements[0]):
            return Content("positional", tuple(_flat(elements)), clock)
        elements = _children(elements[0])
        count = len(elements)


def begins_notification(body: bytes) -> bool:
    """Whether bytes begin as a data-notification of a list does: a header, behind it an array or a structure."""
    if body[:1] != bytes([DATA_NOTIFICATION]):
        return False
    try:
        _, start = _read_header(body)
    except EncodingError:
        return False
    return body[start : start + 1] in (bytes([ARRAY]), bytes([STRUCTURE]))


def _read_header(body: bytes) -> tuple[tuple[int, int] | None, int]:
    """Where the date-time stands, `None` if it is left out, and where the list begins.

    The date-time is an octet-string without a tag; some meters put the tag before it all the same.
    """
    start = _HEADER_BYTES
    if body[start : start + 1] == bytes([OCTET_STRING]):
        start += 1
    if body[start : start + 1] == b"\x00":
        return None, start + 1
    if body[start : start + 1] not in (bytes([COSEM_TIME_BYTES]), bytes([DATE_TIME])):
        raise EncodingError("no date-time, nor a mark that there is none, in the header")
    stop = start + 1 + COSEM_TIME_BYTES
    return (start + 1, stop), stop


def _read_items(elements: Sequence[Node], count: int) -> list[Item] | None:
    """A structure a value: code, value, and perhaps scaler and unit (Aidon)."""
    items = []
    for element in elements:
        parts = _children(element)
        if not 2 <= len(parts) <= 3 or not _is_code(parts[0]) or _is_list(parts[1]):
            return None
        if len(parts) == 3 and not _is_scaler_unit(parts[2]):
            return None
        items.append(_item(parts[0], parts[1], parts[2] if len(parts) == 3 else None))
    return items or None


def _read_pairs(elements: Sequence[Node], count: int) -> list[Item] | None:
    """Code and value in turn, perhaps scaler and unit behind (Kamstrup, Kaifa, Sagemcom).

    Before the first code anything may stand, later only texts may be without one. Nulls between them are values that
    a meter of one phase leaves out, code and all.
    """
    items: list[Item] = []
    code: Node | None = None
    coded = False
    for node in elements:
        if code is not None:
            if _is_list(node):
                return None
            items.append(_item(code, node))
            code, coded = None, True
        elif _is_code(node):
            code = node
        elif _is_scaler_unit(node) and items and items[-1].code is not None and items[-1].unit is None:
            items[-1] = _scaled(items[-1], node)
        elif _is_list(node) or (coded and isinstance(node.value, int | float)):
            return None
        elif node.tag != NULL:
            items.append(_item(None, node))
    return items if coded and (code is None or len(elements) < count) else None


def _read_described(elements: Sequence[Node], count: int) -> list[Item] | None:
    """First the objects that the list is of, then their values in that order (Landis+Gyr, Iskraemeco).

    The list of the objects may be an object of itself, and its own value. Raises `EncodingError` where there are more
    or fewer values than objects: which is which would be a guess. What the end of the frame cut off is left out.
    """
    place = next((place for place, node in enumerate(elements) if _is_definitions(node)), None)
    if place is None:
        return None
    definitions = [_children(definition) for definition in _children(elements[place])]
    values = [*elements[:place], *elements[place + 1 :]]
    told = count - 1
    if place < len(definitions) and _is_push_list(definitions[place]):
        del definitions[place]
    elif told == len(values) == 1 < len(definitions):
        values = list(_children(values[0])) or values
        told = len(values)
    if told != len(definitions):
        raise EncodingError(f"a list of {len(definitions)} objects with {told} values")
    return list(_describe(definitions[: len(values)], values))


def _describe(definitions: Sequence[tuple[Node, ...]], values: Sequence[Node]) -> Iterator[Item]:
    """Values with the codes of their definitions; scaler and unit are attributes of a register of their own."""
    scales = {
        definition[1].value: value
        for definition, value in zip(definitions, values, strict=True)
        if definition[0].value in _REGISTERS and definition[2].value == _SCALER_UNIT and _is_scaler_unit(value)
    }
    for definition, value in zip(definitions, values, strict=True):
        is_value = definition[0].value not in _REGISTERS or definition[2].value == _VALUE
        if _is_list(value):
            yield from () if _is_scaler_unit(value) else _flat([value])
        elif is_value:
            yield _item(definition[1], value, scales.get(definition[1].value))
        else:
            yield _item(None, value)


def _flat(nodes: Sequence[Node]) -> Iterator[Item]:
    """All values in their order, those of inner lists too; a scaler with its unit belongs to the value before it."""
    for place, node in enumerate(nodes):
        behind = nodes[place + 1] if place + 1 < len(nodes) else None
        if not _is_list(node):
            yield _item(None, node, behind if behind is not None and _is_scaler_unit(behind) else None)
        elif place == 0 or not _is_scaler_unit(node) or _is_list(nodes[place - 1]):
            yield from _flat(_children(node))


def _item(code: Node | None, node: Node, scaler_unit: Node | None = None) -> Item:
    assert not isinstance(node.value, tuple)
    item = Item(_code(code), node.value, node.tag, node.start, node.stop)
    return item if scaler_unit is None else _scaled(item, scaler_unit)


def _scaled(item: Item, scaler_unit: Node) -> Item:
    scaler, unit = (part.value for part in _children(scaler_unit))
    assert isinstance(scaler, int)
    assert isinstance(unit, int)
    return Item(item.code, item.value, item.tag, item.start, item.stop, scaler, unit)


def _code(node: Node | None) -> bytes | None:
    return node.value if node is not None and isinstance(node.value, bytes) else None


def _is_code(node: Node) -> bool:
    """Whether a string is an OBIS code: six bytes, of which the first is a medium, 15 at most (IEC 62056-61), which no
    text begins with."""
    value = node.value
    return (
        node.tag == OCTET_STRING and isinstance(value, bytes) and len(value) == _CODE_BYTES and value[0] <= _MEDIUM_MAX
    )


def _is_scaler_unit(node: Node) -> bool:
    return [part.tag for part in _children(node)] == [INTEGER, ENUM]


def _is_definitions(node: Node) -> bool:
    """Whether these are capture objects: each class, code, attribute and data index (IEC 62056-6-2, 4.3.7)."""
    definitions = _children(node)
    return bool(definitions) and all(
        [part.tag for part in _children(definition)] == _DEFINITION_TAGS and _is_code(_children(definition)[1])
        for definition in definitions
    )


def _is_push_list(definition: tuple[Node, ...]) -> bool:
    return definition[0].value == _PUSH_SETUP and definition[2].value == _VALUE


def _is_list(node: Node) -> bool:
    return isinstance(node.value, tuple)


def _children(node: Node) -> tuple[Node, ...]:
    """The values of an array or structure; none of anything else."""
    return node.value if isinstance(node.value, tuple) else ()


_FORMS: tuple[tuple[Form, Callable[[Sequence[Node], int], list[Item] | None]], ...] = (
    ("items", _read_items),
    ("described", _read_described),
    ("pairs", _read_pairs),
)
"""What a list may be, unless it is positional, and how it is read: from its elements, and the number of them that it
tells."""
_HEADER_BYTES = 5
"""The tag and the long-invoke-id-and-priority."""
_CODE_BYTES = 6
_MEDIUM_MAX = 15
_DEFINITION_TAGS = [18, OCTET_STRING, INTEGER, 18]
_REGISTERS, _PUSH_SETUP = (3, 4), 40
"""Classes (IEC 62056-6-2): register and extended register; what is pushed."""
_VALUE, _SCALER_UNIT = 2, 3
"""Attributes; the value of a push setup is the list of its objects."""
