"""Energy and cost by hours, local days, months and years: sums of the books that the memory keeps."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ngair.api.history import DAY, Day, Sources, bounded, cost, day_range
from ngair.api.times import HOUR_S, day_key_s, day_of_key, local, local_day, midnight_s, utc, zone_name
from ngair.model.history import METER, Bucket, Step
from ngair.model.limits import HISTORY_ROWS_MAX

By = Literal["hour", "day", "month", "year"]


class EnergyParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What to ask `/api/v1/history/energy` for."""

    from_: Annotated[
        Day | None,
        Meta(
            description=f"First day: {DAY}. By default by hour the last, by day 31 days, by month a year, by year all."
        ),
    ] = None
    to: Annotated[Day | None, Meta(description=f"Last day: {DAY}. By default today.")] = None
    by: Annotated[By, Meta(description="Months and years are sums of their days in the span.")] = "day"


class EnergySums(msgspec.Struct, frozen=True, kw_only=True):
    """What flowed, and what it cost."""

    import_wh: int | None
    """From the grid; `null` where no meter was seen."""
    export_wh: int | None
    """To the grid."""
    charged_wh: int
    """Given by all outlets together."""
    import_cost: float | None
    """Of what had a price when it flowed; `null` where nothing had."""
    charged_cost: float | None
    coverage: float
    """Share of the time in the span, up to now, in which the meter was seen: 0 to 1."""


class EnergyRow(EnergySums, frozen=True, kw_only=True):
    """One hour, day, month or year."""

    start: str
    """Local: `2026-11-01T13:00:00+01:00`, `2026-11-01`, `2026-11` or `2026`."""
    t: int
    """When it begins, in seconds since 1970 UTC."""


class EnergyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, the oldest first; those of which nothing is known are left out."""

    by: By
    zone: str
    """The box's time zone."""
    currency: str | None
    """`null` without prices."""
    rows: list[EnergyRow]
    total: EnergySums
    since: str | None
    """When the memory begins; `null` while it is empty."""


class _Sums:
    """Adds up buckets."""

    def __init__(self) -> None:
        self.import_wh: int | None = None
        self.export_wh: int | None = None
        self.charged_wh = 0
        self.import_micro: int | None = None
        self.charged_micro: int | None = None
        self.covered_s = 0

    def add(self, bucket: Bucket) -> None:
        """Add what a bucket of the meter or of an outlet has."""
        if bucket.series != METER:
            self.charged_wh += sum(bucket.energy_wh)
            self.charged_micro = _plus(self.charged_micro, bucket.cost_micro)
            return
        imported, exported = bucket.energy_wh or (None, None)
        self.import_wh = _plus(self.import_wh, imported)
        self.export_wh = _plus(self.export_wh, exported)
        self.import_micro = _plus(self.import_micro, bucket.cost_micro)
        self.covered_s += bucket.covered_s


def energy(sources: Sources, asked: EnergyParameters) -> EnergyDocument:
    """Energy and cost of some local days. Raises `UnfitError`, `OSError`."""
    zone = sources.zone
    since_s = _since_s(sources)
    today = local_day(sources.wall_s, zone)
    since = today if since_s is None else local_day(since_s, zone)
    first, last = day_range(sources, asked.from_, asked.to, lambda last: _first_by_default(asked.by, last, since))
    # Only a clock that stepped has rows outside of these.
    begin, end = max(first, since - timedelta(1)), min(last, max(today, since) + timedelta(1))
    if asked.by == "hour":
        bounded(((end - begin).days + 1) * 24)
    sums: dict[int | date, _Sums] = {}
    total = _Sums()
    for bucket in _read(sources, asked.by, begin, end):
        sums.setdefault(_start(asked.by, bucket.start_s), _Sums()).add(bucket)
        total.add(bucket)
    bounded(len(sums))
    span_s = midnight_s(first, zone), midnight_s(last + timedelta(1), zone)
    rows = sorted((_row_span_s(sources, asked.by, start), start, each) for start, each in sums.items())
    return EnergyDocument(
        by=asked.by,
        zone=zone_name(zone),
        currency=sources.currency,
        rows=[
            EnergyRow(
                start=_shown_start(sources, asked.by, start),
                t=int(row_s[0]),
                **_told(each, _seen_s(row_s, span_s, sources.wall_s)),
            )
            for row_s, start, each in rows
        ],
        total=EnergySums(**_told(total, _seen_s(span_s, span_s, sources.wall_s))),
        since=None if since_s is None else utc(since_s),
    )


