"""Writes rows of every kind within one transaction, each with the next sequence number."""

from __future__ import annotations

import collections
import heapq
import sqlite3
from collections.abc import Iterable, Sequence

from ngair.adapters.sqlite.rows import (
    BOOK_COLUMNS,
    SAMPLE_COLUMNS,
    STAT_COLUMNS,
    TABLE,
    Values,
    bucket_columns,
    bucket_values,
    counter_values,
    event_values,
    sample_values,
    session_values,
    setpoint_values,
)
from ngair.adapters.sqlite.schema import DAYS, HOURS, KINDS, MINUTES, SAMPLES, SESSIONS
from ngair.model.history import Bucket, Counter, HistoryEvent, Sample, Session, SetpointChange


class Writing:
    """One transaction's writing. Whoever opened the transaction takes `seq` and `series` over once it is kept."""

    def __init__(self, db: sqlite3.Connection, seq: int, series: dict[str, int]) -> None:
        self.db = db
        self.seq = seq
        """The highest given out."""
        self.series = dict(series)
        """Numbers of the series in the file."""
        self._places: list[tuple[int, int, int, int]] = []
        self._tally: collections.Counter[str] = collections.Counter()

    def samples(self, samples: Iterable[Sample]) -> None:
        """Add them; one that stands at the same time is replaced, as after a clock that was set back."""
        rows = []
        for sample in samples:
            series = self.number_of(sample.series)
            self._make_way(SAMPLES, sample.at_s, series)
            rows.append(sample_values(sample, series, self._place(SAMPLES, sample.at_s, series)))
        self.db.executemany(_PUT_SAMPLE, rows)

    def buckets(self, buckets: Iterable[Bucket]) -> None:
        """Add them to those that stand."""
        for bucket in buckets:
            table = TABLE[bucket.step]
            kind = _NUMBER[table]
            series = self.number_of(bucket.series)
            self._make_way(kind, bucket.start_s, series)
            seq = self._place(kind, bucket.start_s, series)
            self.db.execute(_ADD_BUCKET[table], bucket_values(bucket, series, seq))

    def sessions(self, sessions: Iterable[Session]) -> None:
        """Put them in place of those that stand."""
        for session in sessions:
            outlet = self.number_of(session.outlet)
            self._make_way(SESSIONS, session.plugged_at_s, outlet)
            seq = self._place(SESSIONS, session.plugged_at_s, outlet)
            self.db.execute(_PUT_SESSION, session_values(session, outlet, seq))

    def counters(self, counters: Iterable[Counter]) -> None:
        """Put them in place of those that stand."""
        self.db.executemany(_PUT_COUNTER, [counter_values(counter) for counter in counters])

    def log(self, events: Sequence[HistoryEvent], setpoints: Sequence[SetpointChange]) -> None:
        """Add what happened, numbered in the order of time."""
        both: list[Sequence[HistoryEvent | SetpointChange]] = [events, setpoints]
        for entry in heapq.merge(*both, key=lambda entry: entry.at_s):
            self.seq += 1
            if isinstance(entry, HistoryEvent):
                self._tally["events"] += 1
                self.db.execute(_PUT_EVENT, event_values(entry, self.seq))
            else:
                self._tally["setpoints"] += 1
                self.db.execute(_PUT_SETPOINT, setpoint_values(entry, self.number_of(entry.outlet), self.seq))

    def finish(self) -> None:
        """Write where the new rows are, and how many there are now."""
        self.db.executemany("INSERT INTO changes VALUES (?, ?, ?, ?)", self._places)
        changed = [(rows, kind) for kind, rows in self._tally.items() if rows]
        self.db.executemany("UPDATE tallies SET rows = rows + ? WHERE kind = ?", changed)

    def forget(self, table: str, where: str, values: Values) -> None:
        """Delete rows, and what is told of them. Their numbers are not given out again."""
        if table in _NUMBER:
            self.db.execute(f"DELETE FROM changes WHERE seq IN (SELECT seq FROM {table} WHERE {where})", values)
        gone = self.db.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
        self._tally[table] -= gone
        if gone:
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('seq', ?)", (self.seq,))

    def has(self, table: str, at_s: int, series: str) -> bool:
        """Whether a row stands at this place."""
        place = (at_s, self.number_of(series))
        return self.db.execute(_FIND[_NUMBER[table]], place).fetchone() is not None

    def number_of(self, name: str) -> int:
        """Number of a series in the file, which is made for a new one."""
        number = self.series.get(name)
        if number is None:
            number = self.db.execute("INSERT INTO series (name) VALUES (?)", (name,)).lastrowid or 0
            self.series[name] = number
        return number

    def _place(self, kind: int, at_s: int, series: int) -> int:
        self.seq += 1
        self._places.append((self.seq, kind, at_s, series))
        return self.seq

    def _make_way(self, kind: int, at_s: int, series: int) -> None:
        """Forget where the row was that stands there: it gets a new number."""
        found = self.db.execute(_FIND[kind], (at_s, series)).fetchone()
        if found is None:
            self._tally[KINDS[kind]] += 1
        else:
            self.db.execute("DELETE FROM changes WHERE seq = ?", found)


def _put(table: str, columns: Sequence[str]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({_marks(len(columns))})"


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _add_bucket(table: str) -> str:
    columns = bucket_columns(table)
    gains = ["seq = excluded.seq", "covered_s = covered_s + excluded.covered_s"]
    gains += [_gain(name) for name in columns if name in BOOK_COLUMNS or name in STAT_COLUMNS]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(len(columns))}) "
        f"ON CONFLICT (start_s, series) DO UPDATE SET {', '.join(gains)}"
    )


def _gain(name: str) -> str:
    both = f"{name} + excluded.{name}"
    if name.startswith("least"):
        both = f"min({name}, excluded.{name})"
    elif name.startswith("most"):
        both = f"max({name}, excluded.{name})"
    return f"{name} = coalesce({both}, {name}, excluded.{name})"


_NUMBER = {table: number for number, table in KINDS.items()}
_FIND = {
    SAMPLES: "SELECT seq FROM samples WHERE at_s = ? AND series = ?",
    MINUTES: "SELECT seq FROM minutes WHERE start_s = ? AND series = ?",
    HOURS: "SELECT seq FROM hours WHERE start_s = ? AND series = ?",
    DAYS: "SELECT seq FROM days WHERE start_s = ? AND series = ?",
    SESSIONS: "SELECT seq FROM sessions WHERE plugged_at_s = ? AND outlet = ?",
}
_PUT_SAMPLE = _put("samples", SAMPLE_COLUMNS)
_ADD_BUCKET = {table: _add_bucket(table) for table in TABLE.values()}
_PUT_SESSION = f"INSERT OR REPLACE INTO sessions VALUES ({_marks(14)})"
_PUT_COUNTER = f"INSERT OR REPLACE INTO counters VALUES ({_marks(7)})"
_PUT_EVENT = f"INSERT INTO events VALUES ({_marks(6)})"
_PUT_SETPOINT = f"INSERT INTO setpoints VALUES ({_marks(9)})"
