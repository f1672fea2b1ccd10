"""What both ask the file: the one that writes it at its start, and readers."""

from __future__ import annotations

import sqlite3

from ngair.adapters.sqlite.rows import columns, to_counter, to_event, to_session, to_setpoint
from ngair.adapters.sqlite.schema import KINDS, SERIES_BITS, SERIES_MASK, TABLES
from ngair.model.history import METER, Remembered, SetpointChange
from ngair.model.limits import SESSION_BEGINS_MAX

OLDEST = {
    **{table: f"SELECT min(key) >> {SERIES_BITS} FROM {table}" for table in KINDS},
    "events": "SELECT min(at_s) FROM events",
}
"""What tells the oldest time of each table."""
_LATEST = (
    *(f"SELECT max(key) >> {SERIES_BITS} FROM {table}" for table in ("samples", "minutes", "hours")),
    "SELECT max(at_s) FROM events",
    "SELECT max(at_s) FROM setpoints",
    "SELECT max(seen_at_s) FROM sessions",
    "SELECT max(at_s) FROM counters",
)
_HIGHEST = (
    "SELECT max(seq) FROM changes",
    "SELECT max(seq) FROM events",
    "SELECT max(seq) FROM setpoints",
    "SELECT value FROM meta WHERE key = 'seq'",
)


def series_names(db: sqlite3.Connection) -> dict[int, str]:
    """Every series by its number in the file."""
    return dict(db.execute("SELECT id, name FROM series"))


def highest_seq(db: sqlite3.Connection) -> int:
    """The highest that any row has or had. Nothing is written for it: only a row that goes away leaves its own."""
    return max((row[0] or 0 for query in _HIGHEST for row in db.execute(query)), default=0)


def latest_s(db: sqlite3.Connection) -> float | None:
    """The latest time of any row. Not of days, whose times are dates."""
    return max((row[0] for query in _LATEST for row in db.execute(query) if row[0] is not None), default=None)


def tallies(db: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    found = dict(db.execute("SELECT kind, rows FROM tallies"))
    return {table: found.get(table, 0) for table in TABLES}


def setpoints_at(db: sqlite3.Connection, at_s: float, names: dict[int, str]) -> list[SetpointChange]:
    """The setpoint that held at a moment, of each outlet that had one: one walk back in time finds them all."""
    left = {number for number, name in names.items() if name != METER}
    found: dict[int, int] = {}
    back = "SELECT outlet, seq FROM setpoints WHERE at_s <= ? ORDER BY at_s DESC, seq DESC"
    for outlet, seq in db.execute(back, (at_s,)):
        if outlet in left:
            left.remove(outlet)
            found[outlet] = seq
            if not left:
                break
    query = f"SELECT {columns('setpoints')} FROM setpoints WHERE seq = ?"
    return [to_setpoint(row, names) for _, seq in sorted(found.items()) for row in db.execute(query, (seq,))]


def remembered(db: sqlite3.Connection) -> Remembered:
    """What there is to go on from."""
    names = series_names(db)
    last = db.execute(f"SELECT {columns('events')} FROM events ORDER BY at_s DESC, seq DESC LIMIT 1").fetchone()
    open_ones = db.execute(f"SELECT {columns('sessions')} FROM sessions WHERE unplugged_at_s IS NULL ORDER BY key")
    newest = db.execute(f"SELECT key FROM sessions ORDER BY key DESC LIMIT {SESSION_BEGINS_MAX}").fetchall()
    return Remembered(
        counters=tuple(to_counter(row) for row in db.execute("SELECT * FROM counters ORDER BY name")),
        sessions=tuple(to_session(row, names) for row in open_ones),
        begins=tuple((names.get(key & SERIES_MASK, ""), key >> SERIES_BITS) for (key,) in reversed(newest)),
        setpoints=tuple(setpoints_at(db, float("inf"), names)),
        last_event=to_event(last) if last else None,
        last_at_s=latest_s(db),
    )
