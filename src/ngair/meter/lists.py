"""A binary list -> what it shows of its sender, and where its values stand."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ngair.meter.dialects.dialect import TEXTS, Dialect
from ngair.meter.encodings.cosem_time import read_time
from ngair.meter.message import Content, Facts, Item, Message
from ngair.meter.objects import printable
from ngair.meter.quantities import QUANTITIES, UNIT_NUMBERS, Quantity
from ngair.meter.server_id import maker_of, printed

OBIS_BYTES = 6
TIME_BYTES = 12


class BinaryPlace(msgspec.Struct, frozen=True):
    """Where a value's bytes stand in a body, and how they become a number in base units."""

    quantity: Quantity
    start: int
    stop: int
    exponent: int
    """Power of ten."""


def list_facts(content: Content, message: Message, *, meter_id: str = "", meter_type: str = "") -> Facts:
    """What can be seen of who sent a list. Where its id and model stand is known only once the dialect is."""
    return Facts(
        encoding=message.encoding,
        form=content.form,
        count=len(content.items),
        ident=_ident(content),
        meter_id=meter_id,
        meter_type=meter_type,
        flag=message.flag.upper() or (maker_of(content.items) if message.encoding == "sml" else ""),
        codes=frozenset(item.cde for item in content.items if item.code),
        ciphered=message.ciphered,
    )


def named(content: Content, dialect: Dialect | None) -> list[tuple[str, Item]]:
    """Each value with its C.D.E, or with `ident`, `id`, `type`, `clock`; empty where nobody knows."""
    texts = TEXTS if dialect is None else {**TEXTS, **dialect.texts}
    names = dialect.lists.get(len(content.items), ()) if dialect and content.form == "positional" else ()
    if names:
        return list(zip(names, content.items, strict=True))
    return [(_name(item, texts), item) for item in content.items]


def text_of(items: list[tuple[str, Item]], name: str) -> str:
    """What the first text of a name says, or its digits where it is a number; empty where there is none."""
    for found, item in items:
        if found == name and isinstance(item.value, bytes):
            return _text(item.value)
        if found == name and isinstance(item.value, int):
            return str(item.value)
    return ""


def clock_of(content: Content, items: list[tuple[str, Item]]) -> tuple[int, int] | None:
    """Where the list's time stands: its own clock before that of the message around it."""
    for name, item in items:
        if name == "clock" and item.stop - item.start == TIME_BYTES:
            return item.start, item.stop
    return content.clock


def places(items: list[tuple[str, Item]], dialect: Dialect | None) -> list[tuple[BinaryPlace, float]]:
    """Where the measured values stand, with the numbers that stand there; the first of a kind wins."""
    found: dict[Quantity, tuple[BinaryPlace, float]] = {}
    for name, item in items:
        place = _place(name, item, dialect)
        if place and isinstance(item.value, int | float):
            found.setdefault(place.quantity, (place, item.value))
    return list(found.values())


def in_base_units(number: float, place: BinaryPlace) -> float:
    """The value, decimal-exact. Currents are magnitudes, also where a type with a sign carries them."""
    scale: int = 10 ** abs(place.exponent)
    scaled = number * scale if place.exponent >= 0 else number / scale
    return abs(scaled) if place.quantity in CURRENTS else scaled


CURRENTS = frozenset({Quantity.L1_CURRENT, Quantity.L2_CURRENT, Quantity.L3_CURRENT})


def _place(name: str, item: Item, dialect: Dialect | None) -> BinaryPlace | None:
    """The place of a value whose meaning and scale are known."""
    if item.code is not None and (item.code[5] != _CURRENT_PERIOD or _is_other_meter(item.code)):
        return None
    quantity, unit = QUANTITIES.get(name.encode("ascii"), (None, None))
    if dialect and name in dialect.codes:
        quantity = dialect.codes[name]
    if quantity is None:
        return None
    if item.scaler is not None and item.unit is not None:
        if unit is not None and UNIT_NUMBERS.get(item.unit) != unit:
            return None
        return BinaryPlace(quantity, item.start, item.stop, item.scaler)
    exponent = dialect.scales.get(name) if dialect else None
    return None if exponent is None else BinaryPlace(quantity, item.start, item.stop, exponent)


def _is_other_meter(code: bytes) -> bool:
    """Whether a code belongs to a gas, water or heat meter on a channel of the meter's M-Bus."""
    return code[0] == 0 and code[1] != 0


def _name(item: Item, texts: Mapping[str, str]) -> str:
    if item.code is None and isinstance(item.value, bytes) and read_time(item.value):
        return "clock"
    return texts.get(item.cde, _CLOCKS.get(item.cde, item.cde))


def _ident(content: Content) -> str:
    named_so = text_of(named(content, None), "ident")
    if named_so or not content.items:
        return named_so
    first = content.items[0]
    if not isinstance(first.value, bytes) or (first.code is not None and first.cde not in _PUSH_SETUPS):
        return ""
    if len(first.value) == OBIS_BYTES and first.value[5] == _CURRENT_PERIOD:
        a, b, c, d, e, _ = first.value
        return f"{a}-{b}:{c}.{d}.{e}"
    return _text(first.value) if _is_text(first.value) else ""


def _text(value: bytes) -> str:
    return printable(value) if _is_text(value) else printed(value) or value.hex()


def _is_text(value: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in value.rstrip(b"\0"))


_CURRENT_PERIOD = 255
"""F of values that are not of a past billing period (IEC 62056-61)."""
_CLOCKS = {"1.0.0": "clock"}
_PUSH_SETUPS = frozenset({"25.9.0"})
