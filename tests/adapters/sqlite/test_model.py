"""Any sequence of batches, reopenings and times passing, against a model of plain dictionaries."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from ngair.adapters.sqlite import pruning
from ngair.adapters.sqlite.pruning import DAY_S
from ngair.model.history import (
    METER,
    Batch,
    Bucket,
    EventKind,
    HistoryEvent,
    LogQuery,
    Row,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
    counters,
    quantities,
)
from tests.adapters.sqlite.batches import check_books, everything, opened

SERIES = (METER, "A/1", "B ✓'\"/2")
HOUR_S = 3600
RAW_DAYS, MINUTE_DAYS = 1, 3
LENGTHS: dict[Step, int] = {"minute": 60, "hour": HOUR_S, "day": DAY_S}
TEXTS = st.sampled_from(("", "a", "'; DROP", "☃\x00\n"))
NUMBERS = (0, 1, -1, 7, 230, -4711, 10**6, 2**40)


def _stat(chance: random.Random) -> Stat:
    """Of a few values, or of none."""
    values = [chance.choice(NUMBERS) for _ in range(chance.randrange(4))]
    return Stat(len(values), sum(values), min(values), max(values)) if values else Stat()


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Anything that a historian may make, and worse: times that jump, the same place twice."""
    times = st.integers(0, 12 * DAY_S // 600).map(lambda tens: tens * 600)
    series = st.sampled_from(SERIES)
    chance = random.Random(draw(st.integers(0, 2**32)))

    def sample(at_s: int, name: str) -> Sample:
        values = tuple(chance.choice((None, *NUMBERS)) for _ in quantities(name))
        counted = tuple(chance.choice((None, *NUMBERS)) for _ in counters(name))
        return Sample(at_s=at_s, series=name, values=values, counters_wh=counted, state=chance.choice((None, 2, 8)))

    def bucket(step: Step, at_s: int, name: str) -> Bucket:
        return Bucket(
            step=step,
            start_s=at_s - at_s % LENGTHS[step],
            series=name,
            stats=tuple(_stat(chance) for _ in quantities(name)),
            energy_wh=() if step == "minute" else tuple(chance.choice(NUMBERS) for _ in counters(name)),
            cost_micro=None if step == "minute" else chance.choice((None, *NUMBERS)),
            covered_s=chance.randrange(61),
        )

    happened = st.builds(
        HistoryEvent,
        at_s=st.floats(0, 1e9),
        kind=st.sampled_from(EventKind),
        subject=TEXTS,
        text=TEXTS,
        detail=st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers(-9, 9) | TEXTS, max_size=2),
    )
    changes = st.builds(
        SetpointChange,
        at_s=st.floats(0, 1e9),
        outlet=st.sampled_from(SERIES[1:]),
        before_a=st.none() | st.integers(0, 32),
        setpoint_a=st.integers(0, 32),
        rule=TEXTS,
        fuse=st.none() | TEXTS,
        phase=st.none() | st.just("L1"),
        text=TEXTS,
    )
    sessions = st.builds(
        Session,
        outlet=st.sampled_from(SERIES[1:]),
        plugged_at_s=st.integers(0, 3),
        unplugged_at_s=st.none() | st.integers(4, 9),
        energy_wh=st.sampled_from(NUMBERS),
        cost_micro=st.none() | st.sampled_from(NUMBERS),
        plug_unseen=st.booleans(),
    )
    keys = draw(st.lists(st.tuples(times, series), max_size=4))
    places = draw(st.lists(st.tuples(st.sampled_from(list(LENGTHS)), times, series), max_size=4))
    return Batch(
        samples=tuple(sample(*key) for key in keys),
        buckets=tuple(bucket(*place) for place in places),
        events=tuple(draw(st.lists(happened, max_size=3))),
        setpoints=tuple(draw(st.lists(changes, max_size=3))),
        sessions=tuple(draw(st.lists(sessions, max_size=2))),
    )


