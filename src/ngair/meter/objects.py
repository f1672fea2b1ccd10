"""The object lines of an ASCII telegram: OBIS codes and values (IEC 62056-21, 6.3.2; DSMR P1 5.0.2, 6.4)."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from ngair.meter.message import Facts
from ngair.meter.quantities import QUANTITIES, UNITS, Quantity
from ngair.model.limits import VALUE_MAX_DIGITS

CLOCK = b"1.0.0"
METER_IDS = (b"96.1.1", b"96.1.0", b"42.0.0")
"""Equipment identifier (NL, BE), its other place (IE, LT), logical device name (LU, HU); first found wins."""

VERSIONS = (b"0.2.8", b"96.1.4")
"""Codes of the P1 version; its number is the first two digits (1-3:0.2.8(50), 0-0:96.1.4(50217))."""
CURRENT_RATIO, VOLTAGE_RATIO = b"0.4.2", b"0.4.3"
"""Codes of the transformers' ratios, from meters that tell what they measure behind them (Aidon 6560)."""
FIRST_CHECKED_VERSION = 40
"""DSMR 4.0 introduced the check sum; e-MUCS has had it from its first version."""


class Place(msgspec.Struct, frozen=True):
    """Where a value's digits stand in a telegram, and how they become a number in base units."""

    quantity: Quantity
    start: int
    """At the sign, if there is one."""
    stop: int
    exponent: int
    """Power of ten on the digits, the point left out."""


class Objects(msgspec.Struct, frozen=True):
    """What the object lines hold."""

    ident: str
    places: tuple[Place, ...]
    clock: tuple[int, int] | None
    """Where the meter's time stands."""
    meter_id: tuple[int, int] | None
    """Where the equipment identifier stands."""
    version: tuple[int, int] | None
    """Where the number of the P1 version stands."""
    current_ratio: tuple[int, int] | None = None
    voltage_ratio: tuple[int, int] | None = None
    """Where the transformers' ratios stand."""

    @property
    def constants(self) -> list[tuple[int, int]]:
        """What a meter never changes: where it does, the telegram is another meter's, or has to be read anew."""
        kept = (self.meter_id, self.version, self.current_ratio, self.voltage_ratio)
        return [place for place in kept if place]

    def declares_check(self, body: bytes) -> bool:
        """Whether the telegram declares a version that has a check sum."""
        if self.version is None:
            return False
        digits = body[self.version[0] : self.version[1]][:2]
        return digits.isdigit() and int(digits) >= FIRST_CHECKED_VERSION


def read_objects(body: bytes) -> Objects:
    """Find what a telegram's body holds. Lines that are not understood are passed over; the first of a kind wins."""
    ident = _IDENT.match(body)
    places: dict[Quantity, Place] = {}
    for match in MEASURED.finditer(body):
        place = _place(match)
        if place:
            places.setdefault(place.quantity, place)
    texts: dict[bytes, tuple[int, int]] = {}
    for match in _TEXT.finditer(body):
        texts.setdefault(match[1], match.span(2))
    return Objects(
        ident=printable(ident[1]) if ident else "",
        places=tuple(places.values()),
        clock=texts.get(CLOCK),
        meter_id=next((texts[code] for code in METER_IDS if code in texts), None),
        version=next((texts[code] for code in VERSIONS if code in texts), None),
        current_ratio=texts.get(CURRENT_RATIO),
        voltage_ratio=texts.get(VOLTAGE_RATIO),
    )


def ascii_facts(body: bytes, objects: Objects, *, ciphered: bool) -> Facts:
    """What can be seen in a telegram of who sent it. Lines of other meters on the M-Bus count, but are not told."""
    count = 0
    codes: set[str] = set()
    prefix = b""
    for line in _LINE.finditer(body):
        count += 1
        if not is_other_meter(line[1]):
            codes.add(line[2].decode("ascii"))
            prefix = prefix or (line[1] if line[2] in QUANTITIES else b"")
    return Facts(
        encoding="ascii",
        form="lines",
        count=count,
        ident=objects.ident,
        meter_id=(read_meter_id(_at(body, objects.meter_id)) or "") if objects.meter_id else "",
        flag=objects.ident[:3].upper(),
        codes=frozenset(codes),
        version=_at(body, objects.version).decode("ascii") if _at(body, objects.version).isdigit() else "",
        ciphered=ciphered,
        prefix=prefix.decode("ascii"),
        current_ratio=_ratio(_at(body, objects.current_ratio)),
        voltage_ratio=_ratio(_at(body, objects.voltage_ratio)),
    )


