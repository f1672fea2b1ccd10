"""Firmware goes into real slots on a real disk, and the program restarts, confirms or gives up when it has to."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Literal

import pytest

from ngair import launcher
from ngair.adapters.slots.disk import SlotDisk
from ngair.adapters.slots.slots import Slots
from ngair.api.publisher import Publisher
from ngair.device.image import Manifest
from ngair.gateway import updating
from ngair.gateway.gateway import Gateway
from ngair.gateway.keep import ChargerKeeper
from ngair.gateway.update_notes import UPDATE
from ngair.gateway.updating import EXIT_RESTART, EXIT_UNHEALTHY, Updater
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerSeen
from ngair.model.limits import (
    RESTART_FOLLOW_S,
    RESTART_WAIT_MAX_S,
    TRIAL_LEAST_S,
    TRIAL_MOST_S,
    TRIAL_STEADY_S,
)
from ngair.model.rules import MAIN_FUSE, Fuse, Pace
from ngair.model.site import Site
from ngair.model.update import Update
from tests.adapters.slots.wheels import image_of, program
from tests.gateway.house import BOX, HandClock, MemoryStore
from tests.meter.telegrams import telegram_of
from tests.waiting import until

RUNS = "0.6.0"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "LOOK_EVERY_S", 0.001)


class FullDisk(SlotDisk):
    """One that may take nothing any more."""

    full = False

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(path, chunks)


class Told(Gateway):
    """Remembers each update that it was told."""

    seen: list[Update]

    def updates(self, update: Update) -> None:
        self.seen.append(update)
        super().updates(update)


class Turns(asyncio.Event):
    """What an updater waits by, once a turn: how many it began, and whether it has nothing more to look at."""

    begun = 0
    is_over = False

    def clear(self) -> None:
        self.begun += 1
        super().clear()

    async def wait(self) -> Literal[True]:
        self.is_over = True
        try:
            return await super().wait()
        finally:
            self.is_over = False


class Program:
    """A start of the program, from the slot that the launcher chose, in a house with one charger."""

    def __init__(self, folder: Path, store: MemoryStore, version: str = RUNS, *, charger: bool = False) -> None:
        self.clock = HandClock()
        self.disk = FullDisk()
        self.answers = True
        self.left: list[int] = []
        self.folder = folder
        self.store = store
        boot, slot = launcher.choose(self.boot, launcher.sound_slots(self.disk, str(folder), RUNS))
        launcher.write_boot(self.disk, str(folder), boot)
        self.slots = Slots(folder, slot, folder / slot / "site", self.disk)
        fuse = Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25))
        site = Site(box=BOX, fuses=(fuse,), pace=Pace(raise_after_s=0, restart_after_s=0))
        Told.seen = []
        self.gateway = Told(site, Publisher(), self.clock, store, ChargerKeeper(store, []))
        self.updater = Updater(self.slots, self.clock, self.gateway, store, version, self._answers, self.left.append)
        self.updater.begin()
        self.turns = self.updater._news = Turns()
        self.outlet = Outlet(id=1, state=OutletState.CHARGING) if charger else None

    async def _answers(self) -> bool:
        return self.answers

    async def looked(self) -> None:
        """Wait until all of it was looked at once more, or there is nothing more to look at."""
        # The one that is under way may have looked already.
        enough = self.turns.begun + 2
        await until(lambda: self.turns.begun >= enough or self.turns.is_over or self.left)

    @property
    def boot(self) -> launcher.Boot:
        return launcher.load_boot(self.disk, str(self.folder))

    @property
    def update(self) -> Update:
        return self.gateway.site.update

    @property
    def setpoint_a(self) -> int:
        return self.gateway.site.decision.setpoints[0].setpoint_a

    def lives(self, seconds: int, *, draws: bool = True) -> None:
        """So many seconds pass: the meter and the charger tell, and the car follows at once."""
        for _ in range(seconds):
            self.clock.now_s += 1
            setpoints = self.gateway.site.decision.setpoints
            amps = setpoints[0].setpoint_a if setpoints and draws else 0
            self.gateway.main_meter.meter_bytes(telegram_of((4 + amps, 4, 4)))
            if self.outlet is not None:
                outlet = Outlet(id=1, state=self.outlet.state, current_a=(amps, 0, 0), told_at_s=self.clock.now_s)
                box = ChargeBox(serial="CHARGER1", identity="CHARGER1", outlets=(outlet,))
                self.gateway.charger(ChargerSeen(box))
            self.gateway.tick()


@contextlib.asynccontextmanager
async def begun(started: Program) -> AsyncIterator[Program]:
    """With its updater at work, until it is cut off."""
    saves = started.store.saves
    work = asyncio.create_task(started.updater.run())
    # It begins with keeping what was found out.
    await until(lambda: started.store.saves > saves)
    try:
        yield started
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        if work.done() and not work.cancelled():
            work.result()


def brought(folder: Path, version: str = "0.7.0") -> tuple[Path, Manifest]:
    """An image as an upload left it."""
    path = folder / f"{version}.ngfw"
    manifest = image_of(path, version, program(version, ""), minimum="0.5.0")
    return path, manifest


@pytest.fixture(name="slots")
def _slots(tmp_path: Path) -> Path:
    folder = tmp_path / "slots"
    folder.mkdir()
    return folder


async def steadily(started: Program, seconds: float = TRIAL_STEADY_S) -> None:
    """It is looked at, time passes, and it is looked at again."""
    await started.looked()
    started.clock.now_s += seconds
    await started.looked()


async def restarted(slots: Path, store: MemoryStore, version: str = "0.7.0", *, meter: bool = False) -> None:
    """A program took an image and has ended, so that it is tried next."""
    async with begun(Program(slots, store)) as old:
        if meter:
            old.lives(3)
        old.updater.take(*brought(slots.parent, version))
        await until(lambda: old.left, lambda: old.update)


async def test_without_chargers_it_restarts_as_soon_as_it_is_installed(slots: Path) -> None:
    image, manifest = brought(slots.parent)
    async with begun(Program(slots, MemoryStore())) as old:
        old.updater.take(image, manifest)
        assert old.update.state == "installing"
        await until(lambda: old.left)
        assert old.left == [EXIT_RESTART]
        assert [update.state for update in Told.seen] == ["installing", "waiting", "restarting"]
        assert old.update.holding
        trial = old.boot.trial
        assert trial is not None
        assert (trial.slot, trial.version, trial.from_version) == ("a", "0.7.0", RUNS)
        assert (trial.meter_was_up, trial.deadline_s) == (False, TRIAL_MOST_S)
        assert not image.exists()


async def test_a_meter_that_is_read_has_to_be_read_by_the_new_version(slots: Path) -> None:
    await restarted(slots, MemoryStore(), meter=True)
    trial = launcher.load_boot(launcher.Disk(), str(slots)).trial
    assert trial is not None
    assert (trial.meter_was_up, trial.deadline_s) == (True, TRIAL_LEAST_S)


async def test_it_waits_for_a_car_and_goes_when_that_is_full(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore(), charger=True)) as old:
        old.lives(60)
        assert old.setpoint_a > 6
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
        await steadily(old, 60)
        old.lives(1)
        await steadily(old, 0)
        assert (old.left, old.update.holding) == ([], False)
        assert old.outlet is not None
        old.outlet = Outlet(id=1, state=OutletState.FINISHING)
        old.lives(2, draws=False)
        await until(lambda: old.update.holding)
        assert old.setpoint_a == 6
        assert not old.left, "the charger has to be told first"
        old.lives(int(RESTART_FOLLOW_S) + 1, draws=False)
        await until(lambda: old.left == [EXIT_RESTART])
        assert old.setpoint_a == 6


async def test_after_a_night_it_holds_and_goes(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore(), charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
        old.clock.now_s += RESTART_WAIT_MAX_S
        old.lives(1)
        await until(lambda: old.update.holding)
        assert old.setpoint_a == 6
        old.lives(int(RESTART_FOLLOW_S) + 2)
        await until(lambda: old.left == [EXIT_RESTART])


async def test_on_trial_it_holds_until_it_was_healthy_for_a_while(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    fresh = Program(slots, store, "0.7.0")
    assert fresh.update.holding, "before anything of it runs"
    async with begun(fresh) as new:
        assert (new.update.state, new.update.version, new.update.from_version) == ("trial", "0.7.0", RUNS)
        assert new.update.holding
        assert new.updater.unfit() is not None
        assert not new.updater.is_settled
        await steadily(new, TRIAL_STEADY_S / 2)
        new.answers = False
        await steadily(new, TRIAL_STEADY_S)
        new.answers = True
        await steadily(new, TRIAL_STEADY_S / 2)
        assert new.boot.trial is not None, "a break begins it anew"
        await steadily(new, TRIAL_STEADY_S / 2)
        await until(lambda: new.update == Update())
        boot = new.boot
        assert (boot.active, boot.trial, boot.floor) == ("a", None, "0.5.0")
        await until(lambda: new.updater.unfit() is None)
        assert new.updater.floor == "0.5.0"
        assert new.updater.is_settled


async def test_on_trial_it_gives_up_when_it_reads_nothing_of_a_meter_that_was_read(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store, meter=True)
    async with begun(Program(slots, store, "0.7.0")) as new:
        await steadily(new, TRIAL_LEAST_S - 1)
        assert not new.left
        await steadily(new, 1)
        await until(lambda: new.left == [EXIT_UNHEALTHY])
        assert new.update.holding, "until the version before is there"
        failed = new.boot.failed
        assert failed is not None
        assert (failed.version, failed.reason) == ("0.7.0", "meter silent")


async def test_one_telegram_of_the_meter_is_enough(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store, meter=True)
    async with begun(Program(slots, store, "0.7.0")) as new:
        new.lives(1)
        await steadily(new)
        await until(lambda: new.update == Update())


async def test_on_trial_it_gives_up_when_its_api_does_not_answer(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    new = Program(slots, store, "0.7.0")
    new.answers = False
    async with begun(new):
        await steadily(new, TRIAL_MOST_S)
        await until(lambda: new.left == [EXIT_UNHEALTHY])
    failed = new.boot.failed
    assert failed is not None
    assert failed.reason == "no answer"


async def test_a_disk_that_takes_no_confirmation_is_tried_again(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    async with begun(Program(slots, store, "0.7.0")) as new:
        new.disk.full = True
        await steadily(new)
        assert new.update.state == "trial"
        new.disk.full = False
        await until(lambda: new.update == Update())


async def test_a_disk_that_takes_nothing_on_trial_still_gives_it_up(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    async with begun(Program(slots, store, "0.7.0")) as new:
        new.disk.full = True
        await steadily(new, TRIAL_MOST_S)
        await until(lambda: new.left == [EXIT_UNHEALTHY])
        assert new.boot.trial is not None, "the launcher goes by the exit code"


async def test_the_version_before_tells_once_why_and_shows_it_until_another_comes(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    new = Program(slots, store, "0.7.0")
    new.answers = False
    async with begun(new):
        await steadily(new, TRIAL_MOST_S)
        await until(lambda: new.left)
    for states in (["restarting", "failed"], ["failed"]):
        told = Program(slots, store)
        assert told.update.state == "failed", "before anything of it runs"
        async with begun(told) as old:
            assert [update.state for update in Told.seen] == states
            assert (old.update.version, old.update.reason, old.update.holding) == ("0.7.0", "no answer", False)
            assert old.updater.unfit() is None
    async with begun(Program(slots, store, "0.8.0")) as newer:
        assert newer.update == Update(), "somebody brought a newer one another way"


async def test_what_waits_after_a_failure_is_not_taken_for_that(slots: Path) -> None:
    store = MemoryStore()
    await restarted(slots, store)
    new = Program(slots, store, "0.7.0")
    new.answers = False
    async with begun(new):
        await steadily(new, TRIAL_MOST_S)
        await until(lambda: new.left)
    async with begun(Program(slots, store, charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent, "0.7.0"))
        await until(lambda: old.update.state == "waiting")
        assert old.boot.failed is not None
        assert launcher.sound_slots(old.disk, str(slots), None)[old.boot.failed.slot] == "0.7.0"
    async with begun(Program(slots, store)) as again:
        await until(lambda: again.left == [EXIT_RESTART])
        assert [update.state for update in Told.seen] == ["failed", "waiting", "restarting"]


async def test_a_confirmed_version_is_healthy_without_a_meter(slots: Path) -> None:
    store = MemoryStore()
    for _ in range(3):
        Program(slots, store)
    async with begun(Program(slots, store)) as old:
        assert old.boot.starts == 4
        await steadily(old)
        await until(lambda: old.boot.starts == 0)


async def test_what_waits_is_not_forgotten_by_a_power_cut(slots: Path) -> None:
    store = MemoryStore()
    async with begun(Program(slots, store, charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
        assert not old.left
    waits = Program(slots, store)
    assert (waits.update.state, waits.update.version) == ("waiting", "0.7.0"), "before anything of it runs"
    async with begun(waits) as again:
        await until(lambda: again.left == [EXIT_RESTART])
        assert again.boot.trial is not None
    async with begun(Program(slots, store, "0.7.0")) as new:
        await steadily(new)
        await until(lambda: new.update == Update())
        await steadily(new)
        assert not new.left, "it is not started a second time"


async def test_what_is_on_trial_does_not_wait_any_more(slots: Path) -> None:
    """The power is cut between the book that says so and the note that it waits."""
    store = MemoryStore()
    async with begun(Program(slots, store, charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
        waits = store.files[UPDATE]
    async with begun(Program(slots, store)) as again:
        await until(lambda: again.left == [EXIT_RESTART])
    store.files[UPDATE] = waits
    async with begun(Program(slots, store, "0.7.0")) as new:
        await steadily(new)
        await until(lambda: new.update == Update())
        await steadily(new)
        assert not new.left


async def test_what_waits_is_dropped_for_a_newer_version(slots: Path) -> None:
    store = MemoryStore()
    async with begun(Program(slots, store, charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
    async with begun(Program(slots, store, "0.8.0")) as newer:
        await steadily(newer)
        assert (newer.left, newer.update) == ([], Update())


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"pending": 3}', b"\xff", b'{"pending": {"slot": "b"}}'])
async def test_notes_that_cannot_be_read_are_none(slots: Path, kept: bytes) -> None:
    store = MemoryStore()
    store.files[UPDATE] = kept
    async with begun(Program(slots, store)) as old:
        await steadily(old)
        assert (old.left, old.update) == ([], Update())


async def test_a_full_disk_is_told_and_the_next_image_is_welcome(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore())) as old:
        image, manifest = brought(slots.parent)
        old.disk.full = True
        old.updater.take(image, manifest)
        await until(lambda: old.update.state == "failed")
        assert old.update.reason == "not installed"
        assert "No space left" in old.update.detail
        await until(lambda: not image.exists())
        old.disk.full = False
        assert old.updater.unfit() is None
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.left == [EXIT_RESTART])


async def test_a_slot_that_is_gone_when_it_should_start_is_told_and_holds_nothing(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore(), charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent))
        await until(lambda: old.update.state == "waiting")
        (slots / "a" / "image.json").unlink()
        old.clock.now_s += RESTART_WAIT_MAX_S
        old.lives(1)
        await until(lambda: old.update.holding)
        old.lives(int(RESTART_FOLLOW_S) + 2)
        await until(lambda: old.update.state == "failed", lambda: old.update)
        assert (old.update.reason, old.update.holding, old.left) == ("not started", False, [])


async def test_another_image_takes_the_place_of_one_that_waits(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore(), charger=True)) as old:
        old.lives(60)
        old.updater.take(*brought(slots.parent, "0.7.0"))
        await until(lambda: old.update.state == "waiting")
        assert old.updater.unfit() is None
        old.updater.note(Update(state="receiving", progress=10))
        old.clock.now_s += RESTART_WAIT_MAX_S
        await steadily(old, 0)
        assert (old.update.state, old.left) == ("receiving", []), "nothing restarts under an upload"
        old.updater.note(Update(state="failed", reason="unsigned", detail="Nobody signed it."))
        assert (old.update.state, old.update.version) == ("waiting", "0.7.0")
        old.updater.take(*brought(slots.parent, "0.7.1"))
        await until(lambda: (old.update.state, old.update.version) == ("waiting", "0.7.1"))
        old.clock.now_s += RESTART_WAIT_MAX_S
        old.lives(1)
        await until(lambda: old.update.holding)
        old.lives(int(RESTART_FOLLOW_S) + 2)
        await until(lambda: old.left == [EXIT_RESTART])
        assert old.boot.trial is not None
        assert old.boot.trial.version == "0.7.1"


async def test_no_image_is_taken_while_one_is_started(slots: Path) -> None:
    async with begun(Program(slots, MemoryStore())) as started:
        assert started.updater.unfit() is None
        started.updater.take(*brought(slots.parent))
        refused = started.updater.unfit()
        assert refused is not None
        assert refused.status == 409
        await until(lambda: started.left)
        assert started.updater.unfit() is not None
