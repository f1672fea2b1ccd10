"""The version that runs, and the one beside it: install, switch, confirm or give up."""

from __future__ import annotations

import errno
from pathlib import Path

from ngair import launcher
from ngair.adapters.slots.bytecode import compiling
from ngair.adapters.slots.disk import SlotDisk
from ngair.adapters.slots.installing import Compiling, Installing
from ngair.device.image.manifest import Manifest
from ngair.launcher import Boot, Failed, Trial


class Slots:
    """What the program may do to `boot.json` and to the slot that it does not run from.

    Everything is on the disk when a method returns, and raises OSError when it cannot be: then nothing that runs has
    changed. All is slow, so it is called in threads, one call at a time.
    """

    def __init__(
        self, folder: Path, slot: str, site: Path, disk: SlotDisk | None = None, compiling: Compiling = compiling
    ) -> None:
        """`folder` and `slot` as the launcher tells them (LAUNCHED_SLOTS, LAUNCHED_SLOT); `site` is where the running
        program's packages were loaded from: a slot that holds it is never written, whatever `slot` says."""
        self._folder = str(folder)
        self._slot = slot
        self._site = str(site)
        self._disk = disk or SlotDisk()
        self._compiling = compiling

    def boot(self) -> Boot:
        """What the launcher goes by."""
        return launcher.load_boot(self._disk, self._folder)

    @property
    def trial(self) -> Trial | None:
        """Of the running version, while it has to show that it is healthy."""
        trial = self.boot().trial
        return trial if trial and trial.slot == self._slot else None

    @property
    def failed(self) -> Failed | None:
        """The last version that was given up."""
        return self.boot().failed

    @property
    def floor(self) -> str:
        """No older version is taken; empty for any. Of the confirmed version's image, should the book be lost."""
        boot = self.boot()
        confirmed = launcher.slot_image(self._disk, self._folder, boot.active) if boot.active in launcher.SLOTS else {}
        return _newer(boot.floor, confirmed.get("minimum_version"))

    @property
    def free_bytes(self) -> int:
        """On the disk that the slots are on."""
        return self._disk.free_bytes(self._folder)

    def install(self, image: Path, manifest: Manifest) -> str:
        """Put a verified image into the slot that neither runs nor is active, and tell which. It does not start yet."""
        slot = self._idle_slot()
        boot = self.boot()
        installing = Installing(self._disk, self._folder, slot, self._compiling)
        with image.open("rb") as file:
            installing.prepare(file, manifest)
            if boot.trial and boot.trial.slot == slot:
                self._write(boot._replace(trial=None))
            installing.install(manifest)
        return slot

    def switch(self, slot: str, manifest: Manifest, deadline_s: float, *, meter_was_up: bool) -> None:
        """Have an installed version start next, on trial: it is healthy within the deadline, or this one comes back."""
        boot = self.boot()
        if (
            launcher.slot_image(self._disk, self._folder, slot).get("version") != manifest.version
            or slot == boot.active
        ):
            raise OSError(errno.ENOENT, f"version {manifest.version} is not whole in slot {slot}")
        running = launcher.sound_slots(self._disk, self._folder, None).get(boot.active, boot.factory)
        deadline = min(max(1, round(deadline_s)), launcher.DEADLINE_MAX_S)
        trial = Trial(slot, manifest.version, running, 0, deadline, meter_was_up)
        given_up = tuple(other for other in boot.given_up if other != slot)
        home = "" if slot == boot.home else boot.home
        self._write(boot._replace(trial=trial, failed=None, given_up=given_up, home=home))

    def confirm(self) -> None:
        """This version is healthy: from now on it is the one that starts, and nothing older than it says is taken."""
        boot = self.boot()
        trial = boot.trial
        if trial is None or trial.slot != self._slot:
            self.healthy()
            return
        image = launcher.slot_image(self._disk, self._folder, self._slot)
        floor = _newer(boot.floor, image.get("minimum_version"))
        self._write(boot._replace(active=self._slot, starts=0, trial=None, floor=floor, proven=True, home=""))

    def healthy(self) -> None:
        """The confirmed version works: earlier starts in which it did not are forgotten."""
        boot = self.boot()
        if boot.active == self._slot and (boot.starts or not boot.proven):
            given_up = tuple(slot for slot in boot.given_up if slot != self._slot)
            self._write(boot._replace(starts=0, given_up=given_up, proven=True, home=""))

    def give_up(self, reason: str, text: str) -> None:
        """This version, on trial, is not healthy, for this reason: the one before starts next."""
        boot = self.boot()
        if boot.trial and boot.trial.slot == self._slot:
            self._write(launcher.fail_trial(boot, reason, text))

    def _idle_slot(self) -> str:
        boot = self.boot()
        taken = {self._slot, boot.active, *(slot for slot in launcher.SLOTS if self._runs_from(slot))}
        idle = [slot for slot in launcher.SLOTS if slot not in taken]
        if not idle:
            raise OSError(errno.EBUSY, "both slots are in use: the running version has to be confirmed first")
        versions = launcher.sound_slots(self._disk, self._folder, None)
        # Where both are free, the better one stays.
        return min(idle, key=lambda slot: (slot not in boot.given_up, launcher.version_key(versions.get(slot, ""))))

    def _runs_from(self, slot: str) -> bool:
        return Path(self._site).resolve().is_relative_to(Path(self._folder, slot).resolve())

    def _write(self, boot: Boot) -> None:
        launcher.write_boot(self._disk, self._folder, boot)


def _newer(floor: str, other: object) -> str:
    """The newer of two versions, the second of which may be anything."""
    if isinstance(other, str) and launcher.version_key(other) > launcher.version_key(floor):
        return other
    return floor
