"""An old box's export comes into a store that has its own memory: only what is missing, once, and in no book."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from ngair.adapters.sqlite.adopting import PORTION_ROWS
from ngair.model.history import METER, Batch, Row, Session
from tests.adapters.sqlite.batches import (
    FAR_S,
    FROM_S,
    OUTLET,
    bucket,
    change,
    check_books,
    event,
    everything,
    minute,
    opened,
    query,
    sample,
    session,
)


def _export(folder: Path, minutes: int) -> list[Row]:
    """All rows of a box that ran for so long."""
    folder.mkdir()
    store, reader = opened(folder)
    for number in range(minutes):
        store.write(minute(number))
    store.write(Batch(events=(event(8),), setpoints=(change(9),), sessions=(session(5, 6), session(7))))
    rows = list(everything(reader))
    store.close()
    return rows


def _own(folder: Path, first: int, minutes: int) -> tuple[SqliteStore, SqliteReader]:
    """The new box, which ran from a minute on."""
    store, reader = opened(folder)
    for number in range(minutes):
        later = minute(number)
        shift_s = 60 * first
        store.write(
            replace(
                later,
                samples=tuple(replace(row, at_s=row.at_s + shift_s) for row in later.samples),
                buckets=tuple(_shifted(row.step, row.start_s, row.series, first, number) for row in later.buckets),
            )
        )
    return store, reader


def _shifted(step: str, start_s: int, series: str, first: int, number: int) -> Row:
    at_s = FROM_S + 60 * (first + number)
    length = {"minute": 60, "hour": 3600, "day": 86_400}[step]
    return bucket(step, at_s - at_s % length, series)  # type: ignore[arg-type]  # a step, as it came


def test_only_what_is_missing_comes_and_only_once(tmp_path: Path) -> None:
    rows = _export(tmp_path / "old", 300)
    store, reader = _own(tmp_path, first=200, minutes=200)
    before = list(everything(reader))
    adopted = store.adopt(iter(rows))
    after = list(everything(reader))
    assert set(map(repr, before)) <= set(map(repr, after))
    assert adopted == len(after) - len(before) > PORTION_ROWS
    assert store.adopt(rows) == 0
    assert store.adopt(after) == 0
    samples = [row.at_s for row in reader.samples(METER, 0, FAR_S, 10**6)]
    assert samples == list(range(FROM_S, FROM_S + 400 * 60, 10))
    assert len(reader.buckets("hour", 0, FAR_S, 999, OUTLET)) == 400 // 60 + 1
    check_books(tmp_path / "history.db")
    store.close()


def test_the_books_stay_its_own(tmp_path: Path) -> None:
    rows = _export(tmp_path / "old", 90)
    store, reader = _own(tmp_path, first=5000, minutes=10)
    before = store.remembered().counters
    store.adopt(rows)
    assert store.remembered().counters == before
    assert query(tmp_path / "history.db", "SELECT * FROM adopted ORDER BY name") == [
        (OUTLET, 270, 270),
        ("export", 360, 360),
        ("import", 270, 270),
    ]
    store.write(Batch(buckets=(bucket("hour", FROM_S - FROM_S % 3600, wh=50),)))
    assert reader.buckets("hour", 0, FROM_S + 1, 1, METER)[0].energy_wh[0] > 50
    store.close()


def test_what_the_box_saw_itself_is_not_told_by_another(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.write(minute(0))
    created_at_s = reader.facts().created_at_s
    told: list[Row] = [
        event(created_at_s - 1),
        event(created_at_s - 1),
        event(created_at_s + 1),
        change(created_at_s + 1),
    ]
    told.append(change(created_at_s - 1))
    assert store.adopt(told) == 2
    assert store.remembered().last_event == replace(event(created_at_s - 1), seq=reader.facts().seq - 1)
    store.close()


def test_readings_that_would_be_forgotten_at_once_are_left_out(tmp_path: Path) -> None:
    store, reader = opened(tmp_path, raw_days=1, minute_days=2)
    old = [sample(FROM_S - days * 86_400 - 60) for days in range(4)]
    old_minutes = [bucket("minute", FROM_S - days * 86_400 - 60) for days in range(4)]
    store.write(Batch(samples=(sample(FROM_S),)))
    told: list[Row] = [*old, *old_minutes]
    assert store.adopt(told) == 1 + 2
    assert store.adopt([bucket("hour", 0), bucket("day", 0)]) == 2
    store.write(Batch(samples=(sample(FROM_S + 10),)))
    assert store.adopt(told) == 0
    assert reader.facts().rows["samples"] == 3
    store.close()


def test_a_car_that_was_plugged_in_there_is_not_plugged_in_here(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    assert store.adopt([session(100), session(50, 60)]) == 2
    assert store.remembered().sessions == ()
    [newest, _] = reader.sessions(0, FAR_S, 9)
    assert isinstance(newest, Session)
    assert newest.unplugged_at_s == newest.seen_at_s == 105
    assert store.adopt([session(100), session(50, 60)]) == 0
    store.close()


def test_rows_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    odd: list[Row] = [
        replace(sample(FROM_S), values=(1, 2)),
        replace(sample(FROM_S), counters_wh=()),
        replace(bucket("hour", 0), stats=()),
        replace(bucket("hour", 0), energy_wh=(1,)),
        replace(bucket("day", 0, OUTLET), energy_wh=(1, 2)),
    ]
    assert store.adopt(odd) == 0
    assert store.adopt([sample(FROM_S)]) == 1
    assert reader.facts().rows == {**dict.fromkeys(reader.facts().rows, 0), "samples": 1}
    store.close()
