"""Rows of the file and the words of the memory, made from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ngair.adapters.sqlite.schema import COUNTERS_MAX, QUANTITIES_MAX
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

TABLE: dict[Step, str] = {"minute": "minutes", "hour": "hours", "day": "days"}
STEP: dict[str, Step] = {table: step for step, table in TABLE.items()}
SAMPLE_COLUMNS = ("at_s", "series", "seq", *(f"q{i + 1}" for i in range(QUANTITIES_MAX)), "c1", "c2", "state")
STAT_COLUMNS = tuple(f"{what}{i + 1}" for i in range(QUANTITIES_MAX) for what in ("n", "total", "least", "most"))
BOOK_COLUMNS = ("energy1_wh", "energy2_wh", "cost_micro")
_BUCKET_KEY = ("start_s", "series", "seq", "covered_s")
_NOTHING = Stat()


def bucket_columns(table: str) -> tuple[str, ...]:
    """Of `minutes`, `hours` or `days`."""
    return (*_BUCKET_KEY, *(() if table == "minutes" else BOOK_COLUMNS), *STAT_COLUMNS)


def sample_values(sample: Sample, series: int, seq: int) -> Values:
    """For `SAMPLE_COLUMNS`."""
    return (
        *(sample.at_s, series, seq),
        *_filled(sample.values, QUANTITIES_MAX),
        *_filled(sample.counters_wh, COUNTERS_MAX),
        sample.state,
    )


def bucket_values(bucket: Bucket, series: int, seq: int) -> Values:
    """For `bucket_columns`."""
    books: Values = ()
    if bucket.step != "minute":
        books = (*_filled(bucket.energy_wh, COUNTERS_MAX), bucket.cost_micro)
    stats: list[int | None] = []
    for stat in bucket.stats:
        stats += (stat.n, stat.total, stat.least, stat.most)
    return (bucket.start_s, series, seq, bucket.covered_s, *books, *_filled(stats, 4 * QUANTITIES_MAX))


def event_values(event: HistoryEvent, seq: int) -> Values:
    """For the columns of `events`."""
    return (seq, event.at_s, event.kind.value, event.subject, event.text, detail_text(event))


def detail_text(event: HistoryEvent) -> str:
    """An event's detail as it is kept: the same detail is the same text."""
    return msgspec.json.encode(event.detail, order="deterministic").decode()


def setpoint_values(change: SetpointChange, outlet: int, seq: int) -> Values:
    """For the columns of `setpoints`."""
    told = (change.before_a, change.setpoint_a, change.rule, change.fuse, change.phase, change.text)
    return (seq, change.at_s, outlet, *told)


def session_values(session: Session, outlet: int, seq: int) -> Values:
    """For the columns of `sessions`."""
    return (session.plugged_at_s, outlet, seq, *(getattr(session, name) for name in _SESSION_COLUMNS))


def counter_values(counter: Counter) -> Values:
    """For the columns of `counters`."""
    return msgspec.structs.astuple(counter)


def to_sample(values: Values, names: Mapping[int, str]) -> Sample:
    """From `SAMPLE_COLUMNS`."""
    series = names[values[1]]
    return Sample(
        seq=values[2],
        at_s=values[0],
        series=series,
        values=values[3 : 3 + len(quantities(series))],
        counters_wh=values[11 : 11 + len(counters(series))],
        state=values[13],
    )


def to_bucket(values: Values, names: Mapping[int, str], step: Step) -> Bucket:
    """From `bucket_columns`."""
    series = names[values[1]]
    stats = values[4:]
    energy: tuple[int, ...] = ()
    cost = None
    if step != "minute":
        energy = tuple(wh or 0 for wh in values[4 : 4 + len(counters(series))])
        cost = values[6]
        stats = values[7:]
    ends = range(0, 4 * len(quantities(series)), 4)
    return Bucket(
        seq=values[2],
        step=step,
        start_s=values[0],
        series=series,
        stats=tuple([Stat(*stats[i : i + 4]) if stats[i] else _NOTHING for i in ends]),
        energy_wh=energy,
        cost_micro=cost,
        covered_s=values[3],
    )


def to_event(values: Values) -> HistoryEvent:
    """From the columns of `events`."""
    seq, at_s, kind, subject, text, detail = values
    told = msgspec.json.decode(detail, type=dict[str, str | int | float | bool | None])
    return HistoryEvent(seq=seq, at_s=at_s, kind=EventKind(kind), subject=subject, text=text, detail=told)


def to_setpoint(values: Values, names: Mapping[int, str]) -> SetpointChange:
    """From the columns of `setpoints`."""
    seq, at_s, outlet, before_a, setpoint_a, rule, fuse, phase, text = values
    return SetpointChange(
        seq=seq,
        at_s=at_s,
        outlet=names[outlet],
        before_a=before_a,
        setpoint_a=setpoint_a,
        rule=rule,
        fuse=fuse,
        phase=phase,
        text=text,
    )


def to_session(values: Values, names: Mapping[int, str]) -> Session:
    """From the columns of `sessions`."""
    told = dict(zip(_SESSION_COLUMNS, values[3:], strict=True))
    told["plug_unseen"] = bool(told["plug_unseen"])
    return Session(seq=values[2], plugged_at_s=values[0], outlet=names[values[1]], **told)


def to_counter(values: Values) -> Counter:
    """From the columns of `counters`."""
    name, device, first_wh, value_wh, at_s, booked_wh, jumped_wh = values
    return Counter(
        name=name,
        device=device,
        first_wh=first_wh,
        value_wh=value_wh,
        at_s=at_s,
        booked_wh=booked_wh,
        jumped_wh=jumped_wh,
    )


def reading(table: str) -> tuple[str, Callable[[Values, Mapping[int, str]], Row]]:
    """The columns of a table, and what makes a word of them."""
    if table == "samples":
        return ", ".join(SAMPLE_COLUMNS), to_sample
    if table in STEP:
        step = STEP[table]
        return ", ".join(bucket_columns(table)), lambda values, names: to_bucket(values, names, step)
    if table == "sessions":
        return f"plugged_at_s, outlet, seq, {', '.join(_SESSION_COLUMNS)}", to_session
    if table == "setpoints":
        return "seq, at_s, outlet, before_a, setpoint_a, rule, fuse, phase, text", to_setpoint
    return "seq, at_s, kind, subject, text, detail", lambda values, _names: to_event(values)


def _filled(values: tuple[int | None, ...] | list[int | None], count: int) -> tuple[int | None, ...]:
    if len(values) > count:
        raise ValueError(f"{len(values)} values where at most {count} are")
    return (*values, *(None,) * (count - len(values)))


_SESSION_COLUMNS = (
    "unplugged_at_s",
    "charging_s",
    "longest_pause_s",
    "pauses",
    "energy_wh",
    "cost_micro",
    "most_power_w",
    "state",
    "state_since_s",
    "seen_at_s",
    "plug_unseen",
)
