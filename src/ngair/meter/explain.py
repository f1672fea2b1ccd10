"""A telegram value by value, for people: what a meter says, and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ngair.meter.dialects import DIALECTS, recognise
from ngair.meter.dialects.dialect import Dialect
from ngair.meter.encodings.cosem_time import read_time
from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.notification import read_notification
from ngair.meter.encodings.sml import read_sml
from ngair.meter.lists import in_base_units, list_facts, named, places, text_of
from ngair.meter.message import Content, Encoding, Facts, Item, Message
from ngair.meter.objects import (
    CLOCK,
    METER_IDS,
    VERSIONS,
    ascii_facts,
    is_other_meter,
    read_clock,
    read_meter_id,
    read_objects,
    read_value,
)
from ngair.meter.quantities import QUANTITIES, UNIT_NUMBERS, Quantity
from ngair.model.telegram import Rejection, Telegram


class Line(msgspec.Struct, frozen=True):
    """One value. Its texts are plain ASCII: other bytes of the wire stand in them as `\\xNN`."""

    code: str
    """The OBIS code as sent, or `place 4` in a list that tells by the place."""
    meaning: str | None
    """What it is to us; `None` where nobody maps it."""
    value: str
    """As read, with its unit; empty where nothing was read."""
    sent: str
    """As it stands in the telegram."""
    measured: tuple[Quantity, float] | None = None
    """What was read of it, in the base unit, before anything that a dialect knows better."""


def explain(item: Telegram | Rejection) -> Iterator[Line]:
    """Each value of an accepted telegram, or of a refused one whose frame was whole; none where it cannot be read."""
    body = opened(item)
    if encoding_of(body) == "ascii":
        return _object_lines(body)
    content, facts = _content(body), facts_of(item)
    return iter(()) if content is None or facts is None else _list_lines(content, facts, _dialect(item, facts))


def opened(item: Telegram | Rejection) -> bytes:
    """What a telegram's values stand in: segments joined, deciphered; empty where nothing could be opened."""
    return item.body or (item.data.encode("latin-1") if isinstance(item, Telegram) else b"")


def encoding_of(body: bytes) -> Encoding:
    """How its values are written."""
    return "ascii" if body[:1] in (b"/", b"") else "cosem" if body[:1] == b"\x0f" else "sml"


def content_of(item: Telegram | Rejection) -> Content | None:
    """The list of a binary telegram; `None` where it is none, or cannot be read."""
    body = opened(item)
    return None if encoding_of(body) == "ascii" else _content(body)


def facts_of(item: Telegram | Rejection) -> Facts | None:
    """What a dialect may be recognised by; `None` where it cannot be read. Of refused ones the cipher is not known."""
    body = opened(item)
    ciphered = isinstance(item, Telegram) and item.origin.ciphered
    if encoding_of(body) == "ascii":
        return ascii_facts(body, read_objects(body), ciphered=ciphered) if body else None
    content = _content(body)
    if content is None:
        return None
    flag = item.origin.vendor if isinstance(item, Telegram) and ciphered else ""
    message = Message(encoding_of(body), body, b"", "", checked=False, ciphered=ciphered, flag=flag)
    items = named(content, _dialect(item, list_facts(content, message)))
    return list_facts(content, message, meter_id=text_of(items, "id"), meter_type=text_of(items, "type"))


def derived(telegram: Telegram) -> tuple[str, ...]:
    """The reading's fields that are not as a value of the telegram has them, and not estimated: sums, nets, ratios."""
    told = {line.measured for line in explain(telegram) if line.measured}
    return tuple(
        field
        for field, quantities in _FIELDS.items()
        if field not in telegram.reading.estimated and not told.issuperset(_values(telegram, field, quantities))
    )


def as_sent(item: Item) -> str:
    """A value of a list as it stands there, in plain ASCII."""
    value = item.value
    if isinstance(value, bytes):
        text = (
            f'"{_plain(value)}"'
            if value and all(0x20 <= byte < 0x7F for byte in value)
            else _plain(value.hex(" ").encode())
        )
    else:
        text = "nothing" if value is None else str(value)
    scale = "" if item.scaler is None else f", scaler {item.scaler}"
    unit = "" if item.unit is None else f", unit {item.unit} {UNIT_NUMBERS.get(item.unit, '')}".rstrip()
    return f"{text}{scale}{unit}"


def _content(body: bytes) -> Content | None:
    try:
        return read_notification(body) if encoding_of(body) == "cosem" else read_sml(body)
    except EncodingError:
        return None


def _dialect(item: Telegram | Rejection, facts: Facts) -> Dialect | None:
    if isinstance(item, Telegram):
        return DIALECTS.get(item.origin.dialect)
    found = recognise(facts)
    return found[1] if found else None


