"""A telegram line by line, for people: the tool with which an owner sees what a meter says and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ngair.meter.objects import CLOCK, METER_IDS, VERSIONS, is_other_meter, printable
from ngair.meter.quantities import QUANTITIES


class Line(msgspec.Struct, frozen=True):
    """One object line."""

    code: str
    """The OBIS code as sent."""
    values: str
    """Everything behind it, as sent."""
    meaning: str | None
    """What it is to us; `None` where nobody maps it."""


def explain(telegram: str) -> Iterator[Line]:
    """Each object line of an accepted telegram."""
    for match in _LINE.finditer(telegram.encode("latin-1")):
        yield Line(printable(match[1]), printable(match[4]), _meaning(match[2], match[3]))


def _meaning(prefix: bytes, code: bytes) -> str | None:
    if is_other_meter(prefix):
        return "a meter on its M-Bus"
    if code in QUANTITIES:
        return QUANTITIES[code][0].name.lower().replace("_", " ")
    return _TEXTS.get(code)


_TEXTS = {CLOCK: "clock", **dict.fromkeys(METER_IDS, "meter id"), **dict.fromkeys(VERSIONS, "version of the port")}
_LINE = re.compile(rb"^((\d{1,3}-\d{1,3}):(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?:\*\d{1,3})?)(\([^\r\n]*)", re.M)
