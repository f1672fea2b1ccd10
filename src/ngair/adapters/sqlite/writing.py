"""Writes rows of every kind within one transaction, each with the next sequence number."""

from __future__ import annotations

import collections
import heapq
import sqlite3
from collections.abc import Iterable, Sequence

from ngair.adapters.sqlite.rows import (
    TABLE,
    Values,
    counter_values,
    event_values,
    key_of,
    keyed_values,
    setpoint_values,
)
from ngair.adapters.sqlite.schema import BOOK_COLUMNS, COLUMNS, KINDS, STAT_COLUMNS
from ngair.model.history import Bucket, Counter, HistoryEvent, Sample, Session, SetpointChange


class Writing:
    """One transaction's writing. Whoever opened the transaction takes `seq` and `series` over once it is kept."""

    def __init__(self, db: sqlite3.Connection, seq: int, series: dict[str, int]) -> None:
        self.db = db
        self.seq = seq
        """The highest given out."""
        self.series = dict(series)
        """Numbers of the series in the file."""
        self._places: list[tuple[int, int, int]] = []
        self._left: list[tuple[int]] = []
        self._tally: collections.Counter[str] = collections.Counter()

    def samples(self, samples: Iterable[Sample]) -> None:
        """Add them; one that stands at the same time is replaced, as after a clock that was set back."""
        for sample in samples:
            self._put("samples", _PUT["samples"], sample.at_s, sample.series, keyed_values(sample))

    def buckets(self, buckets: Iterable[Bucket]) -> None:
        """Add them to those that stand."""
        for bucket in buckets:
            table = TABLE[bucket.step]
            self._put(table, _ADD[table], bucket.start_s, bucket.series, keyed_values(bucket))

    def sessions(self, sessions: Iterable[Session]) -> None:
        """Put them in place of those that stand."""
        for session in sessions:
            self._put("sessions", _PUT["sessions"], session.plugged_at_s, session.outlet, keyed_values(session))

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
                self.db.execute(_PUT_EVENT, (self.seq, *event_values(entry)))
            else:
                self._tally["setpoints"] += 1
                self.db.execute(_PUT_SETPOINT, (self.seq, *setpoint_values(entry, self.number_of(entry.outlet))))

    def finish(self) -> None:
        """Write where the new rows are, and how many there are now."""
        self._settle()
        changed = [(rows, kind) for kind, rows in self._tally.items() if rows]
        self.db.executemany("UPDATE tallies SET rows = rows + ? WHERE kind = ?", changed)

    def forget(self, table: str, where: str, values: Values) -> None:
        """Delete rows, and what is told of them. Their numbers are not given out again."""
        if table in KINDS:
            self._settle()
            self.db.execute(f"DELETE FROM changes WHERE seq IN (SELECT seq FROM {table} WHERE {where})", values)
        gone = self.db.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
        self._tally[table] -= gone
        if gone:
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('seq', ?)", (self.seq,))

    def has(self, table: str, at_s: int, series: str) -> bool:
        """Whether a row stands at this place."""
        number = self.series.get(series)
        return number is not None and self._seq_at(table, key_of(at_s, number)) is not None

    def number_of(self, name: str) -> int:
        """Number of a series in the file, which is made for a new one."""
        number = self.series.get(name)
        if number is None:
            number = self.db.execute("INSERT INTO series (name) VALUES (?)", (name,)).lastrowid or 0
            self.series[name] = number
        return number

    def _put(self, table: str, statement: str, at_s: int, series: str, values: Values) -> None:
        """The row that stands there, if one does, gets a new sequence number."""
        key = key_of(at_s, self.number_of(series))
        before = self._seq_at(table, key)
        if before is None:
            self._tally[table] += 1
        else:
            self._left.append((before,))
        self.seq += 1
        self._places.append((self.seq, KINDS[table], key))
        self.db.execute(statement, (key, self.seq, *values))

    def _settle(self) -> None:
        """What is taken from a full page, after what was added behind it: else pages are joined and split each time."""
        self.db.executemany("INSERT INTO changes VALUES (?, ?, ?)", self._places)
        self.db.executemany("DELETE FROM changes WHERE seq = ?", self._left)
        self._places.clear()
        self._left.clear()

    def _seq_at(self, table: str, key: int) -> int | None:
        found = self.db.execute(_FIND[table], (key,)).fetchone()
        return None if found is None else int(found[0])


def _put(table: str) -> str:
    names = ("key", "seq", *COLUMNS[table])
    return f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({_marks(len(names))})"


def _add(table: str) -> str:
    names = ("key", "seq", *COLUMNS[table])
    gains = ["seq = excluded.seq", "covered_s = covered_s + excluded.covered_s"]
    gains += [_gain(name) for name in COLUMNS[table] if name in BOOK_COLUMNS or name in STAT_COLUMNS]
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({_marks(len(names))}) "
        f"ON CONFLICT (key) DO UPDATE SET {', '.join(gains)}"
    )


def _gain(name: str) -> str:
    both = f"{name} + excluded.{name}"
    if name.startswith("least"):
        both = f"min({name}, excluded.{name})"
    elif name.startswith("most"):
        both = f"max({name}, excluded.{name})"
    return f"{name} = coalesce({both}, {name}, excluded.{name})"


def _marks(count: int) -> str:
    return ", ".join("?" * count)


_FIND = {table: f"SELECT seq FROM {table} WHERE key = ?" for table in KINDS}
_PUT = {table: _put(table) for table in ("samples", "sessions")}
_ADD = {table: _add(table) for table in TABLE.values()}
_PUT_COUNTER = f"INSERT OR REPLACE INTO counters VALUES ({_marks(7)})"
_PUT_EVENT = f"INSERT INTO events VALUES ({_marks(6)})"
_PUT_SETPOINT = f"INSERT INTO setpoints VALUES ({_marks(9)})"
