"""The life of a box's slots by chance, and what must be true of them after every cut of the power."""

from __future__ import annotations

import contextlib
import functools
import marshal
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngair import launcher
from ngair.adapters.slots.bytecode import bytecode, bytecode_path
from ngair.adapters.slots.disk import SlotDisk
from ngair.adapters.slots.slots import Slots
from ngair.device.image.manifest import Manifest
from tests.adapters.slots.wheels import image_of, program, unpacked

FOLDER = "/slots"
FACTORY_VERSION = "0.1.0"
VERSIONS = ("0.2.0", "0.3.0rc1", "0.3.0", "0.4.0.dev1", "0.10.0")
compiled = functools.lru_cache(bytecode)


@dataclass(frozen=True)
class Image:
    """An image, and what of it stands in a slot."""

    path: Path
    manifest: Manifest
    files: dict[str, bytes]


def make_images(folder: Path) -> dict[str, Image]:
    """One of every version."""
    images = {}
    for version in VERSIONS:
        wheels = program(version, f"def main():\n    return {version!r}\n")
        path = folder / f"{version}.ngfw"
        images[version] = Image(path, image_of(path, version, wheels), unpacked(wheels))
    return images


class Life:
    """A launcher, a program and their disk."""

    def __init__(self, images: dict[str, Image], chance: random.Random, disk: SlotDisk, folder: str = FOLDER) -> None:
        self.images = images
        self.chance = chance
        self.disk = disk
        self.folder = folder
        self.confirmed = {launcher.FACTORY}
        """Where the active version may be: two while a confirmation was cut."""
        self.floor = ""
        self.given_up: set[str] = set()
        """Slots whose trials are over for good, until something else is installed there."""
        self.installed: dict[str, str] = {}
        """Slot -> version, where an installation was done."""
        self.pending: str | None = None
        """The slot that was switched to, and whose trial was not judged yet."""
        self.trials = 0

    def start(self) -> tuple[launcher.Book, str]:
        """The launcher begins, and chooses; what it chose is whole and starts."""
        book = launcher.Book(self.disk, self.folder, FACTORY_VERSION)
        self.trials += 1
        boot, slot = book.start()
        self.check(boot, slot)
        if self.pending and self.trials <= launcher.TRIAL_STARTS_MAX:
            assert slot == self.pending, f"{slot} starts though {self.pending} was switched to"
        return book, slot

    def check(self, boot: launcher.Boot, slot: str) -> None:
        """Everything that has to be true whenever the launcher has chosen."""
        assert slot, "nothing starts"
        sound = launcher.sound_slots(self.disk, self.folder, FACTORY_VERSION)
        assert sound.items() >= self.installed.items()
        for other in sound.keys() - {launcher.FACTORY}:
            self.check_whole(other)
        on_trial = boot.trial is not None and boot.trial.slot == slot
        assert on_trial or slot == boot.active
        if not on_trial:
            # A slot that did not become healthy in five starts is left by right.
            assert slot in self.confirmed or self.confirmed & set(boot.given_up), (boot, self.confirmed)
            self.confirmed = {slot}
        assert slot not in self.given_up, f"{slot} was given up"
        told = self.slots(slot).floor
        assert launcher.version_key(told) >= launcher.version_key(self.floor), f"the floor fell to {told!r}"

    def check_whole(self, slot: str) -> None:
        """Every file has its true bytes, and it starts."""
        version = launcher.slot_image(self.disk, self.folder, slot)["version"]
        site = f"{self.folder}/{slot}/site"
        for path, data in self.images[version].files.items():
            assert self.disk.read(f"{site}/{path}", 1 << 20) == data, path
            if path.endswith(".py"):
                code = compiled(data, f"{site}/{path}")
                assert self.disk.read(f"{site}/{bytecode_path(path)}", 1 << 20) == code, path
        code = self.disk.read(f"{site}/{bytecode_path('ngair/cli/main.py')}", 1 << 20)
        scope: dict[str, Any] = {}
        exec(marshal.loads(code[16:]), scope)
        assert scope["main"]() == version

    def slots(self, slot: str) -> Slots:
        """The program's hand on them."""
        site = Path(f"{self.folder}/{slot}/site" if slot in launcher.SLOTS else "/factory")
        return Slots(Path(self.folder), slot, site, self.disk, lambda: contextlib.nullcontext(compiled))

    def run_once(self) -> None:
        """One start of the launcher, and what the program does by chance until it ends, or installs a version."""
        book, slot = self.start()
        slots = self.slots(slot)
        code = 75
        if slots.trial:
            code = self._judge(slots, slot)
        elif self.chance.random() < 0.7:
            slots.healthy()
        if slots.trial is None and code == 75 and self.chance.random() < 0.7:
            self.update(slots, slot)
            if self.chance.random() < 0.2:
                self.update(slots, slot)
        elif code == 75 and self.chance.random() < 0.2:
            code = 1
        on_trial = slots.trial is not None
        if on_trial:
            self.pending = None
        book.end(slot, launcher.End(code))
        if on_trial and slots.trial is None:
            self.given_up.add(slot)

    def update(self, slots: Slots, running: str, version: str | None = None) -> None:
        """A version is installed and switched to; any by chance, which then mostly is."""
        image = self.images[version or self.chance.choice(VERSIONS)]
        target = next(slot for slot in launcher.SLOTS if slot != running and slot not in self.confirmed)
        if {running, *self.confirmed} <= {launcher.FACTORY}:
            self.installed.clear()
        self.installed.pop(target, None)
        self.pending = None
        slot = slots.install(image.path, image.manifest)
        assert slot not in {running, *self.confirmed}
        self.installed[slot] = image.manifest.version
        self.given_up.discard(slot)
        if version or self.chance.random() < 0.9:
            slots.switch(slot, image.manifest, 300, meter_was_up=True)
            self.pending, self.trials = slot, 0

    def confirm(self, slots: Slots, slot: str) -> None:
        """The version on trial is healthy."""
        self.pending = None
        self.confirmed.add(slot)
        slots.confirm()
        self.confirmed = {slot}
        self.floor = slots.floor

    def _judge(self, slots: Slots, slot: str) -> int:
        """A version on trial shows what it is."""
        what = self.chance.random()
        if what < 0.6:
            self.confirm(slots, slot)
            return 75
        self.pending = None
        if what < 0.7:
            slots.give_up("no meter", "no telegram came")
            self.given_up.add(slot)
        return 76 if what < 0.8 else 1
