"""What brings the memory to the disk: takes what the historian has to keep, and writes it off the loop.

Charging never waits for it. A disk that is full, slow, read-only or gone is told on the site; what cannot be written
waits, within bounds, and is written when it can be.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import partial
from pathlib import PurePath
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from ngair.device.dates import Dates
from ngair.gateway.ports import Clock, HistoryStore
from ngair.history.historian import Historian
from ngair.history.merging import merge
from ngair.model.backoff import Backoff
from ngair.model.events import Event
from ngair.model.history import Batch, EventKind, HistoryEvent, Memory, Remembered
from ngair.model.limits import HISTORY_NOTES_MAX, HISTORY_SLOW_S, REJECTION_LOG_INTERVAL_S, SAMPLE_S
from ngair.model.prices import Prices
from ngair.model.site import Site

STARTING = Memory(state="starting")
UNDATED = Memory(state="starting", detail="the machine's clock is not set: it waits, with what happens meanwhile")
UP = Memory(state="up")
SLOW = Memory(state="failing", detail=f"the disk has not answered for {HISTORY_SLOW_S:g} s: look at the disk")
REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EROFS: "look at the disk; worn memory cards become so",
    errno.EACCES: "change the owner of the data folder",
    errno.EPERM: "change the owner of the data folder",
    errno.EBUSY: "another program holds it; stop that one",
    errno.ENOTSUP: "",  # the error tells
}

log = logging.getLogger("ngair")
T = TypeVar("T")


class Note(NamedTuple):
    """Something that happened, for the historian."""

    before: Site
    event: Event
    site: Site
    now_s: float
    wall_s: float


class UnwritableError(Exception):
    """A batch that no disk would take: a fault of ours."""


class Chronicle:
    """Stands between the gateway and the store. `note` and `look` never wait; `run` writes."""

    def __init__(
        self,
        open_store: Callable[[], HistoryStore],
        clock: Clock,
        zone: tzinfo,
        prices: Prices | None,
        version: str,
        backoff: Backoff,
        dates: Dates | None = None,
    ) -> None:
        """`open_store` is called in a thread, again and again while it raises `OSError`.

        `dates`: what the wall clock may show. While it shows anything else, what happens is held, as before the store
        is open, and gets its time when the clock is set.
        """
        self._dates = dates
        self._is_undated = False
        self.memory = STARTING
        self._open_store = open_store
        self._clock = clock
        self._zone = zone
        self._prices = prices
        self._version = version
        self._backoff = backoff
        self._begins = (clock.wall_s(), clock.monotonic_s())
        self._is_anew = False
        self._store: HistoryStore | None = None
        self._historian: Historian | None = None
        self._notes: deque[Note] = deque()
        self._pending: Batch | None = None
        self._writing: Batch | None = None
        self._call: asyncio.Future[Any] | None = None
        self._due = asyncio.Event()
        self._missing: tuple[float, int] | None = None
        """Since when, and how many samples."""
        self._logged_s = float("-inf")

    def note(self, before: Site, event: Event, site: Site) -> None:
        """Something happened. Whatever goes wrong in here, charging goes on."""
        note = Note(before, event, site, self._clock.monotonic_s(), self._clock.wall_s())
        if self._historian is not None:
            self._historian_takes(note)
            return
        if len(self._notes) == HISTORY_NOTES_MAX:
            first, second = self._notes.popleft(), self._notes[0]
            self._miss(first.wall_s, 0 if first.wall_s // SAMPLE_S == second.wall_s // SAMPLE_S else 1)
        self._notes.append(note)

    def look(self) -> None:
        """Once a second: readings become due by time alone."""
        if self._is_undated and self._can_be(self._clock.wall_s()):
            self._is_undated = False
            self._due.set()
        self._historian_takes(None)

    async def run(self, tell: Callable[[Memory], None]) -> None:
        """Open the store and write what is due, for ever. `tell` gets how it fares, when that changes."""
        while True:
            self._due.clear()
            try:
                await self._turn(lambda: self._tell(tell, SLOW))
            except OSError as error:
                self._tell(tell, _failing(error))
            except Exception as error:
                self._begin_anew(error)
            if self._historian is not None and self._writing is None:
                self._tell(tell, UP)
                await self._due.wait()
            if self._is_undated:
                self._tell(tell, UNDATED)
                await self._due.wait()
                continue
            if self._historian is None and self._is_anew:
                self._tell(tell, BROKEN)
            if self._historian is None or self._writing is not None:
                await asyncio.sleep(self._backoff.next_s())

    async def finish(self) -> None:
        """Write everything, at a stop, after `run` was cancelled. The caller bounds the time that it may take."""
        if self._call is not None:
            await asyncio.wait({self._call})
        try:
            await self._turn()
            if self._historian is not None:
                self._add(self._historian.finish(self._clock.monotonic_s(), self._clock.wall_s()))
            await self._turn()
        except Exception as error:
            log.warning("what happened last is not kept: %s", error)
        if self._store is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._store.close)

    async def _turn(self, slow: Callable[[], None] = lambda: None) -> None:
        """Do all that is due. Raises `OSError`; and any other exception for a fault of ours."""
        self._recover()
        if self._store is None:
            await self._off_loop(self._open, slow)
        store = self._store
        assert store is not None
        await self._write_pending(store, slow)
        if self._historian is None:
            remembered = await self._off_loop(store.remembered, slow)
            self._is_undated = self._is_too_early(remembered)
            if self._is_undated:
                return
            self._begin(remembered)
        if self._missing is not None:
            self._add(Batch(events=(_lost(*self._missing, self._clock.wall_s(), self._zone),)))
            self._missing = None
        await self._write_pending(store, slow)

    async def _write_pending(self, store: HistoryStore, slow: Callable[[], None]) -> None:
        while self._pending is not None:
            batch = self._writing = self._pending
            self._pending = None
            await self._off_loop(partial(_write, store, batch), slow)
            self._writing = None
            self._backoff.reset()

    def _open(self) -> None:
        self._store = self._open_store()

    async def _off_loop(self, work: Callable[[], T], slow: Callable[[], None]) -> T:
        """One call at a time; one that is cut off by a stop ends by itself."""
        call = asyncio.ensure_future(asyncio.to_thread(work))
        self._call = call
        done, _ = await asyncio.wait({call}, timeout=HISTORY_SLOW_S)
        if not done:
            slow()
            await asyncio.wait({call})
        self._call = None
        return call.result()

    def _recover(self) -> None:
        """The batch that was being written waits again, unless it is known to be kept."""
        call, self._call = self._call, None
        batch, self._writing = self._writing, None
        is_kept = call is not None and call.done() and not call.cancelled() and call.exception() is None
        if batch is not None and not is_kept:
            later, self._pending = self._pending, batch
            if later is not None:
                self._add(later)

    def _begin(self, remembered: Remembered) -> None:
        """Begin a historian where the last one ended, and tell it what has happened meanwhile."""
        wall_s, now_s = self._begins
        if not self._can_be(wall_s):
            wall_s = self._date(wall_s, now_s)
            if self._missing is not None:
                self._missing = (self._missing[0] + wall_s - self._begins[0], self._missing[1])
        self._historian = historian = Historian(remembered, self._zone, self._prices, self._version, wall_s, now_s)
        if self._is_anew and (batch := historian.take(now_s, wall_s)) is not None:
            # The program goes on: that it started is told already.
            self._add(replace(batch, events=tuple(e for e in batch.events if e.kind is not EventKind.STARTED)))
        while self._notes and self._historian is not None:
            note = self._notes.popleft()
            self._historian_takes(note._replace(wall_s=self._date(note.wall_s, note.now_s)))
        self.look()

    def _is_too_early(self, remembered: Remembered) -> bool:
        """Whether the clock shows what cannot be, by all that is known, this memory too."""
        if self._dates is not None and remembered.last_at_s is not None:
            self._dates.been(remembered.last_at_s)
        return not self._can_be(self._clock.wall_s())

    def _can_be(self, wall_s: float) -> bool:
        return self._dates is None or self._dates.can_be(wall_s)

    def _date(self, wall_s: float, now_s: float) -> float:
        """When something was, by the clock as it is now where it could not be by that of then."""
        return wall_s if self._can_be(wall_s) else self._clock.wall_s() - (self._clock.monotonic_s() - now_s)

    def _historian_takes(self, note: Note | None) -> None:
        if self._historian is None:
            return
        try:
            if note is None:
                now_s, wall_s = self._clock.monotonic_s(), self._clock.wall_s()
            else:
                now_s, wall_s = note.now_s, note.wall_s
                self._historian.note(*note)
            batch = self._historian.take(now_s, wall_s)
            if batch is not None:
                self._add(batch)
        except Exception as error:
            self._begin_anew(error)

    def _add(self, batch: Batch) -> None:
        before = self._pending
        self._pending = batch if before is None else merge(before, batch)
        if before is not None:
            missing = len(before.samples) + len(batch.samples) - len(self._pending.samples)
            if missing > 0:
                self._miss((*before.samples, *batch.samples)[0].at_s, missing)
        self._due.set()

    def _miss(self, from_s: float, samples: int) -> None:
        since_s, before = (from_s, 0) if self._missing is None else self._missing
        self._missing = (min(since_s, from_s), before + samples)

    def _begin_anew(self, error: Exception) -> None:
        """A fault of ours: another historian begins from the store, which has all that was written."""
        self._historian = None
        self._is_anew = True
        self._begins = (self._clock.wall_s(), self._clock.monotonic_s())
        if isinstance(error, UnwritableError) and self._writing is not None:
            self._miss(self._begins[0], len(self._writing.samples))
            self._writing = None
        self._due.set()
        if self._clock.monotonic_s() - self._logged_s >= REJECTION_LOG_INTERVAL_S:
            self._logged_s = self._clock.monotonic_s()
            log.error("the memory failed and begins anew: %s: %s", type(error).__name__, error, exc_info=error)

    def _tell(self, tell: Callable[[Memory], None], memory: Memory) -> None:
        if memory == self.memory:
            return
        if memory.state == "failing" and self.memory.state != "failing":
            log.warning("nothing can be remembered: %s; charging goes on", memory.detail)
        if memory.state == "up" and self.memory.state == "failing":
            log.info("the memory is kept again")
        self.memory = memory
        tell(memory)


def _write(store: HistoryStore, batch: Batch) -> None:
    try:
        store.write(batch)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise UnwritableError(str(error)) from error
    except Exception as error:
        raise UnwritableError(f"{type(error).__name__}: {error}") from error


def _failing(error: OSError) -> Memory:
    told = error.strerror or str(error) or type(error).__name__
    name = PurePath(error.filename).name if isinstance(error.filename, str) else "the memory"
    remedy = REMEDIES.get(error.errno or 0, "look at the disk")
    return Memory(state="failing", detail=f"{name} cannot be written ({told})" + (remedy and f": {remedy}"))


def _lost(from_s: float, samples: int, wall_s: float, zone: tzinfo) -> HistoryEvent:
    since = datetime.fromtimestamp(from_s, zone).strftime("%Y-%m-%d %H:%M")
    return HistoryEvent(
        at_s=wall_s,
        kind=EventKind.MEMORY_LOST,
        text=f"Nothing could be written for a while: {samples} readings of {SAMPLE_S} s since {since} are missing",
        detail={"from_s": from_s, "samples": samples},
    )


BROKEN = Memory(state="failing", detail="a fault of the program; it begins anew: please report it, with the log")
