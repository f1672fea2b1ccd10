"""Batches as a house makes them, and what is in a store, read by other means than its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from ngair.model.history import (
    METER,
    Batch,
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

OUTLET = "TESTOUTLET0001/1"
FROM_S = 1_750_000_020
"""A full minute."""
STEPS: tuple[tuple[Step, int], ...] = (("minute", 60), ("hour", 3600), ("day", 86_400))
FAR_S = 1e10


def opened(folder: Path, raw_days: int = 14, minute_days: int = 400) -> tuple[SqliteStore, SqliteReader]:
    """A store and its reader."""
    path = folder / "history.db"
    return SqliteStore(path, raw_days, minute_days), SqliteReader(path)


def sample(at_s: int, series: str = METER, value: int = 7) -> Sample:
    """One of this time."""
    return Sample(
        at_s=at_s,
        series=series,
        values=tuple(value + place if place != 1 else None for place in range(len(quantities(series)))),
        counters_wh=(value,) * len(counters(series)),
        state=None if series == METER else 2,
    )


def bucket(step: Step, start_s: int, series: str = METER, wh: int = 3, value: int = 7) -> Bucket:
    """What a minute adds to it."""
    stats = [Stat(6, 6 * value, value - 1, value + place) for place in range(len(quantities(series)))]
    stats[1] = Stat()
    energy = () if step == "minute" else tuple(wh + place for place in range(len(counters(series))))
    return Bucket(step=step, start_s=start_s, series=series, stats=tuple(stats), energy_wh=energy, covered_s=60)


def minute(number: int, first_wh: int = 1000, every_s: int = 60) -> Batch:
    """The readings of one minute: 3 Wh of import, 4 of export and 3 of charging, booked in hour and day."""
    at_s = FROM_S + every_s * number
    both = (METER, OUTLET)
    return Batch(
        samples=tuple(sample(at_s + ten, series, number % 50) for ten in range(0, 60, 10) for series in both),
        buckets=tuple(bucket(step, at_s - at_s % length, series) for step, length in STEPS for series in both),
        counters=tuple(
            Counter(
                name=name,
                device="D",
                first_wh=first_wh,
                value_wh=first_wh + wh * (number + 1),
                at_s=at_s,
                booked_wh=wh * (number + 1),
            )
            for name, wh in (("import", 3), ("export", 4), (OUTLET, 3))
        ),
    )


def event(at_s: float, kind: EventKind = EventKind.LIMIT, subject: str = OUTLET, text: str = "text") -> HistoryEvent:
    """One of this time."""
    return HistoryEvent(at_s=at_s, kind=kind, subject=subject, text=text, detail={"phase": "L1", "a": 1.5, "n": None})


def change(at_s: float, setpoint_a: int = 10, outlet: str = OUTLET) -> SetpointChange:
    """One of this time."""
    return SetpointChange(
        at_s=at_s,
        outlet=outlet,
        before_a=None,
        setpoint_a=setpoint_a,
        rule="fuse",
        fuse="main",
        phase="L1",
        text="full",
    )


def session(plugged_at_s: int, unplugged_at_s: int | None = None, outlet: str = OUTLET) -> Session:
    """One of this time."""
    return Session(
        outlet=outlet,
        plugged_at_s=plugged_at_s,
        unplugged_at_s=unplugged_at_s,
        energy_wh=1234,
        cost_micro=2_000_000,
        seen_at_s=unplugged_at_s or plugged_at_s + 5,
        plug_unseen=True,
    )


def everything(reader: SqliteReader) -> Iterator[Row]:
    """Every row, kind by kind."""
    for kind in ("samples", "minutes", "hours", "days", "sessions", "events", "setpoints"):
        yield from reader.rows(kind, -FAR_S, FAR_S)


def query(path: Path, text: str) -> list[tuple[Any, ...]]:
    """Bare SQL on the file."""
    db = sqlite3.connect(path)
    try:
        return db.execute(text).fetchall()
    finally:
        db.close()


def check_books(path: Path) -> None:
    """Every counter agrees with the sums of hours and of days, but for what was adopted; the file is whole."""
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    adopted = {name: wh for name, *wh in query(path, "SELECT * FROM adopted")}
    names = {"import": (METER, 1), "export": (METER, 2)}
    counted = "SELECT name, first_wh, value_wh, booked_wh, jumped_wh FROM counters"
    for name, first_wh, value_wh, booked_wh, jumped_wh in query(path, counted):
        series, place = names.get(name, (name, 1))
        of_series = f"WHERE key & 65535 = (SELECT id FROM series WHERE name = '{series}')"
        for table, foreign_wh in zip(("hours", "days"), adopted.get(name, (0, 0)), strict=True):
            [(sum_wh,)] = query(path, f"SELECT coalesce(sum(energy{place}_wh), 0) FROM {table} {of_series}")
            assert sum_wh - foreign_wh == booked_wh, (table, name)
        assert value_wh == first_wh + booked_wh + jumped_wh
    tallies = dict(query(path, "SELECT * FROM tallies"))
    for table, rows in tallies.items():
        assert query(path, f"SELECT count(*) FROM {table}") == [(rows,)], table
    placed = sum(rows for table, rows in tallies.items() if table not in ("events", "setpoints"))
    assert query(path, "SELECT count(*) FROM changes") == [(placed,)]
