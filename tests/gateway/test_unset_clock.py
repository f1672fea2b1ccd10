"""A machine without a battery for its clock: nothing is remembered under a wrong date, and little lost by waiting."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.adapters.sqlite.store import SqliteStore
from ngair.api.publisher import Publisher
from ngair.api.site import site_document
from ngair.device.dates import Dates
from ngair.gateway.chronicle import Chronicle
from ngair.gateway.gateway import Gateway
from ngair.gateway.keep import ChargerKeeper
from ngair.model.backoff import Backoff
from ngair.model.events import TelegramReceived
from ngair.model.history import METER, EventKind, HistoryEvent, LogQuery, Memory
from ngair.model.limits import CLOCK_EARLIEST_S, CLOCK_WAIT_S, HISTORY_NOTES_MAX, HISTORY_PENDING_SAMPLES_MAX
from ngair.model.reading import Reading
from ngair.model.site import Site, apply
from ngair.model.telegram import Telegram
from tests.gateway.house import BOX, TELEGRAMS, HandClock, MemoryStore
from tests.waiting import until

RIGHT_S = 1_795_000_000.0
FOREVER_S = 4e9


class Box:
    """A memory that runs, on a clock that shows what it is told to."""

    def __init__(self, path: Path, clock: HandClock, *been_s: float) -> None:
        self.clock = clock
        self.told: list[Memory] = []
        self.site = Site(box=BOX)
        self.energy_wh = 5_000_000
        self.reader = SqliteReader(path)
        self.chronicle = Chronicle(
            lambda: SqliteStore(path, 14, 400), clock, ZoneInfo("UTC"), None, "1", Backoff(Random(1)), Dates(been_s)
        )
        self._task = asyncio.create_task(self.chronicle.run(self.told.append))

    def lives(self, seconds: int) -> None:
        """A telegram each ten seconds, at 3.6 kW."""
        for _ in range(seconds // 10):
            reading = Reading(
                ident="X", meter_id="M1", power_import_w=3600, energy_import_wh=self.energy_wh, checked=True
            )
            event = TelegramReceived(Telegram("", 0, reading), self.clock.now_s, 0)
            before, self.site = self.site, apply(self.site, event)
            self.chronicle.note(before, event, self.site)
            self.energy_wh += 10
            for _ in range(10):
                self.clock.now_s += 1
                self.chronicle.look()

    async def is_told(self, state: str) -> Memory:
        await until(lambda: self.told and self.told[-1].state == state, lambda: self.told)
        return self.told[-1]

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.chronicle.finish()

    def events(self) -> list[HistoryEvent]:
        """The oldest first."""
        found = self.reader.log(LogQuery(limit=500))
        return [event for event in reversed(found) if isinstance(event, HistoryEvent)]

    def earliest_s(self) -> float:
        """Of all that is kept."""
        times: list[float] = [event.at_s for event in self.events()]
        times += [sample.at_s for sample in self.reader.samples(METER, 0, FOREVER_S, 10_000)]
        for step in ("minute", "hour", "day"):
            times += [bucket.start_s for bucket in self.reader.buckets(step, 0, FOREVER_S, 10_000)]
        return min(times)


Begin = Callable[..., Box]


@pytest.fixture(name="begin")
async def _begin(tmp_path: Path) -> AsyncIterator[Begin]:
    boxes: list[Box] = []

    def begin(clock: HandClock, *been_s: float) -> Box:
        boxes.append(Box(tmp_path / "history.db", clock, *been_s))
        return boxes[-1]

    yield begin
    for box in boxes:
        await box.stop()


def showing(wall_s: float) -> HandClock:
    clock = HandClock()
    clock.wall_step_s = wall_s - clock.now_s
    return clock


@pytest.mark.parametrize("wall_s", [0.0, 86_400.0 * 365, CLOCK_EARLIEST_S - 1000.0])
async def test_what_happens_before_the_clock_is_set_comes_to_where_it_belongs(begin: Begin, wall_s: float) -> None:
    clock = showing(wall_s)
    box = begin(clock)
    waiting = await box.is_told("starting")
    assert "clock is not set" in waiting.detail
    box.lives(300)
    clock.wall_step_s = RIGHT_S - clock.now_s
    box.lives(120)
    await box.is_told("up")
    await box.stop()
    began_s = RIGHT_S - 300
    samples = box.reader.samples(METER, 0, FOREVER_S, 1000)
    assert len(samples) >= 41
    assert abs(samples[0].at_s - began_s) <= 10
    assert box.earliest_s() >= began_s - 86_400
    started = box.events()[0]
    assert (started.kind, started.at_s) == (EventKind.STARTED, began_s)
    # Nobody set a clock: it was unknown, and then it was known.
    assert EventKind.CLOCK_STEPPED not in [event.kind for event in box.events()]
    days = box.reader.buckets("day", 0, FOREVER_S, 10, METER)
    assert sum(day.energy_wh[0] for day in days) == 410


async def test_a_clock_that_shows_when_it_was_switched_off_waits_for_the_memory_to_be_over(begin: Begin) -> None:
    """As machines without a battery do that save theirs each hour: it is behind what is remembered already."""
    first = begin(showing(RIGHT_S))
    await first.is_told("up")
    first.lives(3000)
    await first.stop()
    until_s = max(sample.at_s for sample in first.reader.samples(METER, 0, FOREVER_S, 1000))

    clock = showing(RIGHT_S + 600)
    box = begin(clock)
    box.energy_wh = first.energy_wh
    await box.is_told("starting")
    box.lives(60)
    assert max(sample.at_s for sample in box.reader.samples(METER, 0, FOREVER_S, 1000)) == until_s
    clock.wall_step_s = RIGHT_S + 7200 - clock.now_s
    box.lives(60)
    await box.is_told("up")
    await box.stop()
    later = [sample.at_s for sample in box.reader.samples(METER, 0, FOREVER_S, 1000) if sample.at_s > until_s]
    assert min(later) >= RIGHT_S + 7200 - 60 - 10
    assert len(later) == len(set(later)) >= 11


async def test_files_of_the_data_folder_tell_that_a_time_has_been(begin: Begin) -> None:
    clock = showing(RIGHT_S)
    box = begin(clock, RIGHT_S + 1800)
    await box.is_told("starting")
    clock.now_s += 1801
    box.chronicle.look()
    await box.is_told("up")


async def test_a_memory_of_a_clock_that_was_far_ahead_keeps_nobody_waiting(begin: Begin) -> None:
    ahead = begin(showing(RIGHT_S + 400 * 86_400))
    await ahead.is_told("up")
    ahead.lives(60)
    await ahead.stop()
    box = begin(showing(RIGHT_S))
    await box.is_told("up")
    box.lives(60)
    await box.stop()
    assert min(sample.at_s for sample in box.reader.samples(METER, 0, FOREVER_S, 100)) <= RIGHT_S


async def test_waiting_is_bounded_and_tells_what_is_missing(begin: Begin) -> None:
    clock = showing(0)
    box = begin(clock)
    await box.is_told("starting")
    seconds = 10 * HISTORY_NOTES_MAX + 600
    box.lives(seconds)
    clock.wall_step_s = RIGHT_S - clock.now_s
    box.lives(60)
    await box.is_told("up")
    await box.stop()
    (lost,) = [event for event in box.events() if event.kind is EventKind.MEMORY_LOST]
    kept = box.reader.samples(METER, 0, FOREVER_S, 10_000)
    assert len(kept) >= HISTORY_PENDING_SAMPLES_MAX
    assert abs(len(kept) + int(str(lost.detail["samples"])) - (seconds + 60) / 10) <= 2
    assert abs(float(str(lost.detail["from_s"])) - (RIGHT_S - seconds)) <= 10
    assert box.earliest_s() >= RIGHT_S - seconds - 86_400


async def test_a_stop_before_the_clock_is_set_leaves_no_wrong_date(begin: Begin) -> None:
    box = begin(showing(0))
    await box.is_told("starting")
    box.lives(60)
    await box.stop()
    assert box.events() == []
    assert box.reader.samples(METER, 0, FOREVER_S, 10) == []


async def test_the_site_marks_a_time_that_cannot_be_and_the_log_tells_once(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = showing(100.0), MemoryStore()
    caplog.set_level(logging.INFO)
    gateway = Gateway(Site(box=BOX), Publisher(), clock, store, ChargerKeeper(store, ()), dates=Dates())
    gateway.main_meter.meter_bytes(TELEGRAMS[0])
    for _ in range(5):
        gateway.tick()
    assert site_document(gateway.site, clock.now_s, clock.wall_s()).clock == "unset"
    clock.wall_step_s = RIGHT_S - clock.now_s
    for _ in range(5):
        gateway.tick()
    shown = site_document(gateway.site, clock.now_s, clock.wall_s())
    assert (shown.clock, shown.time[:4]) == ("set", "2026")
    told = [record.getMessage() for record in caplog.records if "clock" in record.getMessage()]
    assert len(told) == 2
    assert "1970-01-01" in told[0]
    assert "2026" in told[1]


def test_where_nobody_sets_the_clock_it_counts_after_a_while() -> None:
    clock, store = showing(RIGHT_S), MemoryStore()
    dates = Dates([RIGHT_S + 86_400])
    gateway = Gateway(Site(box=BOX), Publisher(), clock, store, ChargerKeeper(store, ()), dates=dates)
    began_s = clock.now_s
    while not gateway.site.clock_set:
        clock.now_s += 1
        gateway.tick()
    assert clock.now_s - began_s == CLOCK_WAIT_S
