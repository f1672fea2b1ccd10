"""Who a German meter is: its number as it is printed on it, and the letters of its maker (DIN 43863-5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ngair.meter.message import Item


def printed(server_id: bytes) -> str:
    """The number as people see it, `1ISK0012345678`; empty where the bytes are no such number.

    Medium, three letters, fabrication block, number: one byte for the kind of the number goes before them.
    """
    match = _NUMBER.fullmatch(server_id)
    if match is None:
        return ""
    medium, maker, block, number = match.groups()
    return f"{medium[0]:X}{maker.decode('ascii')}{block.hex().upper()}{int.from_bytes(number):08d}"


def maker_of(items: Iterable[Item]) -> str:
    """Three letters: told by themselves, or part of the meter's number; empty where neither is told."""
    texts = {item.cde: item.value for item in items if isinstance(item.value, bytes)}
    for code in _MAKERS:
        if _LETTERS.fullmatch(texts.get(code, b"")):
            return texts[code].decode("ascii")
    for code in _NUMBERS:
        match = _LETTERS_OF_NUMBER.match(texts.get(code, b""))
        if match:
            return match[1].decode("ascii")
    return ""


_NUMBER = re.compile(rb"[\x09\x0a]([\x01-\x0f])([A-Z]{3})(.)(.{4})", re.DOTALL)
_LETTERS = re.compile(rb"[A-Z]{3}")
_LETTERS_OF_NUMBER = re.compile(rb"[^A-Z]{1,2}([A-Z]{3})", re.DOTALL)
"""Older numbers leave the medium out, or have it in another form."""
_MAKERS = ("199.130.3", "96.50.1")
"""129-129:199.130.3 and 1-0:96.50.1*1."""
_NUMBERS = ("96.1.0", "0.0.9", "0.0.0")
