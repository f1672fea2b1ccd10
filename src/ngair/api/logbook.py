"""What happened and why: events, setpoint changes, and the house at any moment."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ngair.api.history import MOMENT, Moment, Sources, outlet_of, shown
from ngair.api.times import ROUNDED_S, UnfitError, moment_s, utc
from ngair.model.history import METER, Bucket, EventKind, HistoryEvent, LogQuery, SetpointChange, Stat
from ngair.model.limits import HISTORY_ROWS_MAX, LOG_ROWS_MAX, SAMPLE_S
from ngair.model.phases import Phases

SETPOINT = "setpoint"
KINDS = (SETPOINT, *(str(kind) for kind in EventKind))
WHY_BEFORE_S = 15 * 60
WHY_AFTER_S = 5 * 60
NOT_WRITTEN_YET_S = 3 * 60
"""So long may it take until a minute is kept: it ends, is written at the next commit, and that may be late."""
SEQ_MAX = 2**53


class EventsParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What to ask `/api/v1/events` for."""

    kinds: Annotated[
        Annotated[str, Meta(max_length=1000)] | None,
        Meta(
            description=f"Kinds, with commas between them; by default all. There are: {', '.join(KINDS)}.",
            examples=["setpoint,limit,fault"],
        ),
    ] = None
    from_: Annotated[Moment | None, Meta(description=f"Not before: {MOMENT}.")] = None
    to: Annotated[Moment | None, Meta(description=f"Before: {MOMENT}.")] = None
    before: Annotated[
        Annotated[int, Meta(ge=1, le=SEQ_MAX)] | None,
        Meta(description="Only entries with a lower `seq`: the lowest of a page gives the next."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=LOG_ROWS_MAX, description="At most so many, the newest.")] = 100
    subject: Annotated[
        Annotated[str, Meta(max_length=128)] | None,
        Meta(description="Only what concerns this: a fuse, a charger, an outlet."),
    ] = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, or a setpoint that changed."""

    seq: int
    time: str
    kind: str
    """`setpoint`, or what happened."""
    subject: str
    """What it concerns: a fuse's name, a charger's serial number, an outlet (`serial/id`); empty: the box."""
    text: str
    """For a person."""
    detail: dict[str, str | int | float | bool | None]
    """Of a setpoint: `before_a`, `setpoint_a`, `rule`, `fuse`, `phase`."""


class EventsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first."""

    entries: list[Entry]
    more: bool
    """Whether there are older ones that fit."""


def events(sources: Sources, asked: EventsParameters) -> EventsDocument:
    """Events and setpoint changes. Raises `UnfitError`, `OSError`."""
    query = LogQuery(
        from_s=moment_s("from", asked.from_, sources.zone) if asked.from_ else None,
        to_s=moment_s("to", asked.to, sources.zone) if asked.to else None,
        before_seq=asked.before,
        kinds=_kinds(asked.kinds),
        subject=asked.subject or None,
        limit=asked.limit + 1,
    )
    found = sources.history.log(query)
    return EventsDocument(entries=[entry(row) for row in found[: asked.limit]], more=len(found) > asked.limit)


class WhyParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask `/api/v1/why` for."""

    at: Annotated[Moment | None, Meta(description=f"When: {MOMENT}. By default now.")] = None


class OutletThen(msgspec.Struct, frozen=True, kw_only=True):
    """An outlet at a moment; `null` where nothing is known."""

    outlet: str
    """`serial/id`."""
    serial: str
    id: int
    setpoint_a: int | None
    rule: str | None
    """What led to the setpoint."""
    fuse: str | None
    """Which fuse limited it, and on which phase."""
    phase: str | None
    text: str | None
    """The reason for a person."""
    since: str | None
    """Since when setpoint and reason were so."""
    power_w: float | None
    """Mean of the minute, as the currents; just now of the newest that is kept."""
    current_a: Phases | None
    state: int | None
    """As the outlet told."""


class HouseThen(msgspec.Struct, frozen=True, kw_only=True):
    """The meter in that minute, means; just now in the newest that is kept."""

    power_import_w: float | None
    power_export_w: float | None
    current_a: Phases
    voltage_v: Phases


class WhyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Why an outlet gave what it gave at a moment."""

    time: str
    outlets: list[OutletThen]
    house: HouseThen | None
    """`null` where the minute is not kept."""
    entries: list[Entry]
    """What happened within 15 minutes before and 5 minutes after, the newest first."""


