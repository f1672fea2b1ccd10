"""Where a binary list's values stand, remembered: meters send the same list again, only its numbers change.

A body whose every other byte is equal to the last one's is read at the remembered places, without taking its
structure apart. The comparison is exact, and only bodies whose check was verified come here.
"""

from __future__ import annotations

from struct import Struct

from ngair.meter.assemble import no_values
from ngair.meter.encodings.cosem_time import read_time
from ngair.meter.lists import CURRENTS, TIME_BYTES, BinaryPlace
from ngair.meter.message import Item
from ngair.meter.quantities import Values
from ngair.meter.who import Who


class BinaryLayout:
    """One list's fixed bytes and the places of its values. Raises `ValueError` for a list that cannot be remembered."""

    def __init__(
        self,
        body: bytes,
        items: list[tuple[str, Item]],
        places: list[BinaryPlace],
        clocks: tuple[tuple[int, int] | None, ...],
        who: Who,
    ) -> None:
        """`clocks`: where the list's time stands, and any other that the message has."""
        clock = clocks[0]
        self.who = who
        self._clock = clock
        self._length = len(body)
        self._mask, self._fixed = _mask(body, items, clocks)
        tags = {item.start: item.tag for _, item in items}
        self._numbers = _numbers(places, tags, len(body))
        self._steps = [_step(place) for place in sorted(places, key=lambda place: place.start)]

    def matches(self, body: bytes) -> bool:
        """Whether only numbers and times differ."""
        return len(body) == self._length and int.from_bytes(body, "little") & self._mask == self._fixed

    def values(self, body: bytes) -> Values:
        """The values of a body that matches."""
        values = no_values()
        for (index, scale, divide), number in zip(self._steps, self._numbers.unpack(body), strict=True):
            scaled = number / scale if divide else number * scale
            values[index] = abs(scaled) if index in CURRENTS else scaled
        return values

    def clock(self, body: bytes) -> str | None:
        """The meter's own time."""
        return read_time(body[self._clock[0] : self._clock[1]]) if self._clock else None


def _step(place: BinaryPlace) -> tuple[int, int, bool]:
    return int(place.quantity), 10 ** abs(place.exponent), place.exponent < 0


def _numbers(places: list[BinaryPlace], tags: dict[int, int], length: int) -> Struct:
    """All numbers of a body at one go; what stands between them is passed over."""
    parts, at = [">"], 0
    for place in sorted(places, key=lambda place: place.start):
        kind = _KINDS.get(tags[place.start])
        if kind is None:
            raise ValueError
        parts.append(f"{place.start - at}x{kind}")
        at = place.stop
    parts.append(f"{length - at}x")
    return Struct("".join(parts))


def _mask(body: bytes, items: list[tuple[str, Item]], clocks: tuple[tuple[int, int] | None, ...]) -> tuple[int, int]:
    """The bits that must stay, and what they are: all but those of numbers, of times and of the invoke id."""
    mask = bytearray(b"\xff" * len(body))
    mask[_INVOKE_ID] = bytes(_INVOKE_ID.stop - _INVOKE_ID.start)
    free = [(item.start, item.stop) for name, item in items if name not in _OF_THE_METER and _varies(item)]
    for start, stop in [*free, *filter(None, clocks)]:
        mask[start:stop] = bytes(stop - start)
    bits = int.from_bytes(mask, "little")
    return bits, int.from_bytes(body, "little") & bits


def _varies(item: Item) -> bool:
    """Whether it is a number or a time, and not a serial number of as many digits."""
    if item.tag in _KINDS:
        return True
    return isinstance(item.value, bytes) and len(item.value) == TIME_BYTES and read_time(item.value) is not None


_INVOKE_ID = slice(1, 5)
"""Long invoke id and priority behind the tag of a data-notification, which some meters count up (IEC 62056-5-3)."""

_OF_THE_METER = ("ident", "id", "type")
"""Another meter is another list, though its number has the same form."""

_KINDS = {0x05: "i", 0x06: "I", 0x0F: "b", 0x10: "h", 0x11: "B", 0x12: "H", 0x14: "q", 0x15: "Q", 0x16: "B"}
"""A-XDR tag of a number (IEC 62056-6-2, 4.1.5) -> its format; those with a point and SML's are read anew each time."""
