"""Rows of the file and the words of the memory, made from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ngair.adapters.sqlite.schema import (
    COLUMNS,
    COUNTERS_MAX,
    QUANTITIES_MAX,
    SERIES_BITS,
    SERIES_MASK,
    SESSION_COLUMNS,
)
from ngair.model.history import (
    Bucket,
    Counter,
    EventKind,
    HistoryEvent,
    Row,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
    counters,
    quantities,
)

Values = tuple[Any, ...]
"""One row of a table, in the order of its columns."""
Names = Mapping[int, str]
"""Series by their numbers in the file."""

TABLE: dict[Step, str] = {"minute": "minutes", "hour": "hours", "day": "days"}


def key_of(at_s: int, series: int) -> int:
    """Where a row stands. Raises `ValueError` for more series than there can be."""
    if series > SERIES_MASK:
        raise ValueError(f"more than {SERIES_MASK} series")
    return at_s << SERIES_BITS | series


def first_key(at_s: float) -> int:
    """No row of this time or later has a lower one."""
    bounded = min(max(at_s, -_TIME_MAX_S), _TIME_MAX_S)
    return -int(-bounded // 1) << SERIES_BITS


def columns(table: str) -> str:
    """What is read of a table, for `reading`."""
    return ", ".join(("key", "seq", *COLUMNS[table]) if table in COLUMNS else _LOG_COLUMNS[table])


def reading(table: str) -> Callable[[Values, Names], Row]:
    """What makes a word of the memory of a row's `columns`."""
    return _READING[table]


def keyed_values(row: Sample | Bucket | Session) -> Values:
    """A row for the columns behind `key` and `seq`."""
    match row:
        case Sample():
            return (*_filled(row.values, QUANTITIES_MAX), *_filled(row.counters_wh, COUNTERS_MAX), row.state)
        case Session():
            return tuple([getattr(row, name) for name in SESSION_COLUMNS])
    stats: list[int | None] = []
    for stat in row.stats:
        stats += (stat.n, stat.total, stat.least, stat.most)
    books = () if row.step == "minute" else (*_filled(row.energy_wh, COUNTERS_MAX), row.cost_micro)
    return (row.covered_s, *books, *_filled(stats, 4 * QUANTITIES_MAX))


def event_values(event: HistoryEvent) -> Values:
    """For the columns of `events` behind `seq`."""
    detail = msgspec.json.encode(event.detail, order="deterministic").decode()
    return (event.at_s, event.kind.value, event.subject, event.text, detail)


def setpoint_values(change: SetpointChange, outlet: int) -> Values:
    """For the columns of `setpoints` behind `seq`."""
    told = (change.before_a, change.setpoint_a, change.rule, change.fuse, change.phase, change.text)
    return (change.at_s, outlet, *told)


def counter_values(counter: Counter) -> Values:
    """For the columns of `counters`."""
    return msgspec.structs.astuple(counter)


def to_counter(values: Values) -> Counter:
    """From the columns of `counters`."""
    return Counter(**dict(zip(Counter.__struct_fields__, values, strict=True)))


def to_event(values: Values) -> HistoryEvent:
    """From the columns of `events`."""
    seq, at_s, kind, subject, text, detail = values
    told = msgspec.json.decode(detail, type=dict[str, str | int | float | bool | None])
    return HistoryEvent(seq=seq, at_s=at_s, kind=EventKind(kind), subject=subject, text=text, detail=told)


def to_setpoint(values: Values, names: Names) -> SetpointChange:
    """From the columns of `setpoints`."""
    told = dict(zip(_LOG_COLUMNS["setpoints"], values, strict=True))
    told["outlet"] = names[told["outlet"]]
    return SetpointChange(**told)


def to_session(values: Values, names: Names) -> Session:
    """From the columns of `sessions`."""
    told = dict(zip(SESSION_COLUMNS, values[2:], strict=True))
    told["plug_unseen"] = bool(told["plug_unseen"])
    outlet = names[values[0] & SERIES_MASK]
    return Session(seq=values[1], plugged_at_s=values[0] >> SERIES_BITS, outlet=outlet, **told)


def _to_sample(values: Values, names: Names) -> Sample:
    series = names[values[0] & SERIES_MASK]
    return Sample(
        seq=values[1],
        at_s=values[0] >> SERIES_BITS,
        series=series,
        values=values[2 : 2 + len(quantities(series))],
        counters_wh=values[10 : 10 + len(counters(series))],
        state=values[12],
    )


def _to_minute(values: Values, names: Names) -> Bucket:
    series = names[values[0] & SERIES_MASK]
    return Bucket(
        seq=values[1],
        step="minute",
        start_s=values[0] >> SERIES_BITS,
        series=series,
        stats=_stats(values, 3, series),
        covered_s=values[2],
    )


def _to_book(step: Step) -> Callable[[Values, Names], Bucket]:
    def make(values: Values, names: Names) -> Bucket:
        series = names[values[0] & SERIES_MASK]
        return Bucket(
            seq=values[1],
            step=step,
            start_s=values[0] >> SERIES_BITS,
            series=series,
            stats=_stats(values, 6, series),
            energy_wh=tuple([wh or 0 for wh in values[3 : 3 + len(counters(series))]]),
            cost_micro=values[5],
            covered_s=values[2],
        )

    return make


def _stats(values: Values, first: int, series: str) -> tuple[Stat, ...]:
    ends = range(first, first + 4 * len(quantities(series)), 4)
    return tuple([Stat(*values[i : i + 4]) if values[i] else _NOTHING for i in ends])


def _filled(values: Sequence[int | None], count: int) -> Values:
    if len(values) > count:
        raise ValueError(f"{len(values)} values where at most {count} are")
    return (*values, *(None,) * (count - len(values)))


_NOTHING = Stat()
_TIME_MAX_S = 1 << 46
_LOG_COLUMNS = {
    "events": ("seq", "at_s", "kind", "subject", "text", "detail"),
    "setpoints": ("seq", "at_s", "outlet", "before_a", "setpoint_a", "rule", "fuse", "phase", "text"),
}
_READING: dict[str, Callable[[Values, Names], Row]] = {
    "samples": _to_sample,
    "minutes": _to_minute,
    "hours": _to_book("hour"),
    "days": _to_book("day"),
    "sessions": to_session,
    "events": lambda values, _names: to_event(values),
    "setpoints": to_setpoint,
}
