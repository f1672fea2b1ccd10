"""How the file is laid out, and how files of earlier versions become such.

Rows lie in the order of time, all series together: `key` is their time, shifted, and the number of their series. So
what a minute brings goes to the end of each table, few pages change, and a memory card has few to write. For the same
reason one table, `changes`, tells for all of them where the row with a sequence number is, in place of an index on
each, and `tallies` how many rows each has. Events and setpoints lie by their sequence numbers.

Columns `q1` to `q8` are a series' quantities, `c1` and `c2` its counters, each in the order of `model.history`.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x6E676169
"""Marks the file as ours: `ngai`."""
VERSION = 2
PAGE_BYTES = 1024
"""Small: each commit writes every page that it changes whole, and it changes few bytes of each."""

SERIES_BITS = 16
SERIES_MASK = (1 << SERIES_BITS) - 1
QUANTITIES_MAX = 8
COUNTERS_MAX = 2
KINDS = {"samples": 1, "minutes": 2, "hours": 3, "days": 4, "sessions": 5}
"""Tables with a `key`, and their numbers in `changes`."""
TABLES = (*KINDS, "events", "setpoints")

SAMPLE_COLUMNS = (*(f"q{i + 1}" for i in range(QUANTITIES_MAX)), *(f"c{i + 1}" for i in range(COUNTERS_MAX)), "state")
BOOK_COLUMNS = (*(f"energy{i + 1}_wh" for i in range(COUNTERS_MAX)), "cost_micro")
STAT_COLUMNS = tuple(f"{what}{i + 1}" for i in range(QUANTITIES_MAX) for what in ("n", "total", "least", "most"))
SESSION_COLUMNS = (
    *("unplugged_at_s", "charging_s", "longest_pause_s", "pauses", "energy_wh", "cost_micro", "most_power_w"),
    *("state", "state_since_s", "seen_at_s", "plug_unseen"),
)
COLUMNS = {
    "samples": SAMPLE_COLUMNS,
    "minutes": ("covered_s", *STAT_COLUMNS),
    "hours": ("covered_s", *BOOK_COLUMNS, *STAT_COLUMNS),
    "days": ("covered_s", *BOOK_COLUMNS, *STAT_COLUMNS),
    "sessions": SESSION_COLUMNS,
}
"""What the rows with a key have beside `key` and `seq`, all whole numbers."""


def _keyed(table: str) -> str:
    columns = ", ".join(f"{column} INTEGER" for column in COLUMNS[table])
    return f"CREATE TABLE {table} (key INTEGER PRIMARY KEY, seq INTEGER NOT NULL, {columns}) STRICT"


_SINCE_1 = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
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
    *(_keyed(table) for table in KINDS),
    "CREATE TABLE changes (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key INTEGER NOT NULL) STRICT",
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


def _with_keys(table: str, at: str, series: str) -> tuple[str, ...]:
    """Version 1 had time and series as columns, and an index of sequence numbers on each table."""
    columns = ", ".join(COLUMNS[table])
    return (
        f"INSERT INTO {table} SELECT {at} << {SERIES_BITS} | {series}, seq, {columns} FROM {table}_1 ORDER BY 1",
        f"DROP TABLE {table}_1",
        f"INSERT INTO changes SELECT seq, {KINDS[table]}, key FROM {table}",
    )


_MIGRATIONS = {
    1: (
        *(f"ALTER TABLE {table} RENAME TO {table}_1" for table in KINDS),
        *_SINCE_2,
        *_with_keys("samples", "at_s", "series"),
        *_with_keys("minutes", "start_s", "series"),
        *_with_keys("hours", "start_s", "series"),
        *_with_keys("days", "start_s", "series"),
        *_with_keys("sessions", "plugged_at_s", "outlet"),
        *(f"INSERT INTO tallies SELECT '{table}', count(*) FROM {table}" for table in TABLES),
    ),
}
"""From a version to the next. When the layout changes again, the statements that a step runs must stay what they are:
files out there are of each version."""
