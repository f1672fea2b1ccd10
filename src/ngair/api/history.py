"""The memory as documents: what the meter or an outlet did over time, and the cars that were plugged in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta, tzinfo
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from ngair.api.times import (
    DAY_S,
    HOUR_S,
    UnfitError,
    day,
    day_key_s,
    day_of_key,
    local_day,
    midnight_s,
    moment_s,
    utc,
    zone_name,
)
from ngair.model.history import (
    METER,
    Bucket,
    HistoryEvent,
    LogQuery,
    Row,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
    StoreFacts,
    quantities,
)
from ngair.model.limits import HISTORY_ROWS_MAX, LOG_ROWS_MAX, POWER_AUTO_ROWS_MAX, SAMPLE_S
from ngair.model.prices import MICRO


class History(Protocol):
    """Who looks things up in the memory (`gateway.ports.HistoryReader`). Everything raises `OSError`."""

    def samples(self, series: str, from_s: float, to_s: float, limit: int) -> list[Sample]:
        """Samples of one series, the oldest first."""
        ...

    def buckets(self, step: Step, from_s: float, to_s: float, limit: int, series: str | None = None) -> list[Bucket]:
        """Buckets that begin in the span, the oldest first."""
        ...

    def sessions(self, from_s: float, to_s: float, limit: int) -> list[Session]:
        """Sessions that have a part in the span, the newest first."""
        ...

    def log(self, query: LogQuery) -> list[HistoryEvent | SetpointChange]:
        """Events and setpoint changes, the newest first."""
        ...

    def setpoints_at(self, at_s: float) -> list[SetpointChange]:
        """The setpoint that held at a moment, of each outlet."""
        ...

    def series(self) -> list[str]:
        """Every series of which something is kept."""
        ...

    def rows(self, kind: str, from_s: float, to_s: float) -> Iterator[Row]:
        """Every row of a kind in a span, the oldest first."""
        ...

    def facts(self) -> StoreFacts:
        """About the store itself."""
        ...


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is made of."""

    history: History
    zone: tzinfo
    """Whose days are meant."""
    currency: str | None
    wall_s: float
    """Now."""


MOMENT = "ISO 8601 (without an offset in the box's local time), or seconds since 1970 UTC"
DAY = "a local date, YYYY-MM-DD"
PowerStep = Literal["10s", "minute", "hour", "day"]
STEP_S: dict[PowerStep, int] = {"10s": SAMPLE_S, "minute": 60, "hour": HOUR_S, "day": DAY_S}
OUTLET_PATTERN = "^[^/]{1,64}/[0-9]{1,3}$"
Day = Annotated[str, Meta(max_length=10)]
Moment = Annotated[str, Meta(max_length=40)]


class PowerParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What to ask `/api/v1/history/power` for."""

    from_: Annotated[Moment | None, Meta(description=f"Begin: {MOMENT}. By default a day before the end.")] = None
    to: Annotated[Moment | None, Meta(description=f"End: {MOMENT}. By default now.")] = None
    step: Annotated[
        Literal["auto", "10s", "minute", "hour", "day"],
        Meta(description=f"`auto`: the finest that is kept for the span, with at most {POWER_AUTO_ROWS_MAX} rows."),
    ] = "auto"
    outlet: Annotated[
        Annotated[str, Meta(pattern=OUTLET_PATTERN)] | None,
        Meta(description="An outlet as `SERIAL/ID`, instead of the meter.", examples=["CB0001/1"]),
    ] = None


class PowerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of one length, the oldest row first. Where rows are missing, one row of nulls begins the gap."""

    step: PowerStep
    step_s: int
    zone: str
    """The box's time zone."""
    t: list[int]
    """When each row begins, in seconds since 1970 UTC."""
    mean: dict[str, list[float | None]]
    """Of the meter: power_import_w, power_export_w, current_l1_a to current_l3_a, voltage_l1_v to voltage_l3_v; of an
    outlet: power_w, current_l1_a to current_l3_a, setpoint_a. `null` where nothing was known."""
    min: dict[str, list[float | None]]
    """The same, the least of each row; empty with rows of ten seconds."""
    max: dict[str, list[float | None]]


