"""Lets go of what is older than it is kept, a little with each minute's writing: no transaction is ever long."""

from __future__ import annotations

from ngair.adapters.sqlite.rows import first_key
from ngair.adapters.sqlite.schema import SERIES_BITS
from ngair.adapters.sqlite.writing import Writing
from ngair.model.history import Batch
from ngair.model.limits import HISTORY_LOG_ROWS_MAX

DAY_S = 86_400
PORTION_ROWS = 5_000
"""Some 20 ms of writing; far more than a minute brings, so that a shorter time to keep is soon reached."""
SLACK_S = 3_600
"""Rows go by the hour: each time, a page changes whole, however few of its rows go."""
LOG_SLACK_ROWS = 100
JUMP_S = DAY_S
CALM_BATCHES = 60
"""Where the clock moved on by more than a day at once, nothing goes for an hour: it may be wrong, and what it makes
old would be lost."""


class Pruner:
    """Knows how long what is kept. The house's time is that of the newest reading written."""

    def __init__(self, raw_days: int, minute_days: int) -> None:
        self._kept_s = {"samples": raw_days * DAY_S, "minutes": minute_days * DAY_S}
        self._now_s: int | None = None
        self._calm = 0

    def prune(self, writing: Writing, batch: Batch) -> None:
        """Forget a portion of what is too old, if anything is."""
        now_s = newest_s(batch)
        if now_s is None or not self._is_calm(writing, now_s):
            return
        for table, kept_s in self._kept_s.items():
            self._prune_before(writing, table, first_key(now_s - kept_s))
        for table in ("events", "setpoints"):
            _prune_log(writing, table)

    def too_old(self, table: str, at_s: float, now_s: float) -> bool:
        """Whether a row of this time would be forgotten."""
        return table in self._kept_s and at_s < now_s - self._kept_s[table]

    def _is_calm(self, writing: Writing, now_s: int) -> bool:
        """Whether the clock has gone on evenly, from the newest row of an earlier run too."""
        before_s = self._now_s
        if before_s is None:
            newest = f"SELECT max(key) >> {SERIES_BITS} FROM minutes WHERE key < ?"
            before_s = writing.db.execute(newest, (first_key(now_s),)).fetchone()[0]
            self._calm = CALM_BATCHES
        self._now_s = now_s
        self._calm = self._calm + 1 if before_s is None or now_s - before_s <= JUMP_S else 0
        return self._calm >= CALM_BATCHES

    def _prune_before(self, writing: Writing, table: str, border: int) -> None:
        oldest = writing.db.execute(f"SELECT min(key) FROM {table}").fetchone()[0]
        if oldest is None or oldest >= border - (SLACK_S << SERIES_BITS):
            return
        query = f"SELECT key FROM {table} WHERE key < ? ORDER BY key LIMIT 1 OFFSET {PORTION_ROWS}"
        found = writing.db.execute(query, (border,)).fetchone()
        writing.forget(table, "key < ?", found or (border,))


def newest_s(batch: Batch) -> int | None:
    """The time of the newest reading in it."""
    times = [sample.at_s for sample in batch.samples]
    times += [bucket.start_s for bucket in batch.buckets if bucket.step == "minute"]
    return max(times, default=None)


def _prune_log(writing: Writing, table: str) -> None:
    rows = writing.db.execute("SELECT rows FROM tallies WHERE kind = ?", (table,)).fetchone()[0]
    if rows >= HISTORY_LOG_ROWS_MAX + LOG_SLACK_ROWS:
        portion = min(rows - HISTORY_LOG_ROWS_MAX, PORTION_ROWS)
        writing.forget(table, f"seq IN (SELECT seq FROM {table} ORDER BY at_s, seq LIMIT ?)", (portion,))
