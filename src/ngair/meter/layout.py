"""Where a meter's values stand, remembered: meters send the same lines at the same places, only digits change.

A telegram whose every other byte is equal to the last one's is read at the remembered places, several times faster
than by finding its lines anew. The comparison is exact, and only telegrams with a verified check sum come here.
"""

from __future__ import annotations

import re

from ngair.meter.assemble import no_values
from ngair.meter.objects import Objects, Place, read_clock
from ngair.meter.quantities import Values
from ngair.meter.who import Who


class Layout:
    """One telegram's fixed bytes and the places of its values."""

    def __init__(self, body: bytes, objects: Objects, who: Who) -> None:
        self.who = who
        self._clock = objects.clock
        self._length = len(body)
        self._mask, self._fixed = _mask(body, objects)
        self._steps = [_step(place) for place in objects.places]

    def matches(self, body: bytes) -> bool:
        """Whether only digits of values differ."""
        return len(body) == self._length and int.from_bytes(body, "little") & self._mask == self._fixed

    def values(self, body: bytes) -> Values:
        """The values of a telegram that matches. Raises `ValueError` where no digits stand."""
        values = no_values()
        for index, start, stop, scale, divide in self._steps:
            digits = int(body[start:stop].replace(b".", b""))
            values[index] = digits / scale if divide else digits * scale
        return values

    def clock(self, body: bytes) -> str | None:
        """The meter's own time."""
        return read_clock(body[self._clock[0] : self._clock[1]]) if self._clock else None


def _step(place: Place) -> tuple[int, int, int, int, bool]:
    """A place as plain numbers: index, start, stop, scale, and whether the scale divides."""
    return int(place.quantity), place.start, place.stop, 10 ** abs(place.exponent), place.exponent < 0


def _mask(body: bytes, objects: Objects) -> tuple[int, int]:
    """The bits that must stay, and what they are: all of each byte, but for a value's digit its high half.

    0x30 to 0x3F are the digits and `:;<=>?`, of which `int` refuses the latter.
    """
    mask = bytearray(b"\xff" * len(body))
    for group in _VALUES.finditer(body, body.find(b"\n") + 1):
        for index in range(*group.span()):
            if 0x30 <= body[index] <= 0x39:
                mask[index] = 0xF0
    for start, stop in objects.constants:
        mask[start:stop] = b"\xff" * (stop - start)
    bits = int.from_bytes(mask, "little")
    return bits, int.from_bytes(body, "little") & bits


_VALUES = re.compile(rb"\([^()\r\n]*\)")
"""Behind the ident line, which may have parentheses of its own."""
