"""A simulated house through historian and store: what the meter counted is what hours and days hold, to the Wh."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.year import DAY_S, FROM_S, OUTLET, STEP_S, Filled, fill
from ngair.adapters.sqlite import SqliteReader
from ngair.model.history import METER, EventKind, LogQuery, Sample, Step
from tests.adapters.sqlite.batches import FAR_S, check_books, opened

JUMPS_LOSE_WH = 100
"""What may flow in the readings around a jump, and cannot be told from it."""


@pytest.mark.parametrize(
    ("days", "seed"),
    [(10, 1), (8, 2), pytest.param(365, 3, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_books_balance(tmp_path: Path, days: int, seed: int) -> None:
    path = tmp_path / "history.db"
    filled = fill(path, days, seed)
    reader = SqliteReader(path)
    check_books(path)
    store, _ = opened(tmp_path, 10**5, 10**5)
    remembered = store.remembered()
    counters = {counter.name: counter for counter in remembered.counters}
    store.close()
    for place, name in enumerate(("import", "export")):
        counter = counters[name]
        assert _sum(reader, "hour", METER, place) == _sum(reader, "day", METER, place) == counter.booked_wh > 0
        assert counter.value_wh == filled.last_wh[place]
        assert counter.first_wh == filled.first_wh[place]
        flowed_wh = filled.last_wh[place] - filled.first_wh[place] - filled.jumped_wh[place]
        assert abs(counter.booked_wh - flowed_wh) < JUMPS_LOSE_WH
        assert counter.jumped_wh == counter.value_wh - counter.first_wh - counter.booked_wh
    car = counters[OUTLET]
    assert _sum(reader, "hour", OUTLET, 0) == _sum(reader, "day", OUTLET, 0) == car.booked_wh > 1000
    assert car.jumped_wh == 0
    sessions = reader.sessions(0, FAR_S, 10**4)
    assert sum(session.energy_wh for session in sessions) == car.booked_wh
    assert len(sessions) == _plugged(reader)
    _check_samples(reader, filled)


def _sum(reader: SqliteReader, step: Step, series: str, place: int) -> int:
    return sum(bucket.energy_wh[place] for bucket in reader.buckets(step, 0, FAR_S, 10**6, series))


def _plugged(reader: SqliteReader) -> int:
    return len(reader.log(LogQuery(kinds=frozenset({EventKind.PLUGGED}), limit=10**6)))


def _check_samples(reader: SqliteReader, filled: Filled) -> None:
    """Every reading is in one sample, in one minute, one hour and one day, but those that a cut lost.

    A reading stands for some time where none follows: a silence begins with a few samples more.
    """
    steps: tuple[Step, ...] = ("minute", "hour", "day")
    counts = [sum(bucket.stats[0].n for bucket in reader.buckets(step, 0, FAR_S, 10**6, METER)) for step in steps]
    samples = [row for row in reader.rows("samples", 0, FAR_S) if isinstance(row, Sample) and row.series == METER]
    times = [sample.at_s for sample in samples]
    assert len(set(counts)) == 1
    assert len(times) == len(set(times))
    assert abs(filled.readings - len(times)) <= 8 * (filled.readings * STEP_S // DAY_S // 20 + 5)
    assert min(times) >= FROM_S
