"""Real kills of the launcher, with its program at any moment of an update."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest

from ngair import launcher
from ngair.adapters.slots.disk import SlotDisk
from tests.adapters.slots.wheels import unpacked
from tests.launcher.programs import RESTLESS, Launched, factory, image, launched, version_of

BOXES = 4
VERSIONS = ("0.2.0", "0.3.0")


def test_twenty_kills_of_launchers(tmp_path: Path) -> None:
    _kill(tmp_path, random.randrange(1 << 32), 20)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_hundreds_of_kills_of_launchers(tmp_path: Path) -> None:
    _kill(tmp_path, random.randrange(1 << 32), 400)


def _kill(folder: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    expected = {version: unpacked(version_of(version, RESTLESS)) for version in VERSIONS}
    images = tuple(str(image(folder, version, RESTLESS)[0]) for version in reversed(VERSIONS))
    site = factory(folder, main=RESTLESS)
    floors = [""] * BOXES
    for _ in range(kills // BOXES):
        with contextlib.ExitStack() as stack:
            boxes = [
                stack.enter_context(launched(folder / str(number) / "slots", "--factory", str(site), arguments=images))
                for number in range(BOXES)
            ]
            for box in chance.sample(boxes, BOXES):
                time.sleep(chance.uniform(0, 0.6))
                box.process.kill()
        for number, box in enumerate(boxes):
            try:
                floors[number] = _check(box, floors[number], expected)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, box {number}: {error}\n{box.said}") from error
    with contextlib.ExitStack() as stack:
        for number in range(BOXES):
            slots = folder / str(number) / "slots"
            last = stack.enter_context(launched(slots, "--factory", str(site), arguments=images))
            last.until("healthy", times=last.said.count("healthy") + 1)


def _check(box: Launched, floor: str, expected: dict[str, dict[str, bytes]]) -> str:
    boot = box.boot()
    assert launcher.version_key(boot.floor) >= launcher.version_key(floor)
    sound = launcher.sound_slots(SlotDisk(), str(box.slots), "0.1.0")
    for slot in sound.keys() - {launcher.FACTORY}:
        for path, data in expected[sound[slot]].items():
            assert (box.slots / slot / "site" / path).read_bytes() == data, path
    assert boot.active in {*sound, ""}, f"{boot.active} was confirmed and is gone"
    assert boot.failed is None or boot.failed.reason == "starts", "what works is never given up, but for kills"
    return boot.floor