def _object_lines(body: bytes) -> Iterator[Line]:
    values = {place.start: (place.quantity, read_value(body, place)) for place in read_objects(body).places}
    for match in _LINE.finditer(body):
        start = next((at for at in range(match.start(4), match.end(4)) if at in values), None)
        measured = None if start is None else values[start]
        value = _with_unit(measured)
        text = match[4][1:].partition(b")")[0]
        if not value and match[3] == CLOCK:
            value = read_clock(text) or ""
        elif not value and match[3] in METER_IDS:
            value = _plain((read_meter_id(text) or "").encode("latin-1"))
        yield Line(_plain(match[1]), _object_meaning(match[2], match[3]), value, _plain(match[4]), measured)


def _object_meaning(prefix: bytes, code: bytes) -> str | None:
    if is_other_meter(prefix):
        return OTHER_METER
    return _words(QUANTITIES[code][0]) if code in QUANTITIES else _TEXTS.get(code)


def _list_lines(content: Content, facts: Facts, dialect: Dialect | None) -> Iterator[Line]:
    items = named(content, dialect)
    values = {place.start: (place.quantity, in_base_units(number, place)) for place, number in places(items, dialect)}
    for number, (name, item) in enumerate(items, 1):
        measured = values.get(item.start)
        meaning, value = _item_meaning(name, item, dialect), _with_unit(measured)
        if number == 1 and facts.ident and (name == _PUSH_SETUP or (meaning is None and not item.code)):
            meaning, value = _NAMES["ident"], _plain(facts.ident.encode("latin-1"))
        yield Line(_code(item, number), meaning, value or _text_value(name, item), as_sent(item), measured)


def _item_meaning(name: str, item: Item, dialect: Dialect | None) -> str | None:
    if name in _NAMES:
        return _NAMES[name]
    if item.code is not None and item.code[0] == 0 and item.code[1] != 0:
        return OTHER_METER
    if dialect and name in dialect.codes:
        return _words(dialect.codes[name])
    if not name and item.code is None and dialect and dialect.lists:
        return NOT_USED
    code = name.encode("ascii")
    return _words(QUANTITIES[code][0]) if code in QUANTITIES else None


def _text_value(name: str, item: Item) -> str:
    """What a name, a number of a meter or a clock says."""
    if name == "clock":
        return read_time(item.value) or "" if isinstance(item.value, bytes) else ""
    return _plain(text_of([(name, item)], name).encode("latin-1")) if name in _NAMES else ""


def _code(item: Item, number: int) -> str:
    if item.code is None:
        return f"place {number}"
    a, b, c, d, e, f = item.code
    return f"{a}-{b}:{c}.{d}.{e}*{f}"


def _plain(text: bytes) -> str:
    """Nothing that a terminal would act on, nothing that it might not be able to show, and no more than a screen."""
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in text[:_SHOWN_BYTES])
    return shown if len(text) <= _SHOWN_BYTES else f"{shown}... {len(text)} bytes"


def _values(telegram: Telegram, field: str, quantities: tuple[Quantity, ...]) -> list[tuple[Quantity, float]]:
    """What a field of the reading says of each of its quantities."""
    value = getattr(telegram.reading, field)
    values = value if isinstance(value, tuple) else (value,)
    return [(quantity, value) for quantity, value in zip(quantities, values, strict=True) if value is not None]


def _words(quantity: Quantity) -> str:
    words = quantity.name.lower().replace("_", " ")
    return words[0].upper() + words[1:] if words[0] == "l" else words


def _with_unit(measured: tuple[Quantity, float] | None) -> str:
    return f"{measured[1]} {_UNITS[measured[0]]}" if measured else ""


_SHOWN_BYTES = 120
_PUSH_SETUP = "25.9.0"
"""By which of the meter's settings the list is sent (IEC 62056-6-2, 4.4.8): its only name, if it has no other."""
OTHER_METER = "a meter on its M-Bus"
NOT_USED = "not used"
_NAMES = {"clock": "clock", "ident": "name of the list", "id": "meter id", "type": "meter type"}
_TEXTS = {CLOCK: "clock", **dict.fromkeys(METER_IDS, "meter id"), **dict.fromkeys(VERSIONS, "version of the port")}
_UNITS = dict(QUANTITIES.values())
_FIELDS: dict[str, tuple[Quantity, ...]] = {
    "power_import_w": (Quantity.POWER_IMPORT,),
    "power_export_w": (Quantity.POWER_EXPORT,),
    "current_a": (Quantity.L1_CURRENT, Quantity.L2_CURRENT, Quantity.L3_CURRENT),
    "voltage_v": (Quantity.L1_VOLTAGE, Quantity.L2_VOLTAGE, Quantity.L3_VOLTAGE),
    "energy_import_wh": (Quantity.ENERGY_IMPORT,),
    "energy_export_wh": (Quantity.ENERGY_EXPORT,),
}
_LINE = re.compile(rb"^((\d{1,3}-\d{1,3}):(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?:\*\d{1,3})?)(\([^\r\n]*)", re.M)
