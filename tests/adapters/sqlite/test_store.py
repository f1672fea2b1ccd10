"""What is written is read, in every way in which it can be asked for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from ngair.adapters.sqlite import pruning
from ngair.model.history import METER, Batch, Bucket, EventKind, LogQuery, Remembered, Sample, Session, Stat
from tests.adapters.sqlite.batches import (
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


def test_a_new_store_remembers_nothing(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    assert store.remembered() == Remembered()
    assert store.write(Batch()) == 0
    facts = reader.facts()
    assert (facts.seq, len(facts.epoch), set(facts.rows.values())) == (0, 16, {0})
    assert set(facts.oldest_s.values()) == {None}
    store.close()
    store.close()


def test_it_remembers_when_sessions_began(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    store.write(Batch(sessions=(session(30, 40), session(10), session(30, 35, "OTHER/2"))))
    assert set(store.remembered().begins) == {(OUTLET, 10), (OUTLET, 30), ("OTHER/2", 30)}
    assert store.remembered().begins[0] == (OUTLET, 10)
    assert [one.plugged_at_s for one in store.remembered().sessions] == [10]


def test_nobody_but_its_owner_may_read_it(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.write(minute(0))
    assert list(everything(reader))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert len(modes) == 3
    store.close()


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    batch = replace(minute(0), events=(event(FROM_S + 1.5),), setpoints=(change(FROM_S + 1.25),))
    batch = replace(batch, sessions=(session(FROM_S),))
    highest = store.write(batch)
    rows = list(everything(reader))
    assert sorted(row.seq for row in rows) == list(range(1, highest + 1))
    plain = {replace(row, seq=0) for row in rows if not hasattr(row, "detail")}
    assert plain == {*batch.samples, *batch.buckets, *batch.setpoints, *batch.sessions}
    assert reader.log(LogQuery())[0] == replace(batch.events[0], seq=reader.log(LogQuery())[0].seq)
    assert reader.series() == sorted([METER, OUTLET])
    store.close()


def test_buckets_add_up_and_unknown_is_never_zero(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    unknown = bucket("hour", 3600)
    first = replace(unknown, stats=(Stat(2, -10, -7, -3), *[Stat()] * 7), cost_micro=None)
    second = replace(unknown, stats=(Stat(1, 4, 4, 4), Stat(1, 0, 0, 0), *[Stat()] * 6), cost_micro=5)
    for each in (first, second, replace(second, cost_micro=-9)):
        store.write(Batch(buckets=(each,)))
    [found] = reader.buckets("hour", 3600, 3601, 9, METER)
    assert found.stats == (Stat(4, -2, -7, 4), Stat(2, 0, 0, 0), *[Stat()] * 6)
    assert (found.energy_wh, found.cost_micro, found.covered_s, found.seq) == ((9, 12), -4, 180, 3)
    store.close()


def test_every_change_gets_a_higher_number_and_is_found_by_it(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    first = store.write(minute(0))
    second = store.write(minute(1))
    rows = reader.after(first, 1000)
    assert [row.seq for row in rows] == list(range(first + 1, second + 1))
    assert {type(row) for row in rows} == {Sample, Bucket}
    assert len([row for row in rows if isinstance(row, Bucket) and row.step == "hour"]) == 2
    assert not {row.seq for row in reader.after(0, 1000)} & {row.seq for row in reader.after(0, 12)[12:]}
    assert [row.seq for row in reader.after(first, 5)] == list(range(first + 1, first + 6))
    assert reader.after(second, 5) == []
    assert reader.after(0, 0) == []
    store.close()


def test_numbers_go_on_after_the_newest_rows_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of long ago is the newest row, and is let go with the next minute."""
    monkeypatch.setattr(pruning, "CALM_BATCHES", 0)
    store, reader = opened(tmp_path, raw_days=1)
    store.write(Batch(samples=(sample(FROM_S - 9 * 86_400),)))
    highest = store.write(Batch(samples=(sample(FROM_S),)))
    assert query(tmp_path / "history.db", "SELECT count(*) FROM samples") == [(1,)]
    assert highest == reader.facts().seq == 2
    late = store.write(Batch(samples=(sample(FROM_S - 8 * 86_400),)))
    store.write(Batch(samples=(sample(FROM_S + 10), sample(FROM_S + 20)), buckets=()))
    store.close()
    store, reader = opened(tmp_path, raw_days=1)
    assert late == 3
    assert reader.facts().seq == 5
    assert store.write(Batch(events=(event(FROM_S),))) == 6
    check_books(tmp_path / "history.db")
    store.close()


