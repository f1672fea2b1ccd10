"""What happens reaches the disk, at once or when it can be written again; nothing waits for it, and nothing raises."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.adapters.sqlite.store import SqliteStore
from ngair.gateway import chronicle as chronicle_module
from ngair.gateway.chronicle import Chronicle
from ngair.history.historian import Historian
from ngair.model.backoff import Backoff
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerSeen, Event, MeterLinkChanged, TelegramReceived
from ngair.model.history import METER, Batch, EventKind, HistoryEvent, LogQuery, Memory, Remembered, Row
from ngair.model.limits import HISTORY_NOTES_MAX, HISTORY_PENDING_SAMPLES_MAX
from ngair.model.prices import read_prices
from ngair.model.reading import Reading
from ngair.model.site import Site, apply
from ngair.model.telegram import Telegram
from tests.gateway.house import BOX, HandClock
from tests.waiting import until

FULL = OSError(errno.ENOSPC, "No space left on device", "/data/history.db")
FOREVER_S = 4e9


class Disk:
    """A store on a disk that does as it is told: the real one, with faults before it."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path, 14, 400)
        self.fault: BaseException | None = None
        self.hangs = threading.Event()
        self.hangs.set()
        self.writes = 0

    def remembered(self) -> Remembered:
        self._serve()
        return self._store.remembered()

    def write(self, batch: Batch) -> int:
        self._serve()
        self.writes += 1
        return self._store.write(batch)

    def adopt(self, rows: Iterable[Row]) -> int:
        return self._store.adopt(rows)

    def close(self) -> None:
        self._store.close()

    def _serve(self) -> None:
        self.hangs.wait(20)
        if self.fault is not None:
            raise self.fault


