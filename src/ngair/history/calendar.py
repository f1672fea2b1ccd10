"""Which hour, local day and price a moment belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

from ngair.model.prices import Prices

HOUR_S = 3600
DAY_S = 86_400
QUARTER_S = 900
"""Offsets of all zones that are in use, and so all local midnights, fall on quarters of an hour."""
WALL_MAX_S = 2**33
"""In the year 2242: a clock that shows more, or a time before 1970, shows nothing."""
_EPOCH_DAY = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a date, of no zone


class Cell(NamedTuple):
    """A span of time, at most a quarter of an hour, in which everything is the same."""

    start_s: int
    end_s: int
    hour_s: int
    """Begin of its UTC hour."""
    day_s: int
    """Its local date, as the seconds at which that date begins in UTC."""
    micro_per_kwh: int
    """0 without prices."""


class Calendar:
    """Cuts time where hours, local days and prices change. Remembers the last cut, for time mostly goes on."""

    def __init__(self, zone: tzinfo, prices: Prices | None) -> None:
        self._zone = zone
        self._prices = prices
        ranges = prices.ranges if prices else ()
        self._price_minutes = sorted({minute for r in ranges for minute in (r.from_minute, r.to_minute)})
        self._cell = Cell(0, 0, 0, 0, 0)

    def cell(self, at_s: int) -> Cell:
        """The one that holds a moment."""
        cell = self._cell
        if not cell.start_s <= at_s < cell.end_s:
            cell = self._cell = self._cut(at_s)
        return cell

    def _cut(self, at_s: int) -> Cell:
        quarter_s = at_s - at_s % QUARTER_S
        local = datetime.fromtimestamp(quarter_s, self._zone)
        start_s, end_s, micro = quarter_s, quarter_s + QUARTER_S, 0
        if self._prices is not None:
            minute = local.hour * 60 + local.minute
            for price_minute in self._price_minutes:
                change_s = quarter_s + (price_minute - minute) * 60
                if start_s < change_s <= at_s:
                    start_s = change_s
                elif at_s < change_s < end_s:
                    end_s = change_s
            micro = self._prices.at((minute + (at_s - quarter_s) // 60) % (24 * 60))
        day_s = (local.toordinal() - _EPOCH_DAY) * DAY_S
        return Cell(start_s, end_s, quarter_s - quarter_s % HOUR_S, day_s, micro)

    def spread(self, amount: int, from_s: float, to_s: float) -> Iterator[tuple[Cell, int]]:
        """An amount evenly over a span, cut where anything changes; the parts are whole and their sum is the amount."""
        start_s, end_s = int(from_s), int(to_s)
        if end_s <= start_s:
            yield self.cell(end_s), amount
            return
        at_s, given = start_s, 0
        while at_s < end_s:
            cell = self.cell(at_s)
            at_s = min(cell.end_s, end_s)
            upto = amount * (at_s - start_s) // (end_s - start_s)
            if upto > given:
                yield cell, upto - given
            given = upto