def test_what_a_start_is_told(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    store.write(minute(0))
    over, going = session(FROM_S, FROM_S + 50), session(FROM_S + 55)
    store.write(Batch(sessions=(session(FROM_S),), setpoints=(change(FROM_S, 6), change(FROM_S + 1, 16))))
    store.write(Batch(sessions=(over, going), setpoints=(change(FROM_S, 8, "OTHER/2"),)))
    store.write(Batch(events=(event(FROM_S + 1), event(FROM_S + 70.5, EventKind.STOPPED))))
    store.close()
    store, _ = opened(tmp_path)
    found = store.remembered()
    assert {counter.name for counter in found.counters} == {"import", "export", OUTLET}
    assert set(found.counters) == set(minute(0).counters)
    assert [replace(one, seq=0) for one in found.sessions] == [going]
    assert {(one.outlet, one.setpoint_a) for one in found.setpoints} == {(OUTLET, 16), ("OTHER/2", 8)}
    assert found.last_event is not None
    assert found.last_event.kind == EventKind.STOPPED
    assert found.last_at_s == FROM_S + 70.5
    store.close()


def test_the_log_page_by_page(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    for number in range(20):
        at_s = FROM_S + number // 3
        store.write(Batch(events=(event(at_s, text=f"e{number}"),), setpoints=(change(at_s),)))
    store.adopt([event(FROM_S - 100, text="of another box")])
    pages: list[int] = []
    before: int | None = None
    while page := reader.log(LogQuery(before_seq=before, limit=7)):
        pages += [entry.seq for entry in page]
        before = page[-1].seq
    assert len(pages) == len(set(pages)) == 41
    whole = reader.log(LogQuery(limit=100))
    assert [entry.seq for entry in whole] == pages
    assert [entry.at_s for entry in whole] == sorted((entry.at_s for entry in whole), reverse=True)
    assert whole[-1].text == "of another box"
    store.close()


def test_the_log_by_kind_subject_and_time(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.write(Batch(events=(event(1.5), event(2, EventKind.WISH, ""), event(3, subject="main"))))
    store.write(Batch(setpoints=(change(2.5), change(4, outlet="OTHER/1"))))

    def times(asked: LogQuery) -> list[float]:
        return [entry.at_s for entry in reader.log(asked)]

    assert times(LogQuery()) == [4, 3, 2.5, 2, 1.5]
    assert times(LogQuery(limit=2)) == [4, 3]
    assert times(LogQuery(kinds=frozenset({"setpoint"}))) == [4, 2.5]
    assert times(LogQuery(kinds=frozenset({"limit", "setpoint"}), subject=OUTLET)) == [2.5, 1.5]
    assert times(LogQuery(kinds=frozenset({"wish"}))) == [2]
    assert times(LogQuery(from_s=2, to_s=3)) == [2.5, 2]
    assert times(LogQuery(before_seq=2)) == [1.5]
    assert times(LogQuery(subject="nobody")) == []
    store.close()


def test_the_setpoint_of_a_moment(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.write(Batch(setpoints=(change(10, 6), change(20, 7), change(20, 8), change(15, 16, "B/1"))))

    def at(moment: float) -> dict[str, int]:
        return {one.outlet: one.setpoint_a for one in reader.setpoints_at(moment)}

    assert at(9.9) == {}
    assert at(10) == {OUTLET: 6}
    assert at(19.9) == {OUTLET: 6, "B/1": 16}
    assert at(20) == {OUTLET: 8, "B/1": 16}
    store.close()


def test_sessions_with_a_part_in_a_span(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    kept = (session(100, 200), session(150, 300, "B/1"), session(400))
    store.write(Batch(sessions=kept))

    def begun(from_s: float, to_s: float, limit: int = 9) -> list[int]:
        return [one.plugged_at_s for one in reader.sessions(from_s, to_s, limit)]

    assert begun(0, 1000) == [400, 150, 100]
    assert begun(0, 1000, 2) == [400, 150]
    assert begun(200, 400) == [150]
    assert begun(199.5, 400.5) == [400, 150, 100]
    assert begun(0, 100) == []
    store.close()


def test_spans_and_limits(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    for number in range(5):
        store.write(minute(number))
    assert [one.at_s for one in reader.samples(METER, FROM_S + 10, FROM_S + 40, 99)] == [
        FROM_S + s for s in (10, 20, 30)
    ]
    assert [one.at_s for one in reader.samples(OUTLET, FROM_S + 9.5, FROM_S + 30.5, 2)] == [FROM_S + 10, FROM_S + 20]
    assert reader.samples("nobody", 0, 1e12, 9) == []
    assert len(reader.buckets("minute", FROM_S, FROM_S + 180, 99)) == 6
    assert len(reader.buckets("minute", FROM_S, FROM_S + 180, 99, OUTLET)) == 3
    assert reader.buckets("day", float("-inf"), float("inf"), 1)[0].series == METER
    assert reader.buckets("day", 0, 1e300, -1) == []
    with pytest.raises(ValueError, match="there are samples"):
        next(reader.rows("meta", 0, 1))
    store.close()


def test_a_clock_that_is_set_back_replaces_samples(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    store.write(Batch(samples=(sample(FROM_S, value=1), sample(FROM_S, value=2))))
    store.write(Batch(samples=(sample(FROM_S, value=3),)))
    [found] = reader.after(0, 10)
    assert isinstance(found, Sample)
    assert (found.seq, found.values[0]) == (3, 3)
    check_books(tmp_path / "history.db")
    store.close()


def test_old_readings_go_little_by_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PORTION_ROWS", 100)
    store, reader = opened(tmp_path, raw_days=1, minute_days=2)
    for number in range(4 * 288):
        store.write(minute(number, every_s=300))
    now_s = FROM_S + (4 * 288 - 1) * 300
    facts = reader.facts()
    oldest = facts.oldest_s
    assert oldest["samples"] is not None
    assert oldest["minutes"] is not None
    assert 0 <= now_s - 86_400 - oldest["samples"] <= pruning.SLACK_S + 600
    assert 0 <= now_s - 2 * 86_400 - oldest["minutes"] <= pruning.SLACK_S + 600
    assert oldest["hours"] == FROM_S - FROM_S % 3600
    assert facts.rows["days"] == 2 * 5
    check_books(tmp_path / "history.db")
    store.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_runs_ahead_for_some_minutes_costs_nothing(tmp_path: Path, restarted: bool) -> None:
    store, reader = opened(tmp_path, raw_days=1, minute_days=1)
    for number in range(200):
        store.write(minute(number))
    if restarted:
        store.close()
        store, reader = opened(tmp_path, raw_days=1, minute_days=1)
    ahead_s = 30 * 86_400
    for number in range(pruning.CALM_BATCHES - 1):
        store.write(Batch(samples=(sample(FROM_S + ahead_s + 60 * number),)))
    assert reader.facts().rows["minutes"] == 400
    store.write(minute(200))
    store.write(Batch(samples=(sample(FROM_S + ahead_s + 6000),)))
    assert reader.facts().rows["minutes"] == 402
    for number in range(pruning.CALM_BATCHES):
        store.write(Batch(samples=(sample(FROM_S + ahead_s + 6060 + 60 * number),)))
    assert reader.facts().rows["minutes"] == 0
    store.close()


def test_the_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "HISTORY_LOG_ROWS_MAX", 200)
    store, reader = opened(tmp_path)
    for number in range(100):
        entries = tuple(event(FROM_S + number + part / 10) for part in range(9))
        store.write(replace(minute(number), events=entries, setpoints=(change(FROM_S + number),)))
    facts = reader.facts()
    assert 200 <= facts.rows["events"] <= 200 + pruning.LOG_SLACK_ROWS + 9
    assert facts.rows["setpoints"] == 100
    assert max(entry.at_s for entry in reader.log(LogQuery())) >= FROM_S + 99
    check_books(tmp_path / "history.db")
    store.close()


def test_the_disk_is_waited_for(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    store.write(minute(0))
    with store._served() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_session_changes_until_it_is_over(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    first = session(FROM_S)
    last = replace(first, unplugged_at_s=FROM_S + 9, energy_wh=5, cost_micro=None, plug_unseen=False, state=0)
    store.write(Batch(sessions=(first,)))
    store.write(Batch(sessions=(last,)))
    [found] = reader.after(0, 9)
    assert isinstance(found, Session)
    assert found == replace(last, seq=2)
    store.close()