def power(sources: Sources, asked: PowerParameters) -> PowerDocument:
    """What the meter or an outlet did over time. Raises `UnfitError`, `OSError`."""
    to_s = moment_s("to", asked.to, sources.zone) if asked.to else sources.wall_s
    from_s = moment_s("from", asked.from_, sources.zone) if asked.from_ else to_s - DAY_S
    if from_s >= to_s:
        raise UnfitError("from has to be before to.")
    series = asked.outlet or METER
    step = asked.step if asked.step != "auto" else _auto_step(sources, from_s, to_s)
    if step == "10s":
        samples = sources.history.samples(series, from_s // SAMPLE_S * SAMPLE_S, to_s, HISTORY_ROWS_MAX + 1)
        times, stats = [row.at_s for row in samples], [tuple(map(_exactly, row.values)) for row in samples]
    else:
        buckets = _buckets(sources, step, series, from_s, to_s)
        times, stats = [row.start_s for row in buckets], [row.stats for row in buckets]
    bounded(len(times))
    shown, rows = _with_gaps(times, stats, STEP_S[step])
    if step == "day":
        shown = [int(midnight_s(day_of_key(start_s), sources.zone)) for start_s in shown]
    names = quantities(series)
    columns = {_shown_name(name): ([row[i] for row in rows], *_scale(name)) for i, name in enumerate(names)}
    extremes = {} if step == "10s" else columns
    return PowerDocument(
        step=step,
        step_s=STEP_S[step],
        zone=zone_name(sources.zone),
        t=shown,
        mean={
            name: [round(s.total / s.n / parts, digits) if s.n else None for s in column]
            for name, (column, parts, digits) in columns.items()
        },
        min={
            name: [None if s.least is None else s.least / parts for s in column]
            for name, (column, parts, _) in extremes.items()
        },
        max={
            name: [None if s.most is None else s.most / parts for s in column]
            for name, (column, parts, _) in extremes.items()
        },
    )


def bounded(rows: int) -> None:
    """Raises `UnfitError` for more rows than one answer may have."""
    if rows > HISTORY_ROWS_MAX:
        raise UnfitError(f"More than {HISTORY_ROWS_MAX} rows: ask for a coarser step or a shorter span.")


class SessionsParameters(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}
):
    """What to ask `/api/v1/sessions` for."""

    from_: Annotated[Day | None, Meta(description=f"First day: {DAY}. By default the first of all.")] = None
    to: Annotated[Day | None, Meta(description=f"Last day: {DAY}. By default today.")] = None
    limit: Annotated[int, Meta(ge=1, le=LOG_ROWS_MAX, description="At most so many, the newest.")] = 100


class SessionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A car at an outlet, from plugging in to unplugging."""

    outlet: str
    """`serial/id`."""
    serial: str
    """Of the charger."""
    id: int
    """Of the outlet."""
    plugged_at: str
    unplugged_at: str | None
    """`null` while it is plugged in."""
    plugged_s: int
    """So far, while it is plugged in."""
    charging_s: int
    pauses: int
    longest_pause_s: int
    energy_wh: int
    cost: float | None
    """At the prices of when it charged; `null` without prices."""
    most_power_w: int
    state: int
    """The outlet's last state."""
    plug_unseen: bool
    """Whether it was plugged in already when the box first saw the outlet."""


class SessionsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Charging sessions, the newest first."""

    currency: str | None
    sessions: list[SessionDocument]


def sessions(sources: Sources, asked: SessionsParameters) -> SessionsDocument:
    """The sessions that have a part in some local days. Raises `UnfitError`, `OSError`."""
    first, last = day_range(sources, asked.from_, asked.to, lambda last: date(1970, 1, 2))
    from_s, to_s = midnight_s(first, sources.zone), midnight_s(last + timedelta(1), sources.zone)
    found = sources.history.sessions(from_s, to_s, asked.limit)
    return SessionsDocument(currency=sources.currency, sessions=[_session(row, sources.wall_s) for row in found])


def day_range(
    sources: Sources, first: str | None, last: str | None, by_default: Callable[[date], date]
) -> tuple[date, date]:
    """The local days that are asked for, both inclusive. Raises `UnfitError`."""
    to = day("to", last) if last else local_day(sources.wall_s, sources.zone)
    begin = day("from", first) if first else min(by_default(to), to)
    if begin > to:
        raise UnfitError("from has to be the same day as to, or before it.")
    return begin, to


def outlet_of(series: str) -> tuple[str, int]:
    """An outlet's serial number and id."""
    serial, _, number = series.rpartition("/")
    return serial, int(number) if number.isascii() and number.isdigit() else 0


