"""Readers at work while it is written: whole batches only, and no one waits for them."""

from __future__ import annotations

import threading
from pathlib import Path

from msgspec.structs import replace

from ngair.adapters.sqlite.opening import CHECKPOINT_PAGES
from ngair.model.history import METER, Bucket, LogQuery, Sample
from ngair.model.limits import EXPORT_PORTION_ROWS
from tests.adapters.sqlite.batches import FROM_S, change, event, minute, opened

BATCHES = 250


def test_batches_are_seen_whole(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.remembered()
    over = threading.Event()
    seen: list[int] = []
    failures: list[BaseException] = []

    def read() -> None:
        try:
            while not over.is_set():
                seq = seen[-1] if seen else 0
                rows = reader.after(max(0, seq - 50), 100_000)
                assert [row.seq for row in rows] == sorted(row.seq for row in rows)
                hours = sum(
                    row.energy_wh[0]
                    for row in rows
                    if isinstance(row, Bucket) and row.step == "day" and row.series == METER
                )
                facts = reader.facts()
                assert facts.rows["samples"] == 6 * facts.rows["minutes"]
                assert facts.rows["events"] == facts.rows["setpoints"] == facts.rows["minutes"] // 2
                assert hours % 3 == 0
                newest = [row.at_s for row in reader.samples(METER, 0, 1e12, 10**6)]
                assert len(newest) % 6 == 0
                assert newest == list(range(FROM_S, FROM_S + 10 * len(newest), 10))
                assert len(reader.log(LogQuery(limit=10**6))) % 2 == 0
                seen.append(facts.seq)
        except BaseException as error:
            failures.append(error)
            raise

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reading in readers:
        reading.start()
    number = 0
    # However seldom they get their turn, the readers look at it while it is written.
    while number < BATCHES or (len(set(seen)) <= 5 and not failures):
        store.write(replace(minute(number), events=(event(number),), setpoints=(change(number),)))
        number += 1
    over.set()
    for reading in readers:
        reading.join()
    assert not failures
    assert len(set(seen)) > 5
    store.close()


def test_a_long_export_keeps_nothing_from_being_put_away(tmp_path: Path) -> None:
    """Its reader is slow, as somebody's telephone in the garage; the journal does not grow meanwhile."""
    store, reader = opened(tmp_path)
    for number in range(200):
        store.write(minute(number))
    export = reader.rows("samples", 0, 1e12)
    first = next(export)
    for number in range(200, 900):
        store.write(minute(number))
    journal = (tmp_path / "history.db-wal").stat().st_size
    assert journal < 2 * CHECKPOINT_PAGES * 1100
    rows = [first, *export]
    assert len(rows) == 12 * 900 > 4 * EXPORT_PORTION_ROWS
    assert all(isinstance(row, Sample) for row in rows)
    assert len({row.seq for row in rows}) == len(rows)
    store.close()


def test_an_export_that_is_broken_off_leaves_nothing_open(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    for number in range(60):
        store.write(minute(number))
    for _ in range(300):
        next(reader.rows("samples", 0, 1e12))
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    assert open_files < 250
    store.close()
