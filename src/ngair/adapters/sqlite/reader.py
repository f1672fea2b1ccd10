"""Reads the memory while it is written: every call sees whole batches, and holds up nobody."""

from __future__ import annotations

import contextlib
import errno
import heapq
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ngair.adapters.sqlite import looking
from ngair.adapters.sqlite.faults import as_os_errors, is_shut
from ngair.adapters.sqlite.opening import connect, newer
from ngair.adapters.sqlite.rows import TABLE, Values, columns, first_key, reading
from ngair.adapters.sqlite.schema import APPLICATION_ID, KINDS, SERIES_MASK, TABLES, VERSION
from ngair.model.history import (
    Bucket,
    HistoryEvent,
    LogQuery,
    Row,
    Sample,
    Session,
    SetpointChange,
    Step,
    StoreFacts,
)
from ngair.model.limits import EXPORT_PORTION_ROWS

_SERIES = f"key & {SERIES_MASK} = (SELECT id FROM series WHERE name = ?)"
SETPOINT = "setpoint"
"""How a query calls setpoint changes among the kinds of events."""


class SqliteReader:
    """Implements `gateway.ports.HistoryReader`; any thread may call.

    Each call has a connection of its own, for as long as it takes: none keeps the journal from being put away, and a
    file that was replaced is found.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def samples(self, series: str, from_s: float, to_s: float, limit: int) -> list[Sample]:
        """Samples of one series, the oldest first."""
        with self._open() as db:
            return _span(db, "samples", from_s, to_s, limit, series)

    def buckets(self, step: Step, from_s: float, to_s: float, limit: int, series: str | None = None) -> list[Bucket]:
        """Buckets that begin in the span, of one series or of all, the oldest first. Days: by their `start_s`."""
        with self._open() as db:
            return _span(db, TABLE[step], from_s, to_s, limit, series)

    def sessions(self, from_s: float, to_s: float, limit: int) -> list[Session]:
        """Sessions that have a part in the span, the newest first; with more than `limit`, the newest."""
        with self._open() as db:
            where = "key < ? AND (unplugged_at_s IS NULL OR unplugged_at_s > ?)"
            return _found(db, "sessions", where, "key DESC", (first_key(to_s), from_s), limit)

    def log(self, query: LogQuery) -> list[HistoryEvent | SetpointChange]:
        """Events and setpoint changes, the newest first."""
        with self._open() as db:
            events: list[HistoryEvent | SetpointChange] = []
            setpoints: list[HistoryEvent | SetpointChange] = []
            kinds = query.kinds - {SETPOINT}
            where, values = _log_where(db, query)
            order = "at_s DESC, seq DESC"
            if kinds or not query.kinds:
                also, more = _among("kind", kinds)
                if query.subject is not None:
                    also, more = f"{also} AND subject = ?", (*more, query.subject)
                events = _found(db, "events", where + also, order, (*values, *more), query.limit)
            if SETPOINT in query.kinds or not query.kinds:
                also, more = "", ()
                if query.subject is not None:
                    also, more = " AND outlet = (SELECT id FROM series WHERE name = ?)", (query.subject,)
                setpoints = _found(db, "setpoints", where + also, order, (*values, *more), query.limit)
        both = heapq.merge(events, setpoints, key=lambda entry: (entry.at_s, entry.seq), reverse=True)
        return list(itertools.islice(both, query.limit))

    def setpoints_at(self, at_s: float) -> list[SetpointChange]:
        """The setpoint that held at a moment, of each outlet that had one."""
        with self._open() as db:
            return looking.setpoints_at(db, at_s, looking.series_names(db))

    def series(self) -> list[str]:
        """Every series of which something is kept."""
        with self._open() as db:
            return sorted(looking.series_names(db).values())

    def after(self, seq: int, limit: int) -> list[Row]:
        """Rows with a higher sequence number, in its order: what somebody who has all up to `seq` has missed."""
        with self._open() as db:
            places = db.execute("SELECT seq, kind FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
            kinds = dict(places.fetchall())
            entries: list[Row] = []
            for table in ("events", "setpoints"):
                entries += _found(db, table, "seq > ?", "seq", (seq,), limit)
            chosen = sorted([*kinds, *(entry.seq for entry in entries)])[: max(limit, 0)]
            if not chosen:
                return []
            found = [entry for entry in entries if entry.seq <= chosen[-1]]
            for table, kind in KINDS.items():
                if kind in kinds.values():
                    found += _changed(db, table, seq, chosen[-1])
        return sorted(found, key=lambda row: row.seq)

    def rows(self, kind: str, from_s: float, to_s: float) -> Iterator[Row]:
        """Every row of a kind in a span, the oldest first, without holding them all: for an export.

        Kinds are `samples`, `minutes`, `hours`, `days`, `sessions`, `events` and `setpoints`.
        """
        if kind not in TABLES:
            raise ValueError(f"there is no kind {kind}: there are {', '.join(TABLES)}")
        keyed = kind in KINDS
        where = "key >= ? AND key < ?" if keyed else "(at_s, seq) >= (?, ?) AND at_s < ?"
        order = "key" if keyed else "at_s, seq"
        first: Values = (first_key(from_s),) if keyed else (from_s, 0)
        last: Values = (first_key(to_s),) if keyed else (to_s,)
        while True:
            with self._open() as db:
                names = looking.series_names(db)
                rows = db.execute(_select(kind, where, order), (*first, *last, EXPORT_PORTION_ROWS)).fetchall()
                make = reading(kind)
                made = [make(row, names) for row in rows]
            yield from made
            if len(rows) < EXPORT_PORTION_ROWS:
                return
            first = (rows[-1][0] + 1,) if keyed else (rows[-1][1], rows[-1][0] + 1)

    def facts(self) -> StoreFacts:
        """About the store itself."""
        with self._open() as db:
            meta = dict(db.execute("SELECT key, value FROM meta"))
            return StoreFacts(
                epoch=meta["epoch"],
                created_at_s=meta["created_at_s"],
                schema_version=VERSION,
                seq=looking.highest_seq(db),
                size_bytes=sum(self._size(ending) for ending in ("", "-wal", "-shm")),
                oldest_s={table: db.execute(query).fetchone()[0] for table, query in looking.OLDEST.items()},
                rows=looking.tallies(db),
            )

    def _size(self, ending: str) -> int:
        try:
            return self._path.with_name(self._path.name + ending).stat().st_size
        except FileNotFoundError:
            return 0

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with as_os_errors(self._path, errno.EIO):
            if not self._path.exists():
                raise FileNotFoundError(errno.ENOENT, "nothing was kept yet", str(self._path))
            with contextlib.closing(self._connected()) as db:
                yield db

    def _connected(self) -> sqlite3.Connection:
        """On a disk that became read-only while nobody had the file open, its journal cannot be read: without it."""
        try:
            return self._checked("mode=ro")
        except sqlite3.Error as error:
            if not is_shut(error):
                raise
            return self._checked("mode=ro&immutable=1")

    def _checked(self, options: str) -> sqlite3.Connection:
        db = connect(self._path, options)
        try:
            db.execute("BEGIN")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION and db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
                return db
            if version > VERSION:
                raise newer(self._path, version)
            raise OSError(errno.EAGAIN, "not ready yet", str(self._path))
        except BaseException:
            db.close()
            raise


def _select(table: str, where: str, order: str) -> str:
    return f"SELECT {columns(table)} FROM {table} WHERE {where} ORDER BY {order} LIMIT ?"


def _found(db: sqlite3.Connection, table: str, where: str, order: str, values: Values, limit: int) -> list[Any]:
    names = looking.series_names(db)
    make = reading(table)
    return [make(row, names) for row in db.execute(_select(table, where, order), (*values, max(limit, 0)))]


def _span(db: sqlite3.Connection, table: str, from_s: float, to_s: float, limit: int, series: str | None) -> list[Any]:
    where, values = "key >= ? AND key < ?", (first_key(from_s), first_key(to_s))
    if series is None:
        return _found(db, table, where, "key", values, limit)
    return _found(db, table, f"{where} AND {_SERIES}", "key", (*values, series), limit)


def _changed(db: sqlite3.Connection, table: str, above: int, upto: int) -> list[Row]:
    names = looking.series_names(db)
    make = reading(table)
    named = columns(table).replace("key, seq", f"{table}.key, {table}.seq")
    query = (
        f"SELECT {named} FROM changes CROSS JOIN {table} ON {table}.key = changes.key "
        "WHERE changes.seq > ? AND changes.seq <= ? AND kind = ?"
    )
    return [make(row, names) for row in db.execute(query, (above, upto, KINDS[table]))]


def _log_where(db: sqlite3.Connection, query: LogQuery) -> tuple[str, Values]:
    where, values = "1", list[Any]()
    if query.from_s is not None:
        where += " AND at_s >= ?"
        values.append(query.from_s)
    if query.to_s is not None:
        where += " AND at_s < ?"
        values.append(query.to_s)
    if query.before_seq is not None:
        found = db.execute(_AT, (query.before_seq, query.before_seq)).fetchone()
        where += " AND (at_s, seq) < (?, ?)" if found else " AND seq < ?"
        values += (*(found or ()), query.before_seq)
    return where, tuple(values)


def _among(column: str, values: frozenset[str]) -> tuple[str, Values]:
    if not values:
        return "", ()
    return f" AND {column} IN ({', '.join('?' * len(values))})", tuple(sorted(values))


_AT = "SELECT at_s FROM events WHERE seq = ? UNION ALL SELECT at_s FROM setpoints WHERE seq = ?"
