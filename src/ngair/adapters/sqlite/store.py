"""Writes the memory: each batch whole and for good, or not at all."""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ngair.adapters.sqlite import adopting, looking
from ngair.adapters.sqlite.faults import as_os_errors, is_harmless
from ngair.adapters.sqlite.opening import open_for_writing, transaction
from ngair.adapters.sqlite.pruning import Pruner
from ngair.adapters.sqlite.writing import Writing
from ngair.model.history import Batch, Counter, Remembered, Row

log = logging.getLogger("ngair")


class SqliteStore:
    """Implements `gateway.ports.HistoryStore` in one file, which is opened when it is first needed.

    Any thread may call; they are served one after the other. A broken or missing file is replaced by a new one, also
    while it is in use; in that one the books go on from where they stood.
    """

    def __init__(self, path: Path, raw_days: int, minute_days: int) -> None:
        self._path = path
        self._pruner = Pruner(raw_days, minute_days)
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._others = -1
        self._seq = 0
        self._series: dict[str, int] = {}
        self._told: dict[str, Counter] = {}
        self._before: dict[str, Counter] = {}

    def remembered(self) -> Remembered:
        """What there is to go on from. Raises `OSError`."""
        with self._served() as db:
            found = looking.remembered(db)
            self._told = {counter.name: counter for counter in found.counters}
            self._before = {}
            return found

    def write(self, batch: Batch) -> int:
        """Keep a batch for good, or nothing of it. The highest sequence number. Raises `OSError`."""
        with self._served() as db:
            if batch.is_empty:
                return self._seq
            with self._writing(db) as writing:
                writing.samples(batch.samples)
                writing.buckets(batch.buckets)
                writing.counters([self._own(counter) for counter in batch.counters])
                writing.log(batch.events, batch.setpoints)
                writing.sessions(batch.sessions)
                self._pruner.prune(writing, batch)
            self._told.update({counter.name: counter for counter in batch.counters})
            return self._seq

    def adopt(self, rows: Iterable[Row]) -> int:
        """Take over the rows of another store's export where there are none here; how many. Raises `OSError`.

        What happened after this store was made, and readings older than they are kept, are left out.
        """
        with self._served() as db:
            began_s = db.execute("SELECT value FROM meta WHERE key = 'created_at_s'").fetchone()[0]
            border = adopting.Border(began_s, looking.latest_s(db))
        count = 0
        for portion in adopting.portions(rows):
            with self._served() as db, self._writing(db) as writing:
                taken = adopting.adopt(writing, portion, border, self._pruner)
            count += taken
        return count

    def close(self) -> None:
        """Release it. Safe to call twice."""
        with self._lock:
            self._release()

    @contextlib.contextmanager
    def _served(self) -> Iterator[sqlite3.Connection]:
        with self._lock, as_os_errors(self._path, errno.EINVAL):
            try:
                yield self._open()
            except sqlite3.Error as error:
                if not is_harmless(error):
                    self._release()
                raise

    @contextlib.contextmanager
    def _writing(self, db: sqlite3.Connection) -> Iterator[Writing]:
        with transaction(db):
            self._catch_up(db)
            writing = Writing(db, self._seq, self._series)
            yield writing
            writing.finish()
        self._seq = writing.seq
        self._series = writing.series

    def _open(self) -> sqlite3.Connection:
        if self._db is not None and self._file != self._identity():
            log.warning("%s is gone: begun anew", self._path)
            self._release()
        if self._db is None:
            db = open_for_writing(self._path)
            self._db = db
            self._file = self._identity()
            self._others = -1
            self._catch_up(db)
            if self._told and not db.execute("SELECT count(*) FROM counters").fetchone()[0]:
                self._before = dict(self._told)
        return self._db

    def _catch_up(self, db: sqlite3.Connection) -> None:
        """Another program may have written, an import for one: its numbers are not given twice."""
        others = db.execute("PRAGMA data_version").fetchone()[0]
        if others != self._others:
            self._others = others
            self._seq = looking.highest_seq(db)
            self._series = {name: number for number, name in looking.series_names(db).items()}

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def _release(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def _own(self, counter: Counter) -> Counter:
        """A counter as this file knows it: one begun anew has no part in what the one before had booked."""
        before = self._before.get(counter.name)
        if before is None:
            return counter
        return msgspec.structs.replace(
            counter,
            first_wh=before.value_wh,
            booked_wh=counter.booked_wh - before.booked_wh,
            jumped_wh=counter.jumped_wh - before.jumped_wh,
        )