def cost(micro: int | None) -> float | None:
    """In the currency."""
    return None if micro is None else micro / MICRO


def shown(quantity: str, value: float | None) -> float | None:
    """A mean of a quantity, in the unit that documents show."""
    parts, digits = _scale(quantity)
    return None if value is None else round(value / parts, digits)


def _session(row: Session, wall_s: float) -> SessionDocument:
    serial, number = outlet_of(row.outlet)
    ended_s = wall_s if row.unplugged_at_s is None else row.unplugged_at_s
    return SessionDocument(
        outlet=row.outlet,
        serial=serial,
        id=number,
        plugged_at=utc(row.plugged_at_s),
        unplugged_at=None if row.unplugged_at_s is None else utc(row.unplugged_at_s),
        plugged_s=max(0, int(ended_s) - row.plugged_at_s),
        charging_s=row.charging_s,
        pauses=row.pauses,
        longest_pause_s=row.longest_pause_s,
        energy_wh=row.energy_wh,
        cost=cost(row.cost_micro),
        most_power_w=row.most_power_w,
        state=row.state,
        plug_unseen=row.plug_unseen,
    )


def _auto_step(sources: Sources, from_s: float, to_s: float) -> PowerStep:
    """The finest step of which nothing is missing that a coarser one has, and that gives few enough rows."""
    told = sources.history.facts().oldest_s
    oldest = {step: told.get(table) for step, table in _TABLES.items()}
    begins_s = [at_s for at_s in oldest.values() if at_s is not None]
    rows_from_s = max(from_s, min(begins_s, default=from_s))
    rows_s = min(to_s, sources.wall_s) - rows_from_s
    for step, step_s in STEP_S.items():
        at_s = oldest[step]
        if at_s is None or rows_s > step_s * POWER_AUTO_ROWS_MAX:
            continue
        coarser = [(other, STEP_S[name]) for name, other in oldest.items() if other is not None]
        # Of the same first reading, a coarser row begins earlier, and a local day by its offset.
        reach_s = min(other + length * (2 if length == DAY_S else 1) for other, length in coarser if length >= step_s)
        if at_s <= max(from_s, reach_s):
            return step
    return "day" if begins_s else "minute"


def _buckets(sources: Sources, step: Step, series: str, from_s: float, to_s: float) -> list[Bucket]:
    """Those that have a part in a span."""
    if step == "day":
        first, last = local_day(from_s, sources.zone), local_day(to_s - 0.001, sources.zone)
        return sources.history.buckets(step, day_key_s(first), day_key_s(last) + 1, HISTORY_ROWS_MAX + 1, series)
    from_s = from_s // STEP_S[step] * STEP_S[step]
    return sources.history.buckets(step, from_s, to_s, HISTORY_ROWS_MAX + 1, series)


def _with_gaps(
    times: list[int], rows: Iterable[tuple[Stat, ...]], step_s: int
) -> tuple[list[int], list[tuple[Stat, ...]]]:
    """The rows, and one of nulls where a gap begins: without it a line would be drawn across."""
    all_times: list[int] = []
    all_rows: list[tuple[Stat, ...]] = []
    for at_s, row in zip(times, rows, strict=True):
        if all_times and at_s > all_times[-1] + step_s:
            all_times.append(all_times[-1] + step_s)
            all_rows.append((_UNKNOWN,) * len(row))
        all_times.append(at_s)
        all_rows.append(row)
    return all_times, all_rows


def _exactly(value: int | None) -> Stat:
    return _UNKNOWN if value is None else Stat(1, value, value, value)


def _shown_name(quantity: str) -> str:
    return quantity.replace("_ma", "_a").replace("_dv", "_v")


@functools.cache
def _scale(quantity: str) -> tuple[int, int]:
    """What a kept number is divided by, and how many digits of a mean are shown."""
    return next((scale for unit, scale in _SCALES.items() if quantity.endswith(unit)), (1, 1))


_SCALES = {"_ma": (1000, 3), "_dv": (10, 2)}
_TABLES: dict[PowerStep, str] = {"10s": "samples", "minute": "minutes", "hour": "hours", "day": "days"}
_UNKNOWN = Stat()
