"""A file as version 1 of the layout made it: what is out there, and must never be changed here."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_STATS = ", ".join(f"n{i} INTEGER, total{i} INTEGER, least{i} INTEGER, most{i} INTEGER" for i in range(1, 9))
_KEY = "(start_s INTEGER NOT NULL, series INTEGER NOT NULL, seq INTEGER NOT NULL, covered_s INTEGER NOT NULL, "
_BOOKS = "energy1_wh INTEGER, energy2_wh INTEGER, cost_micro INTEGER, "
_END = "PRIMARY KEY (start_s, series)) STRICT, WITHOUT ROWID"
SCHEMA = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE samples (at_s INTEGER NOT NULL, series INTEGER NOT NULL, seq INTEGER NOT NULL, "
    "q1 INTEGER, q2 INTEGER, q3 INTEGER, q4 INTEGER, q5 INTEGER, q6 INTEGER, q7 INTEGER, q8 INTEGER, "
    "c1 INTEGER, c2 INTEGER, state INTEGER, PRIMARY KEY (at_s, series)) STRICT, WITHOUT ROWID",
    f"CREATE TABLE minutes {_KEY}{_STATS}, {_END}",
    f"CREATE TABLE hours {_KEY}{_BOOKS}{_STATS}, {_END}",
    f"CREATE TABLE days {_KEY}{_BOOKS}{_STATS}, {_END}",
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
    *(f"CREATE INDEX {table}_seq ON {table} (seq)" for table in ("samples", "minutes", "hours", "days", "sessions")),
)
_TIMES = {"samples": "at_s", "minutes": "start_s", "hours": "start_s", "days": "start_s", "sessions": "plugged_at_s"}


def as_version_1(new: Path, old: Path) -> None:
    """Write what a file of today holds as version 1 would have."""
    db = sqlite3.connect(old)
    db.execute("PRAGMA journal_mode = WAL")
    for statement in SCHEMA:
        db.execute(statement)
    db.execute("ATTACH ? AS new", (str(new),))
    for table, time in _TIMES.items():
        series = "outlet" if table == "sessions" else "series"
        columns = [name for _, name, *_ in db.execute(f"PRAGMA main.table_info({table})")]
        columns = [name for name in columns if name not in (time, series)]
        db.execute(
            f"INSERT INTO main.{table} ({time}, {series}, {', '.join(columns)}) "
            f"SELECT key >> 16, key & 65535, {', '.join(columns)} FROM new.{table}"
        )
    for table in ("meta", "series", "events", "setpoints", "counters"):
        db.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")
    db.execute(f"PRAGMA application_id = {0x6E676169}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
