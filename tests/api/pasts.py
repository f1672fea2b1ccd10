"""Memories of houses that never were, in real stores, for tests of what is looked up in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.adapters.sqlite.store import SqliteStore
from ngair.api.history import Sources
from ngair.api.times import day_key_s
from ngair.model.history import (
    METER,
    Batch,
    Bucket,
    EventKind,
    HistoryEvent,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
    counters,
    quantities,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OUTLET = "CB00000000000001/1"
HOSTILE = '=HYPERLINK("http://evil.example";"pay")<script>alert(1)</script>\r\n"quoted", åäö'


def at_s(text: str) -> int:
    """Of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def sources(reader: SqliteReader, now: str, zone: tzinfo = STOCKHOLM, currency: str | None = "SEK") -> Sources:
    """What documents are made of at a moment in UTC."""
    return Sources(history=reader, zone=zone, currency=currency, wall_s=at_s(now))


def kept(folder: Path, *batches: Batch) -> SqliteReader:
    """A reader of a store with this in it."""
    path = folder / "history.db"
    store = SqliteStore(path, 14, 400)
    store.remembered()
    for batch in batches:
        store.write(batch)
    store.close()
    return SqliteReader(path)


def stat(*values: int) -> Stat:
    """Of some values."""
    return Stat(len(values), sum(values), min(values), max(values))


def bucket(
    step: Step, start_s: int, series: str = METER, wh: int = 0, cost_micro: int | None = None, covered_s: int = 0
) -> Bucket:
    """One of a step: import or charged `wh`, export a tenth of it; its values are 1000 to 3000."""
    energy = () if step == "minute" else (wh, wh // 10)[: len(counters(series))]
    return Bucket(
        step=step,
        start_s=start_s,
        series=series,
        stats=(stat(1000, 3000, 2000),) * len(quantities(series)),
        energy_wh=energy,
        cost_micro=cost_micro,
        covered_s=covered_s,
    )


def hours(first: str, count: int, zone: tzinfo, charged: bool = False) -> Batch:
    """Hours from a moment in UTC on, and the days that they make: in hour n flow 100 + n Wh."""
    start_s = at_s(first)
    rows = list(_hours(start_s, count, charged))
    days: dict[tuple[int, str], Bucket] = {}
    for row in rows:
        key_s = day_key_s(datetime.fromtimestamp(row.start_s, zone).date())
        before = days.get((key_s, row.series))
        wh = row.energy_wh[0] + (before.energy_wh[0] if before else 0)
        covered_s = row.covered_s + (before.covered_s if before else 0)
        days[key_s, row.series] = bucket("day", key_s, row.series, wh, wh * 2, covered_s)
    return Batch(buckets=(*rows, *days.values()))


def _hours(start_s: int, count: int, charged: bool) -> Iterator[Bucket]:
    for number in range(count):
        wh = 100 + number
        yield bucket("hour", start_s + 3600 * number, METER, wh, wh * 2, 3600)
        if charged:
            yield bucket("hour", start_s + 3600 * number, OUTLET, wh // 2, wh, 3600)


def day_bucket(of: date, wh: int, cost_micro: int | None = None, covered_s: int = 0) -> Bucket:
    """One of a local day."""
    return bucket("day", day_key_s(of), METER, wh, cost_micro, covered_s)


def _starts(start_s: int) -> Iterator[tuple[Step, int]]:
    yield from (("minute", start_s + 60 * number) for number in range(60))
    yield "hour", start_s // 3600 * 3600
    yield "day", start_s // 86400 * 86400


def lively(start_s: int) -> Batch:
    """A bit of everything in the hour from a moment on, with texts that somebody else chose."""
    return Batch(
        samples=tuple(
            Sample(
                at_s=start_s + 10 * number,
                series=series,
                values=(number, *(None,) * (len(quantities(series)) - 1)),
                counters_wh=(None,) * len(counters(series)),
                state=None if series == METER else 3,
            )
            for number in range(360)
            for series in (METER, OUTLET)
        ),
        buckets=tuple(
            bucket(step, start, series, 10, 20, 60) for series in (METER, OUTLET) for step, start in _starts(start_s)
        ),
        events=tuple(
            HistoryEvent(at_s=start_s + number, kind=kind, subject=HOSTILE, text=HOSTILE, detail={HOSTILE: HOSTILE})
            for number, kind in enumerate(EventKind)
        ),
        setpoints=(
            SetpointChange(at_s=start_s + 5.5, outlet=OUTLET, before_a=None, setpoint_a=16, rule="free", text=HOSTILE),
            SetpointChange(
                at_s=start_s + 600,
                outlet=OUTLET,
                before_a=16,
                setpoint_a=9,
                rule="fuse",
                fuse=HOSTILE,
                phase="L1",
                text="The main fuse has no more on L1",
            ),
        ),
        sessions=(
            Session(outlet=OUTLET, plugged_at_s=start_s, unplugged_at_s=start_s + 3000, energy_wh=5000, cost_micro=9),
            Session(outlet=OUTLET, plugged_at_s=start_s + 3100, plug_unseen=True),
        ),
    )