class Model:
    """What a store has to have, as one dictionary of rows by their places."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.seq = 0

    def write(self, batch: Batch) -> None:
        for sample in batch.samples:
            self._put(("samples", sample.at_s, sample.series), sample)
        for bucket in batch.buckets:
            key = (bucket.step, bucket.start_s, bucket.series)
            old = self.rows.get(key)
            self._put(key, _added(old, bucket) if isinstance(old, Bucket) else bucket)
        log = [*batch.events, *batch.setpoints]
        while log:
            heads = [
                next((row for row in log if isinstance(row, kind)), None) for kind in (HistoryEvent, SetpointChange)
            ]
            entry = min((row for row in heads if row is not None), key=lambda row: row.at_s)
            log.remove(entry)
            self._put(("log", self.seq), entry)
        for session in batch.sessions:
            self._put(("sessions", session.plugged_at_s, session.outlet), session)

    def _put(self, key: tuple[Any, ...], row: Row) -> None:
        self.seq += 1
        self.rows[key] = replace(row, seq=self.seq)


def _added(old: Bucket, new: Bucket) -> Bucket:
    joined = []
    for a, b in zip(old.stats, new.stats, strict=True):
        least = min((v for v in (a.least, b.least) if v is not None), default=None)
        most = max((v for v in (a.most, b.most) if v is not None), default=None)
        joined.append(Stat(a.n + b.n, a.total + b.total, least, most))
    costs = [cost for cost in (old.cost_micro, new.cost_micro) if cost is not None]
    return replace(
        old,
        stats=tuple(joined),
        energy_wh=tuple(a + b for a, b in zip(old.energy_wh, new.energy_wh, strict=True)),
        cost_micro=sum(costs) if costs else None,
        covered_s=old.covered_s + new.covered_s,
    )


class Machine(RuleBasedStateMachine):
    """The store beside the model, and a far end that follows by sequence numbers."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr(pruning, "CALM_BATCHES", 0)
        self.model = Model()
        self.far: dict[int, Row] = {}
        self.far_seq = 0
        self.newest_s = 0
        self.store, self.reader = opened(self.folder, RAW_DAYS, MINUTE_DAYS)
        self.epoch = ""

    @rule(batch=batches())
    def write(self, batch: Batch) -> None:
        self.model.write(batch)
        assert self.store.write(batch) == self.model.seq
        times = [row.at_s for row in batch.samples]
        times += [row.start_s for row in batch.buckets if row.step == "minute"]
        self.newest_s = max([self.newest_s, *times])

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store, self.reader = opened(self.folder, RAW_DAYS, MINUTE_DAYS)
        assert self.store.remembered().sessions == tuple(
            sorted(
                (row for row in self.model.rows.values() if isinstance(row, Session) and row.unplugged_at_s is None),
                key=lambda row: (row.plugged_at_s, self._number(row.outlet)),
            )
        )

    @rule(limit=st.integers(1, 9))
    def follow(self, limit: int) -> None:
        """The far end gets some rows, and may be cut off behind them."""
        if not self._is_there():
            return
        rows = self.reader.after(self.far_seq, limit)
        assert [row.seq for row in rows] == sorted({row.seq for row in rows})
        kept = sorted(row.seq for row in everything(self.reader) if row.seq > self.far_seq)
        assert [row.seq for row in rows] == kept[:limit]
        for row in rows:
            assert row.seq not in self.far
            self.far[row.seq] = row
            self.far_seq = row.seq

    @invariant()
    def holds_what_the_model_has(self) -> None:
        if not self._is_there():
            return
        found = {row.seq: row for row in everything(self.reader)}
        wanted = {row.seq: row for row in self.model.rows.values()}
        assert all(wanted[seq] == row for seq, row in found.items())
        for seq in wanted.keys() - found.keys():
            gone = wanted[seq]
            assert isinstance(gone, Sample | Bucket)
            kept_s = (RAW_DAYS if isinstance(gone, Sample) else MINUTE_DAYS) * DAY_S
            assert isinstance(gone, Sample) or gone.step == "minute"
            assert (gone.at_s if isinstance(gone, Sample) else gone.start_s) < self.newest_s - kept_s
            del self.model.rows[next(key for key, row in self.model.rows.items() if row is gone)]
        facts = self.reader.facts()
        assert facts.seq == self.model.seq
        assert sum(facts.rows.values()) == len(found)
        assert facts.epoch == (self.epoch or facts.epoch)
        self.epoch = facts.epoch
        log = self.reader.log(LogQuery(limit=10**6))
        assert {row.seq for row in log} == {
            seq for seq, row in wanted.items() if isinstance(row, HistoryEvent | SetpointChange)
        }

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self.store.close()
        try:
            if self._is_there():
                self._follow_to_the_end()
        finally:
            self.patched.undo()
            shutil.rmtree(self.folder)

    def _follow_to_the_end(self) -> None:
        check_books(self.folder / "history.db")
        while rows := self.reader.after(self.far_seq, 7):
            self.far.update({row.seq: row for row in rows})
            self.far_seq = rows[-1].seq
        for row in self.model.rows.values():
            assert self.far[row.seq] == row

    def _is_there(self) -> bool:
        return (self.folder / "history.db").exists()

    def _number(self, outlet: str) -> int:
        return self.store._series[outlet]


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=30, stateful_step_count=12)


@settings(max_examples=20)
@given(st.lists(batches(), min_size=1, max_size=6), st.integers(1, 8))
def test_two_stores_are_the_same_after_an_import(written: list[Batch], portion: int) -> None:
    """Rows of one store, adopted by an empty one in any portions, twice: all are there once."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        store, reader = opened(Path(one), 10**4, 10**4)
        for batch in written:
            store.write(replace(batch, sessions=()))
        rows = list(everything(reader)) if any(not b.is_empty for b in written) and store.write(Batch()) else []
        store.close()
        other, other_reader = opened(Path(two), 10**4, 10**4)
        other.remembered()
        plain = {_plain(row) for row in rows}
        adopted = sum(other.adopt(rows[first : first + portion]) for first in range(0, len(rows), portion))
        assert adopted == len(plain)
        assert other.adopt(rows) == 0
        assert {_plain(row) for row in everything(other_reader)} == plain
        check_books(Path(two) / "history.db")
        other.close()


def _plain(row: Row) -> str:
    return repr(replace(row, seq=0))
