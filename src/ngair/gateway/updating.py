"""From a verified image to firmware that runs: installed beside what runs, and started when that disturbs no car."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from ngair.device.image.manifest import Manifest
from ngair.device.image.version import is_older
from ngair.device.moment import Moment, trial_deadline_s
from ngair.gateway.gateway import Gateway
from ngair.gateway.ports import Clock, FirmwareSlots, Store, UploadRefusedError
from ngair.gateway.proving import Proving
from ngair.gateway.update_notes import Notes, Pending, Told, UpdateNotes
from ngair.model.limits import RESTART_WAIT_MAX_S
from ngair.model.update import Update

EXIT_RESTART = 75
EXIT_UNHEALTHY = 76
"""By these the launcher starts what is to be started now, or goes back to the version before."""
LOOK_EVERY_S = 0.5
UNTIL_CALM = f"It starts as soon as that disturbs no car, within {RESTART_WAIT_MAX_S / 3600:g} hours."
UNTIL_HELD = "It starts as soon as no car draws more than the fallback current."

log = logging.getLogger("ngair")


class Updater:
    """One image at a time, from the uploads to the slots; and whether the version that runs is healthy."""

    def __init__(
        self,
        slots: FirmwareSlots,
        clock: Clock,
        gateway: Gateway,
        store: Store,
        version: str,
        answers: Callable[[], Awaitable[bool]],
        leave: Callable[[int], None],
    ) -> None:
        """`version` is the running one's, `answers` asks its API over a real connection, `leave` ends the program with
        an exit code, as if it had been asked to stop."""
        self._slots = slots
        self._clock = clock
        self._gateway = gateway
        self._version = version
        self._leave = leave
        self._store = UpdateNotes(store)
        self._notes = Notes()
        self._kept: Notes | None = None
        """Of the notes, what the store has by now."""
        self._proving = Proving(slots, clock, gateway, answers)
        self._arrived: tuple[Path, Manifest] | None = None
        self._moment: Moment | None = None
        self._receiving = False
        self._news = asyncio.Event()
        self._settled = asyncio.Event()
        self.floor = ""
        """No older version is taken."""

    @property
    def is_settled(self) -> bool:
        """Whether the running version stays. Until then it must change nothing that the one before could not read."""
        return self._settled.is_set()

    async def settled(self) -> None:
        """Wait until it is."""
        await self._settled.wait()

    def unfit(self) -> UploadRefusedError | None:
        """Why no image can be taken now; `None` when one can. One that waits to be started makes room for another."""
        update = self._gateway.site.update
        if not self.is_settled or update.holding or update.state in ("installing", "restarting"):
            return UploadRefusedError(409, "Firmware is being started already: wait some minutes, then try again.")
        return None

    def note(self, update: Update) -> None:
        """How an upload fares."""
        self._receiving = update.state == "receiving"
        self._gateway.updates(update)
        if update.state == "failed" and self._notes.pending is not None:
            self._show_waiting(self._notes.pending, holding=False)

    def take(self, image: Path, manifest: Manifest) -> None:
        """An image that was verified. Its file is removed once it is installed, or cannot be."""
        self._receiving = False
        self._arrived = (image, manifest)
        self._news.set()
        self._gateway.updates(Update(state="installing", version=manifest.version))

    def begin(self) -> None:
        """Find out where the program stopped, or was cut off: on trial, after one that failed, or with one that waits.

        Before anybody can ask it, and before it allows any current.
        """
        trial, failed, self.floor = self._slots.trial, self._slots.failed, self._slots.floor
        notes = self._store.load()
        self._proving.begin(trial)
        if trial is not None:
            self._notes = replace(notes, pending=None)
            return
        self._settled.set()
        told = None if failed is None else Told(failed.slot, failed.version, failed.reason, failed.text)
        if told is not None and self._is_past(told.version):
            told = None
        pending = notes.pending
        if pending is not None and self._is_past(pending.manifest.version):
            pending = None
        if told is not None:
            is_news = told != notes.told
            self._tell_failure(told, is_news=is_news)
            # What failed before this was noted is another.
            if is_news and pending is not None and pending.slot == told.slot:
                pending = None
        if pending is not None:
            self._await_moment(pending)
        self._notes = Notes(pending, told)

    async def run(self) -> None:
        """See to all of it until the program ends. To be begun again should it fail."""
        await self._keep(self._notes)
        while True:
            self._news.clear()
            if self._arrived is not None:
                (image, manifest), self._arrived = self._arrived, None
                await self._install(image, manifest)
            elif self._notes.pending is not None and not self._receiving:
                await self._wait(self._notes.pending)
            if not self._proving.done:
                await self._prove()
            elif self._notes.pending is None and self._arrived is None:
                await self._news.wait()
            await asyncio.sleep(LOOK_EVERY_S)

    def _tell_failure(self, told: Told, *, is_news: bool) -> None:
        if is_news:
            log.error("the update to ngair %s failed: %s", told.version, told.text)
            self._gateway.updates(Update(state="restarting", version=told.version))
        self._gateway.updates(Update(state="failed", version=told.version, reason=told.reason, detail=told.text))

    async def _prove(self) -> None:
        if not await self._proving.look():
            await self._end(EXIT_UNHEALTHY)
        if self._proving.done:
            # First: none older is taken in the moment between.
            self.floor = await asyncio.to_thread(lambda: self._slots.floor)
            self._settled.set()

    async def _install(self, image: Path, manifest: Manifest) -> None:
        log.info("installing ngair %s beside %s", manifest.version, self._version)
        self._moment = None
        await self._keep(Notes(None, self._notes.told))
        try:
            slot = await asyncio.to_thread(self._slots.install, image, manifest)
        except OSError as error:
            why = f"It could not be installed ({_told(error)}): look at the box's disk."
            self._fail(manifest, "not installed", why)
        except Exception as error:
            why = f"It could not be installed: {type(error).__name__}: {error}"
            self._fail(manifest, "not installed", why)
        else:
            await self._keep(Notes(Pending(slot, manifest), self._notes.told))
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(image.unlink)

    async def _wait(self, pending: Pending) -> None:
        """For the moment; and when it is there, restart."""
        moment = self._moment or self._await_moment(pending)
        step = moment.look(self._gateway.site, self._clock.monotonic_s())
        if step == "restart":
            await self._restart(pending.slot, pending.manifest)
        elif step == "hold" and not self._gateway.site.update.holding:
            self._show_waiting(pending, holding=True)

    def _await_moment(self, pending: Pending) -> Moment:
        moment = self._moment = Moment(self._clock.monotonic_s())
        self._show_waiting(pending, holding=False)
        return moment

    async def _restart(self, slot: str, manifest: Manifest) -> None:
        meter = self._gateway.site.meter
        was_up, deadline_s = meter.is_fresh(self._clock.monotonic_s()), trial_deadline_s(meter)
        self._gateway.updates(Update(state="restarting", version=manifest.version, progress=100, holding=True))
        try:
            await asyncio.to_thread(self._slots.switch, slot, manifest, deadline_s, meter_was_up=was_up)
        except OSError as error:
            self._moment = None
            await self._keep(Notes(None, self._notes.told))
            self._fail(manifest, "not started", f"It could not be started ({_told(error)}): look at the box's disk.")
            return
        await self._keep(Notes())
        log.info("restarting as ngair %s", manifest.version)
        await self._end(EXIT_RESTART)

    async def _end(self, code: int) -> None:
        """After a moment in which pages are told."""
        await asyncio.sleep(LOOK_EVERY_S)
        self._leave(code)
        await asyncio.Event().wait()

    async def _keep(self, notes: Notes) -> None:
        self._notes = notes
        if notes != self._kept:
            await asyncio.to_thread(self._store.save, notes)
            self._kept = notes

    def _show_waiting(self, pending: Pending, *, holding: bool) -> None:
        self._gateway.updates(
            Update(
                state="waiting",
                version=pending.manifest.version,
                progress=100,
                detail=UNTIL_HELD if holding else UNTIL_CALM,
                holding=holding,
            )
        )

    def _fail(self, manifest: Manifest, reason: str, text: str) -> None:
        log.error("ngair %s: %s", manifest.version, text)
        self._gateway.updates(Update(state="failed", version=manifest.version, reason=reason, detail=text))

    def _is_past(self, version: str) -> bool:
        """Whether what runs is newer than a version that failed, or waits: somebody brought it another way."""
        try:
            return is_older(version, self._version)
        except ValueError:
            return False


def _told(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
