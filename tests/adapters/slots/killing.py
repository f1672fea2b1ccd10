"""Kills processes that install, switch, confirm and start, at random moments, on a real disk.

    python -m tests.adapters.slots.killing FOLDER SEED KILLS

A process of its own, since it forks: the child lives a box's life and tells what it knows before each operation, until
it is killed; the parent looks whether all of that is still true, and lets the next child go on.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ngair.adapters.slots.bytecode import compiling
from ngair.adapters.slots.disk import SlotDisk
from ngair.adapters.slots.slots import Slots
from tests.adapters.slots.lives import Image, Life, make_images

LIFE_MOST_S = 0.3


class _TellingDisk(SlotDisk):
    """Tells what is known before everything that it changes."""

    def __init__(self, life: _KilledLife, told: int) -> None:
        self._life = life
        self._told = told

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        self._tell()
        super().write(path, chunks)

    def rename(self, path: str, onto: str) -> None:
        self._tell()
        super().rename(path, onto)

    def remove(self, path: str) -> None:
        self._tell()
        super().remove(path)

    def _tell(self) -> None:
        os.write(self._told, self._life.known().encode() + b"\n")


class _KilledLife(Life):
    """One whose knowledge goes from process to process, and which compiles as the program does."""

    def known(self) -> str:
        parts = (sorted(self.confirmed), self.floor, sorted(self.given_up), self.installed, self.pending, self.trials)
        return json.dumps(parts)

    def learn(self, known: str) -> None:
        confirmed, self.floor, given_up, self.installed, self.pending, self.trials = json.loads(known)
        self.confirmed, self.given_up = set(confirmed), set(given_up)

    def slots(self, slot: str) -> Slots:
        site = Path(self.folder) / slot / "site"
        return Slots(Path(self.folder), slot, site, self.disk, compiling)


def _kill_once(images: dict[str, Image], chance: random.Random, folder: str, known: str, most_s: float) -> str:
    """What is known after one child more."""
    life = _KilledLife(images, random.Random(chance.random()), SlotDisk(), folder)
    life.learn(known)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        life.disk = _TellingDisk(life, tell)
        try:
            while True:
                life.run_once()
        finally:
            os._exit(1)
    os.close(tell)
    time.sleep(chance.uniform(0, most_s))
    os.kill(child, signal.SIGKILL)
    with os.fdopen(told, "rb") as lines:
        heard = [line for line in lines.read().splitlines(keepends=True) if line.endswith(b"\n")]
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "it ended by itself"
    if heard:
        life.learn(heard[-1].decode())
    life.start()
    return life.known()


def main() -> None:
    folder, seed, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    images = make_images(folder)
    slots = folder / "slots"
    slots.mkdir()
    chance = random.Random(seed)
    known = _KilledLife(images, chance, SlotDisk(), str(slots)).known()
    most_s = LIFE_MOST_S
    while kills > 0 or not json.loads(known)[1]:
        known = _kill_once(images, chance, str(slots), known, most_s)
        kills -= 1
        # On a slow machine too, a version is confirmed at some time.
        most_s *= 1.01 if kills > 0 else 1.5
    print(known)  # noqa: T201 - a command of its own


if __name__ == "__main__":
    main()