class House:
    """A site whose chronicle runs."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "history.db"
        self.clock = HandClock()
        self.disk = Disk(self.path)
        self.reader = SqliteReader(self.path)
        self.told: list[Memory] = []
        self.site = Site(box=BOX)
        self.energy_wh = 5_000_000.0
        self.chronicle = Chronicle(
            lambda: self.disk, self.clock, ZoneInfo("UTC"), read_prices("2 SEK"), "1", Backoff(Random(1))
        )
        self.task = asyncio.create_task(self.chronicle.run(self.told.append))

    def happens(self, event: Event) -> None:
        before, self.site = self.site, apply(self.site, event)
        self.chronicle.note(before, event, self.site)

    def reads(self, power_w: int = 3600, seconds: int = 10) -> None:
        """A telegram, and then time passes."""
        self.energy_wh += power_w * seconds / 3600
        reading = Reading(
            ident="X", meter_id="M1", power_import_w=power_w, energy_import_wh=int(self.energy_wh), checked=True
        )
        self.happens(TelegramReceived(Telegram("", 0, reading), self.clock.now_s, 0))
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.clock.now_s += seconds
        self.chronicle.look()

    def plugs(self, state: OutletState = OutletState.CHARGING) -> None:
        outlet = Outlet(id=1, state=state, told_at_s=self.clock.now_s)
        self.happens(ChargerSeen(ChargeBox(serial="CB01", identity="CB01", outlets=(outlet,))))

    @property
    def state(self) -> str:
        return self.told[-1].state if self.told else "starting"

    async def is_told(self, state: str) -> Memory:
        await until(lambda: self.state == state)
        return self.told[-1]

    async def kept(self, kind: EventKind, count: int = 1) -> HistoryEvent:
        """The newest event of a kind, as soon as there are so many."""
        await until(lambda: len(self.events(kind)) >= count)
        return self.events(kind)[0]

    def events(self, *kinds: EventKind) -> list[HistoryEvent]:
        # The file may be there before its tables are.
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            found = self.reader.log(LogQuery(kinds=frozenset(kinds), limit=500))
            return [event for event in found if isinstance(event, HistoryEvent)]
        return []

    async def stops(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.chronicle.finish()

    def balances(self) -> int:
        """The books are those of the meter and of hours and days alike; what flowed, in Wh."""
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with contextlib.closing(SqliteStore(self.path, 14, 400)) as store:
            [counter] = [counter for counter in store.remembered().counters if counter.name == "import"]
        assert counter.value_wh == int(self.energy_wh) == counter.first_wh + counter.booked_wh + counter.jumped_wh
        for step in ("hour", "day"):
            buckets = self.reader.buckets(step, 0, FOREVER_S, 1000, METER)
            assert sum(bucket.energy_wh[0] for bucket in buckets) == counter.booked_wh
        return counter.booked_wh


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    house.disk.hangs.set()
    house.task.cancel()
    await asyncio.wait({house.task})


async def test_an_event_is_kept_at_once(house: House) -> None:
    await house.is_told("up")
    assert (await house.kept(EventKind.STARTED)).detail["clean"] is True
    writes = house.disk.writes
    house.plugs()
    assert (await house.kept(EventKind.PLUGGED)).subject == "CB01/1"
    await until(lambda: bool(house.reader.sessions(0, FOREVER_S, 10)))
    assert house.disk.writes > writes


async def test_readings_are_kept_once_a_minute(house: House) -> None:
    await house.is_told("up")
    await house.kept(EventKind.STARTED)
    house.passes(60 - house.clock.wall_s() % 60)
    await until(lambda: not house.reader.samples(METER, 0, FOREVER_S, 1))
    writes = house.disk.writes
    for _ in range(5):
        house.reads()
        await asyncio.sleep(0.01)
    assert house.disk.writes == writes
    house.reads()
    await until(lambda: len(house.reader.samples(METER, 0, FOREVER_S, 100)) >= 5)
    assert house.disk.writes == writes + 1


async def test_what_happens_before_it_is_open_is_kept_with_its_time(house: House) -> None:
    house.disk.hangs.clear()
    house.plugs()
    happened_s = house.clock.wall_s()
    for _ in range(30):
        house.reads()
    assert house.state == "starting"
    house.disk.hangs.set()
    assert (await house.kept(EventKind.PLUGGED)).at_s == happened_s
    await house.stops()
    assert house.balances() == house.energy_wh - 5_000_010


async def test_a_full_disk_is_told_and_what_was_not_written_is_written_later(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ngair")
    await house.is_told("up")
    for _ in range(12):
        house.reads()
    house.disk.fault = FULL
    house.plugs()
    memory = await house.is_told("failing")
    assert memory.detail == "history.db cannot be written (No space left on device): free some space"
    for _ in range(60):
        house.reads(7200)
    house.disk.fault = None
    assert (await house.is_told("up")).detail == ""
    assert (await house.kept(EventKind.PLUGGED)).subject == "CB01/1"
    await house.stops()
    assert house.balances() == 12 * 10 + 60 * 20 - 10
    assert len(house.reader.samples(METER, 0, FOREVER_S, 1000)) == 72
    assert not house.events(EventKind.MEMORY_LOST)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"], "once each"


async def test_what_was_too_much_to_wait_is_told_and_the_books_are_whole(house: House) -> None:
    await house.is_told("up")
    house.reads()
    house.disk.fault = FULL
    house.happens(MeterLinkChanged("up"))
    await house.is_told("failing")
    began_s, more = house.clock.wall_s(), 50
    for _ in range(HISTORY_PENDING_SAMPLES_MAX + more):
        house.reads()
    house.disk.fault = None
    await house.is_told("up")
    lost = await house.kept(EventKind.MEMORY_LOST)
    await house.stops()
    kept = len(house.reader.samples(METER, 0, FOREVER_S, 5000))
    assert lost.detail["samples"] == 1 + HISTORY_PENDING_SAMPLES_MAX + more - kept > 0
    assert abs(float(lost.detail["from_s"] or 0) - began_s) <= 60
    assert house.balances() == (HISTORY_PENDING_SAMPLES_MAX + more) * 10


async def test_a_disk_that_hangs_is_told_and_keeps_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicle_module, "HISTORY_SLOW_S", 0.05)
    await house.is_told("up")
    house.disk.hangs.clear()
    house.plugs()
    assert "has not answered" in (await house.is_told("failing")).detail
    house.reads()
    house.disk.hangs.set()
    await house.is_told("up")
    await house.kept(EventKind.PLUGGED)
    house.disk.hangs.clear()
    house.plugs(OutletState.AVAILABLE)
    await asyncio.sleep(0.01)
    house.task.cancel()
    ending = asyncio.create_task(house.chronicle.finish())
    await asyncio.wait({ending}, timeout=0.1)
    assert not ending.done(), "it is the caller who bounds it"
    house.disk.hangs.set()
    await asyncio.wait({ending})
    assert await house.kept(EventKind.STOPPED)
    assert len(house.events(EventKind.UNPLUGGED)) == 1, "what was being written is neither lost nor kept twice"


async def test_a_stop_keeps_everything_and_the_next_start_is_clean(house: House, tmp_path: Path) -> None:
    await house.is_told("up")
    for _ in range(3):
        house.reads()
    house.plugs()
    await house.stops()
    assert house.events()[0].kind == EventKind.STOPPED
    assert len(house.reader.samples(METER, 0, FOREVER_S, 10)) == 3
    again = House(tmp_path)
    await again.is_told("up")
    assert (await again.kept(EventKind.STARTED, 2)).detail["clean"] is True
    again.energy_wh = house.energy_wh
    again.reads(36_000)
    await again.stops()
    assert again.balances() == 20 + 100


async def test_a_stop_before_it_was_open_keeps_everything(house: House) -> None:
    house.plugs()
    await house.stops()
    assert {EventKind.STARTED, EventKind.PLUGGED, EventKind.STOPPED} <= {event.kind for event in house.events()}


async def test_a_stop_on_a_full_disk_says_so(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.is_told("up")
    house.disk.fault = FULL
    house.plugs()
    await house.is_told("failing")
    await house.stops()
    assert "what happened last is not kept" in caplog.text


async def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(tmp_path / "history.db", 14, 400)) as store:
        store.remembered()
    with contextlib.closing(sqlite3.connect(tmp_path / "history.db")) as db:
        db.execute("PRAGMA user_version = 999")
    before = (tmp_path / "history.db").read_bytes()
    house = House(tmp_path)
    memory = await house.is_told("failing")
    assert "newer" in memory.detail
    house.plugs()
    assert (tmp_path / "history.db").read_bytes() == before
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    await house.is_told("up")
    await house.kept(EventKind.PLUGGED)
    await house.stops()


async def test_more_than_can_wait_for_the_opening_is_told(house: House) -> None:
    house.disk.hangs.clear()
    for _ in range(HISTORY_NOTES_MAX + 100):
        house.reads()
    house.disk.hangs.set()
    lost = await house.kept(EventKind.MEMORY_LOST)
    assert lost.detail["samples"] == HISTORY_NOTES_MAX + 100 - HISTORY_PENDING_SAMPLES_MAX
    await house.stops()
    house.balances()


async def test_a_fault_of_ours_begins_anew_and_loses_no_energy(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.is_told("up")
    await house.kept(EventKind.STARTED)
    for _ in range(12):
        house.reads()
    sound = Historian.note

    def breaks(*arguments: object) -> None:
        raise ZeroDivisionError("a slip")

    monkeypatch.setattr(Historian, "note", breaks)
    for _ in range(5):
        house.reads()
    assert "report it" in (await house.is_told("failing")).detail
    monkeypatch.setattr(Historian, "note", sound)
    await house.is_told("up")
    house.plugs()
    for _ in range(12):
        house.reads()
    await house.kept(EventKind.PLUGGED)
    await house.stops()
    assert house.balances() == (12 + 5 + 12 - 1) * 10
    assert len(house.events(EventKind.STARTED)) == 1, "the program did not start again"
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


async def test_a_batch_that_no_disk_takes_is_left_out_and_told(house: House) -> None:
    await house.is_told("up")
    for _ in range(12):
        house.reads()
    house.disk.fault = OSError(errno.EINVAL, "a value that cannot be")
    house.plugs()
    await house.is_told("failing")
    house.disk.fault = None
    await house.is_told("up")
    for _ in range(12):
        house.reads()
    await house.kept(EventKind.MEMORY_LOST)
    await house.stops()
    house.balances()


async def test_no_word_of_a_batch_is_lost_between_two_writes(house: House) -> None:
    """Whatever happens while one batch is written is in the next."""
    await house.is_told("up")
    for number in range(200):
        house.plugs(OutletState.CHARGING if number % 2 else OutletState.AVAILABLE)
        house.passes(61)
        if number % 7 == 0:
            await asyncio.sleep(0)
    await house.stops()
    assert len(house.events(EventKind.PLUGGED)) == 100
    assert len(house.events(EventKind.UNPLUGGED)) == 99


def test_a_memory_is_told_as_a_part_of_the_site() -> None:
    site = Site(box=BOX)
    assert site.memory == Memory()
    assert replace(site, memory=Memory(state="up")).memory.detail == ""
