"""Takes over what another store told in its export, where this one has nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from ngair.adapters.sqlite.pruning import Pruner
from ngair.adapters.sqlite.rows import TABLE, event_values, setpoint_values
from ngair.adapters.sqlite.writing import Writing
from ngair.model.history import (
    Bucket,
    HistoryEvent,
    Row,
    Sample,
    Session,
    SetpointChange,
    counters,
    quantities,
)

PORTION_ROWS = 500
"""Written in one transaction: some tens of ms, between which the minute's readings get in."""


class Border(msgspec.Struct, frozen=True):
    """How far another store's rows are taken."""

    began_s: float
    """When this store was made: what happened later, it knows itself."""
    newest_s: float | None
    """The newest of this store's rows when the export came."""


def portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """As many as are written together."""
    several = iter(rows)
    while portion := list(itertools.islice(several, PORTION_ROWS)):
        yield portion


def adopt(writing: Writing, portion: Iterable[Row], border: Border, pruner: Pruner) -> int:
    """Take over those that are missing; how many. Rows that would be forgotten at once are left out."""
    count = 0
    for row in portion:
        match row:
            case Sample():
                count += _sample(writing, row, border, pruner)
            case Bucket():
                count += _bucket(writing, row, border, pruner)
            case Session():
                count += _session(writing, row)
            case HistoryEvent() | SetpointChange():
                count += _entry(writing, row, border)
    return count


def _sample(writing: Writing, row: Sample, border: Border, pruner: Pruner) -> bool:
    fits = len(row.values) == len(quantities(row.series)) and len(row.counters_wh) == len(counters(row.series))
    too_old = border.newest_s is not None and pruner.too_old("samples", row.at_s, border.newest_s)
    if not fits or too_old or writing.has("samples", row.at_s, row.series):
        return False
    writing.samples([row])
    return True


def _bucket(writing: Writing, row: Bucket, border: Border, pruner: Pruner) -> bool:
    table = TABLE[row.step]
    fits = len(row.stats) == len(quantities(row.series))
    fits &= row.step == "minute" or len(row.energy_wh) == len(counters(row.series))
    too_old = border.newest_s is not None and pruner.too_old(table, row.start_s, border.newest_s)
    if not fits or too_old or writing.has(table, row.start_s, row.series):
        return False
    writing.buckets([row])
    if row.step != "minute":
        for name, wh in zip(counters(row.series), row.energy_wh, strict=True):
            writing.db.execute(_BOOK[row.step], (name, wh))
    return True


def _session(writing: Writing, row: Session) -> bool:
    """One that is not over there ended unseen: the car is not at this box's outlet."""
    if writing.has("sessions", row.plugged_at_s, row.outlet):
        return False
    ended = row if row.unplugged_at_s is not None else msgspec.structs.replace(row, unplugged_at_s=row.seen_at_s)
    writing.sessions([ended])
    return True


def _entry(writing: Writing, row: HistoryEvent | SetpointChange, border: Border) -> bool:
    if row.at_s >= border.began_s:
        return False
    if isinstance(row, HistoryEvent):
        if writing.db.execute(_SAME_EVENT, event_values(row)).fetchone():
            return False
        writing.log([row], [])
        return True
    if writing.db.execute(_SAME_SETPOINT, setpoint_values(row, writing.number_of(row.outlet))).fetchone():
        return False
    writing.log([], [row])
    return True


_BOOK = {
    "hour": "INSERT INTO adopted VALUES (?1, ?2, 0) ON CONFLICT DO UPDATE SET hours_wh = hours_wh + ?2",
    "day": "INSERT INTO adopted VALUES (?1, 0, ?2) ON CONFLICT DO UPDATE SET days_wh = days_wh + ?2",
}
"""What the books have that no counter of this store told."""
_SAME_EVENT = "SELECT 1 FROM events WHERE at_s = ? AND kind = ? AND subject = ? AND text = ? AND detail = ?"
_SAME_SETPOINT = (
    "SELECT 1 FROM setpoints WHERE at_s = ? AND outlet = ? AND before_a IS ? AND setpoint_a = ? AND rule = ? "
    "AND fuse IS ? AND phase IS ? AND text = ?"
)
