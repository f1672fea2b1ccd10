"""How the file is laid out, and how files of earlier versions become such.

Rows lie in the order of time, all series together, so that what a minute brings goes to the end of each table: few
pages change, and a memory card has few to write. For the same reason one table, `changes`, tells for all of them where
the row with a sequence number is, in place of an index on each. Events and setpoints lie by their sequence numbers.

Columns `q1` to `q8` are a series' quantities, `c1` and `c2` its counters, each in the order of `model.history`.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x6E676169
"""Marks the file as ours: `ngai`."""
VERSION = 2
PAGE_BYTES = 1024
"""Small: each commit writes every page that it changes whole, and it changes few bytes of each."""

QUANTITIES_MAX = 8
COUNTERS_MAX = 2
SAMPLES = 1
MINUTES = 2
HOURS = 3
DAYS = 4
SESSIONS = 5
KINDS = {SAMPLES: "samples", MINUTES: "minutes", HOURS: "hours", DAYS: "days", SESSIONS: "sessions"}
"""Numbers of the tables that `changes` tells of."""
TABLES = (*KINDS.values(), "events", "setpoints")


def _stats() -> str:
    numbers = range(1, QUANTITIES_MAX + 1)
    return ", ".join(f"n{i} INTEGER, total{i} INTEGER, least{i} INTEGER, most{i} INTEGER" for i in numbers)


def _bucket(table: str, books: str) -> str:
    return (
        f"CREATE TABLE {table} (start_s INTEGER NOT NULL, series INTEGER NOT NULL, seq INTEGER NOT NULL, "
        f"covered_s INTEGER NOT NULL, {books}{_stats()}, PRIMARY KEY (start_s, series)) STRICT, WITHOUT ROWID"
    )


_BOOKS = "energy1_wh INTEGER, energy2_wh INTEGER, cost_micro INTEGER, "
_SINCE_1 = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE samples (at_s INTEGER NOT NULL, series INTEGER NOT NULL, seq INTEGER NOT NULL, "
    "q1 INTEGER, q2 INTEGER, q3 INTEGER, q4 INTEGER, q5 INTEGER, q6 INTEGER, q7 INTEGER, q8 INTEGER, "
    "c1 INTEGER, c2 INTEGER, state INTEGER, PRIMARY KEY (at_s, series)) STRICT, WITHOUT ROWID",
    _bucket("minutes", ""),
    _bucket("hours", _BOOKS),
    _bucket("days", _BOOKS),
    "CREATE TABLE sessions (plugged_at_s INTEGER NOT NULL, outlet INTEGER NOT NULL, seq INTEGER NOT NULL, "
    "unplugged_at_s INTEGER, charging_s INTEGER NOT NULL, longest_pause_s INTEGER NOT NULL, pauses INTEGER NOT NULL, "
    "energy_wh INTEGER NOT NULL, cost_micro INTEGER, most_power_w INTEGER NOT NULL, state INTEGER NOT NULL, "
    "state_since_s INTEGER NOT NULL, seen_at_s INTEGER NOT NULL, plug_unseen INTEGER NOT NULL, "
    "PRIMARY KEY (plugged_at_s, outlet)) STRICT, WITHOUT ROWID",
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, at_s REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, "
    "text TEXT NOT NULL, detail TEXT NOT NULL) STRICT",
    "CREATE INDEX events_at ON events (at_s)",
    "CREATE TABLE setpoints (seq INTEGER PRIMARY KEY, at_s REAL NOT NULL, outlet INTEGER NOT NULL, before_a INTEGER, "
    "setpoint_a INTEGER NOT NULL, rule TEXT NOT NULL, fuse TEXT, phase TEXT, text TEXT NOT NULL) STRICT",
    "CREATE INDEX setpoints_at ON setpoints (at_s, outlet)",
    "CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, device TEXT NOT NULL, first_wh INTEGER NOT NULL, "
    "value_wh INTEGER NOT NULL, at_s INTEGER NOT NULL, booked_wh INTEGER NOT NULL, jumped_wh INTEGER NOT NULL) "
    "STRICT, WITHOUT ROWID",
)
_SINCE_2 = (
    "CREATE TABLE changes (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_s INTEGER NOT NULL, "
    "series INTEGER NOT NULL) STRICT",
    "CREATE TABLE tallies (kind TEXT NOT NULL PRIMARY KEY, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE adopted (name TEXT NOT NULL PRIMARY KEY, hours_wh INTEGER NOT NULL, days_wh INTEGER NOT NULL) "
    "STRICT, WITHOUT ROWID",
)
SCHEMA = (*_SINCE_1, *_SINCE_2)


def create(db: sqlite3.Connection, epoch: str, created_at_s: float) -> None:
    """Lay out an empty file, in the transaction that is open."""
    for statement in SCHEMA:
        db.execute(statement)
    db.executemany("INSERT INTO tallies VALUES (?, 0)", [(table,) for table in TABLES])
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("epoch", epoch), ("created_at_s", created_at_s)])
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring a file of an earlier version to this one, in the transaction that is open."""
    for step in range(version, VERSION):
        for statement in _MIGRATIONS[step]:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _place(kind: int, at: str, series: str) -> str:
    return f"INSERT INTO changes SELECT seq, {kind}, {at}, {series} FROM {KINDS[kind]}"


_MIGRATIONS = {
    1: (
        *(f"DROP INDEX {table}_seq" for table in KINDS.values()),
        *_SINCE_2,
        _place(SAMPLES, "at_s", "series"),
        _place(MINUTES, "start_s", "series"),
        _place(HOURS, "start_s", "series"),
        _place(DAYS, "start_s", "series"),
        _place(SESSIONS, "plugged_at_s", "outlet"),
        *(f"INSERT INTO tallies SELECT '{table}', count(*) FROM {table}" for table in TABLES),
    ),
}
"""From a version to the next. What is written here is never changed again: files out there are of it."""