def read_value(body: bytes, place: Place) -> float:
    """The number at a place, decimal-exact. Raises `ValueError` where no digits stand."""
    digits = int(body[place.start : place.stop].replace(b".", b""))
    scale = int(10 ** abs(place.exponent))
    return digits * scale if place.exponent >= 0 else digits / scale


def read_clock(text: bytes) -> str | None:
    """`YYMMDDhhmmss` and a letter as `YYYY-MM-DDThh:mm:ss`; `None` if it is no time.

    The letter tells summer time only, and telegrams name no zone, so it is left out.
    """
    if not (_CLOCK.fullmatch(text)):
        return None
    d = text.decode("ascii")
    iso = f"20{d[:2]}-{d[2:4]}-{d[4:6]}T{d[6:8]}:{d[8:10]}:{d[10:12]}"
    try:
        datetime.fromisoformat(iso)
    except ValueError:
        return None
    return iso


def read_meter_id(text: bytes) -> str | None:
    """The identifier as people know it: hex-coded where the standard has it so (DSMR P1 5.0.2, 6.12), else as sent."""
    if len(text) % 2 == 0 and _HEX.fullmatch(text):
        decoded = bytes.fromhex(text.decode("ascii"))
        if _PLAIN.fullmatch(decoded):
            return decoded.decode("ascii")
    return printable(text) or None


def is_other_meter(prefix: bytes) -> bool:
    """Whether a code's A-B belongs to a gas, water or heat meter on a channel of the meter's M-Bus."""
    return prefix[:2] == b"0-" and prefix != b"0-0"


def printable(text: bytes) -> str:
    """Text from the wire without control characters."""
    return "".join(char for char in text.decode("latin-1") if char.isprintable()).strip()


def _at(body: bytes, place: tuple[int, int] | None) -> bytes:
    return body[place[0] : place[1]] if place else b""


def _ratio(text: bytes) -> float | None:
    """A transformer's ratio, a number above 0; anything else is none."""
    if not _RATIO.fullmatch(text):
        return None
    ratio = float(text)
    return (int(ratio) if ratio.is_integer() else ratio) or None


def _place(match: re.Match[bytes]) -> Place | None:
    """The place of a measured value, if its code is mapped and comes in its unit."""
    unit = UNITS.get(match[5].lower())
    found = QUANTITIES.get(match[2])
    if found is None or unit is None or unit.base != found[1] or is_other_meter(match[1]):
        return None
    decimals = len(match[4].partition(b".")[2])
    return Place(found[0], match.start(3), match.end(4), unit.exponent - decimals)


MEASURED = re.compile(
    rb"^(\d-\d{1,2}):(\d{1,3}\.\d{1,3}\.\d{1,3})(?:[*.]255)?"
    rb"\( *([-+]?)(\d{1,%d}(?:\.\d{1,%d})?) *(?:\* *)?([A-Za-z]{1,5}) *\)" % (VALUE_MAX_DIGITS, VALUE_MAX_DIGITS),
    re.M,
)
"""A line with one measured value: A-B, C.D.E, sign, digits, unit. `*` may be missing, spaces may stand around it.

F is 255, behind `*` or `.`, or left out: other numbers are past billing periods (IEC 62056-61, value group F).
"""

_TEXT = re.compile(
    rb"^\d-[03]:(%s)(?:[*.]255)?\(([^()\r\n]{1,256})\)"
    % b"|".join(map(re.escape, (CLOCK, *METER_IDS, *VERSIONS, CURRENT_RATIO, VOLTAGE_RATIO))),
    re.M,
)
_LINE = re.compile(rb"^(\d{1,3}-\d{1,3}):(\d{1,3}\.\d{1,3}\.\d{1,3})(?:[*.]255)?\(", re.M)
_RATIO = re.compile(rb"\d{1,6}(?:\.\d{1,6})?")
_IDENT = re.compile(rb"/([^\r\n]*)")
_CLOCK = re.compile(rb"\d{12}[A-Za-z]?")
_HEX = re.compile(rb"[0-9A-Fa-f]{8,}")
_PLAIN = re.compile(rb"[0-9A-Za-z ._/-]+")