def why(sources: Sources, asked: WhyParameters) -> WhyDocument:
    """The setpoints of a moment with their reasons, and what happened around it. Raises `UnfitError`, `OSError`."""
    history = sources.history
    at_s = moment_s("at", asked.at, sources.zone) if asked.at else sources.wall_s
    minute = _minute(sources, at_s)
    # Times are told rounded: asked for the time of a change, that change has happened.
    setpoints = {row.outlet: row for row in history.setpoints_at(at_s + ROUNDED_S)}
    around = LogQuery(from_s=at_s - WHY_BEFORE_S, to_s=at_s + WHY_AFTER_S, limit=LOG_ROWS_MAX)
    house = minute.get(METER)
    return WhyDocument(
        time=utc(at_s),
        outlets=[
            _outlet_then(series, setpoints.get(series), minute.get(series), _state(sources, series, at_s))
            for series in sorted({*setpoints, *minute} - {METER})
        ],
        house=None if house is None else _house_then(house),
        entries=[entry(row) for row in history.log(around)],
    )


def _minute(sources: Sources, at_s: float) -> dict[str, Bucket]:
    """Every series in the minute of a moment. One that is not written yet is stood in for by the newest before it."""
    minute_s = at_s // 60 * 60
    is_now = abs(sources.wall_s - at_s) < NOT_WRITTEN_YET_S
    from_s = minute_s - NOT_WRITTEN_YET_S if is_now else minute_s
    return {row.series: row for row in sources.history.buckets("minute", from_s, minute_s + 60, HISTORY_ROWS_MAX)}


def _kinds(text: str | None) -> frozenset[str]:
    kinds = frozenset(kind for kind in (text or "").split(",") if kind)
    if not kinds <= set(KINDS):
        raise UnfitError(f"kinds: some of {', '.join(KINDS)}, with commas between them.")
    return kinds


def entry(row: HistoryEvent | SetpointChange) -> Entry:
    """A row of the memory as documents have it."""
    if isinstance(row, HistoryEvent):
        kind, subject, detail = str(row.kind), row.subject, row.detail
    else:
        kind, subject = SETPOINT, row.outlet
        detail = {
            "before_a": row.before_a,
            "setpoint_a": row.setpoint_a,
            "rule": row.rule,
            "fuse": row.fuse,
            "phase": row.phase,
        }
    return Entry(seq=row.seq, time=utc(row.at_s), kind=kind, subject=subject, text=row.text, detail=detail)


def _outlet_then(series: str, held: SetpointChange | None, minute: Bucket | None, state: int | None) -> OutletThen:
    serial, number = outlet_of(series)
    means = _means(minute.stats) if minute else None
    return OutletThen(
        outlet=series,
        serial=serial,
        id=number,
        setpoint_a=held.setpoint_a if held else None,
        rule=held.rule if held else None,
        fuse=held.fuse if held else None,
        phase=held.phase if held else None,
        text=held.text if held else None,
        since=utc(held.at_s) if held else None,
        power_w=shown("power_w", means[0]) if means else None,
        current_a=_phases("_ma", means[1:4]) if means else None,
        state=state,
    )


def _house_then(minute: Bucket) -> HouseThen:
    means = _means(minute.stats)
    return HouseThen(
        power_import_w=shown("power_import_w", means[0]),
        power_export_w=shown("power_export_w", means[1]),
        current_a=_phases("_ma", means[2:5]),
        voltage_v=_phases("_dv", means[5:8]),
    )


def _state(sources: Sources, series: str, at_s: float) -> int | None:
    """As told in the ten seconds of the moment, or within the minute before."""
    rows = sources.history.samples(series, at_s // SAMPLE_S * SAMPLE_S - 60, at_s + 0.001, 7)
    return next((row.state for row in reversed(rows) if row.state is not None), None)


def _means(stats: tuple[Stat, ...]) -> list[float | None]:
    return [stat.mean for stat in stats]


def _phases(unit: str, means: list[Any]) -> Phases:
    one, two, three = (shown(unit, mean) for mean in means)
    return one, two, three