def _since_s(sources: Sources) -> float | None:
    """When the first hour or day begins of which anything is kept."""
    oldest = sources.history.facts().oldest_s
    hour_s, day_s = oldest.get("hours"), oldest.get("days")
    begins = [] if day_s is None else [midnight_s(day_of_key(int(day_s)), sources.zone)]
    if hour_s is not None and (not begins or local_day(hour_s, sources.zone) <= local_day(begins[0], sources.zone)):
        begins = [hour_s]
    return begins[0] if begins else None


def _first_by_default(by: By, last: date, since: date) -> date:
    if by == "hour":
        return last
    if by == "day":
        return last - timedelta(30)
    if by == "month":
        return (last.replace(day=1) - timedelta(334)).replace(day=1)
    return min(since, last)


def _read(sources: Sources, by: By, first: date, last: date) -> Iterator[Bucket]:
    """Every bucket of the days, in portions that one answer of the reader holds."""
    after = last + timedelta(1)
    if by == "hour":
        step: Step = "hour"
        from_s, to_s = midnight_s(first, sources.zone), midnight_s(after, sources.zone)
    else:
        step = "day"
        from_s, to_s = day_key_s(first), day_key_s(after)
    while True:
        portion = sources.history.buckets(step, from_s, to_s, HISTORY_ROWS_MAX)
        if len(portion) < HISTORY_ROWS_MAX:
            yield from portion
            return
        # More of the last ones' moment may follow: they are read again, unless they fill all.
        again_s = portion[-1].start_s if portion[-1].start_s > portion[0].start_s else portion[-1].start_s + 1
        yield from (bucket for bucket in portion if bucket.start_s < again_s)
        from_s = again_s


def _start(by: By, start_s: int) -> int | date:
    """Which row a bucket belongs to."""
    if by == "hour":
        return start_s
    of = day_of_key(start_s)
    return of if by == "day" else of.replace(day=1) if by == "month" else of.replace(month=1, day=1)


def _row_span_s(sources: Sources, by: By, start: int | date) -> tuple[float, float]:
    if isinstance(start, int):
        return start, start + HOUR_S
    of_month, of_year = monthrange(start.year, start.month)[1], 366 if isleap(start.year) else 365
    days = {"hour": 1, "day": 1, "month": of_month, "year": of_year}[by]
    return midnight_s(start, sources.zone), midnight_s(start + timedelta(days), sources.zone)


def _shown_start(sources: Sources, by: By, start: int | date) -> str:
    if isinstance(start, int):
        return local(start, sources.zone)
    return start.isoformat()[: {"hour": 10, "day": 10, "month": 7, "year": 4}[by]]


def _seen_s(row_s: tuple[float, float], span_s: tuple[float, float], wall_s: float) -> float:
    """How long a row is as far as it is in the span and over. All of it where the clock stepped back behind it."""
    begin_s, end_s = max(row_s[0], span_s[0]), min(row_s[1], span_s[1])
    return min(end_s, wall_s) - begin_s if wall_s > begin_s else end_s - begin_s


def _told(sums: _Sums, length_s: float) -> dict[str, Any]:
    return {
        "import_wh": sums.import_wh,
        "export_wh": sums.export_wh,
        "charged_wh": sums.charged_wh,
        "import_cost": cost(sums.import_micro),
        "charged_cost": cost(sums.charged_micro),
        "coverage": round(min(1.0, sums.covered_s / length_s), 6),
    }


def _plus(total: int | None, more: int | None) -> int | None:
    """Of what is known; `None` where nothing is."""
    return total if more is None else more if total is None else total + more
