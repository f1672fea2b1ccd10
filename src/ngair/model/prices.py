"""What a kilowatt-hour costs the house, by the time of day."""

from __future__ import annotations

import re

import msgspec

PRICES = "a price a kWh with its currency, then times of day with others: '1.95 SEK' or '1.95 SEK 22-06=1.20'"
PRICE_MAX = 1_000_000
"""A kWh; a bound for slips, above any currency."""
RANGES_MAX = 24
MICRO = 1_000_000


class PriceRange(msgspec.Struct, frozen=True):
    """A price that holds between two local times of each day; over midnight where it ends before it begins."""

    from_minute: int
    """Of the day, 0 to 1439."""
    to_minute: int
    """Before it; 1440 is midnight."""
    micro_per_kwh: int

    def holds(self, minute: int) -> bool:
        """Whether it holds at a minute of the day."""
        if self.from_minute < self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


class Prices(msgspec.Struct, frozen=True):
    """What the owner pays, in millionths of the currency a kWh."""

    currency: str
    """As the owner writes it, e.g. `SEK`."""
    micro_per_kwh: int
    """Where no range holds."""
    ranges: tuple[PriceRange, ...] = ()

    def at(self, minute: int) -> int:
        """Price of a kWh at a local minute of the day, in millionths."""
        return next((r.micro_per_kwh for r in self.ranges if r.holds(minute)), self.micro_per_kwh)


def read_prices(text: str) -> Prices:
    """Prices as people write them: see `PRICES`. Raises `ValueError`."""
    words = text.split()
    if not 2 <= len(words) <= 2 + RANGES_MAX or not _CURRENCY.fullmatch(words[1]):
        raise ValueError(PRICES)
    return Prices(words[1], _micro(words[0]), tuple(_range(word) for word in words[2:]))


def _range(word: str) -> PriceRange:
    match = _RANGE.fullmatch(word)
    if match is None:
        raise ValueError(PRICES)
    start, end = _minute(match[1], match[2]), _minute(match[3], match[4])
    if start == end or start == 24 * 60:
        raise ValueError(PRICES)
    return PriceRange(start, end, _micro(match[5]))


def _minute(hour: str, minute: str | None) -> int:
    number = int(hour) * 60 + int(minute or 0)
    if number > 24 * 60 or int(minute or 0) > 59:
        raise ValueError(PRICES)
    return number


def _micro(text: str) -> int:
    if not _PRICE.fullmatch(text):
        raise ValueError(PRICES)
    micro = round(float(text) * MICRO)
    if abs(micro) > PRICE_MAX * MICRO:
        raise ValueError(PRICES)
    return micro


_CURRENCY = re.compile(r"[^\W\d_]{1,4}|[€$£]|kr\.?")
_PRICE = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,6})?", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?-([0-9]{1,2})(?::([0-9]{2}))?=(-?[0-9.]+)", re.ASCII)
