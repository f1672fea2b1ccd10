"""The power goes at any step of installing, switching, confirming and starting: what starts then is whole."""

from __future__ import annotations

import contextlib
import copy
import errno
import os
import random

import pytest

from ngair import launcher
from tests.adapters.slots.lives import FOLDER, VERSIONS, Image, Life, make_images
from tests.adapters.slots.simulated_disk import PowerCut, SimulatedDisk

SEED = int(os.environ.get("NGAIR_TEST_SEED", "1"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_a_version_starts_after_every_cut(images: dict[str, Image], seed: int) -> None:
    cuts = _live_with_cuts(images, seed, 500)
    assert cuts == 500


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEED + 100, SEED + 200))
def test_a_version_starts_after_many_more_cuts(images: dict[str, Image], seed: int) -> None:
    _live_with_cuts(images, seed, 3000)


@pytest.mark.parametrize("updates_before", [0, 1, 2])
def test_a_version_starts_after_a_cut_at_each_step_of_an_update(images: dict[str, Image], updates_before: int) -> None:
    disk = _empty_disk(random.Random(SEED))
    life = Life(images, disk.chance, disk)
    for version in VERSIONS[:updates_before]:
        _update(life, version)
    before = disk.operations
    _update(_copy(life))
    steps = _update(_copy(life)).operations - before
    assert steps > 60
    for step in range(1, steps + 1):
        cut = _copy(life)
        cut.chance.seed(SEED + step)
        assert isinstance(cut.disk, SimulatedDisk)
        cut.disk.cut_after = step
        with contextlib.suppress(PowerCut):
            _update(cut)
        for again in range(24):
            found = _copy(cut, cut.disk.after_the_cut())
            try:
                found.start()
                if again < 2:
                    _update(found)
            except AssertionError as error:
                raise AssertionError(f"seed {SEED}, step {step} of {steps}, {again}: {error}") from error


def _update(life: Life, version: str = VERSIONS[-1]) -> SimulatedDisk:
    """From the start of the one before to the first start after it was confirmed."""
    for _ in range(2):
        book, slot = life.start()
        slots = life.slots(slot)
        if slots.trial:
            life.confirm(slots, slot)
            book.end(slot, launcher.End(75))
            break
        slots.healthy()
        life.update(slots, slot, version)
        book.end(slot, launcher.End(75))
    life.start()
    assert isinstance(life.disk, SimulatedDisk)
    return life.disk


def _copy(life: Life, disk: SimulatedDisk | None = None) -> Life:
    shared = {id(life.images): life.images}
    return copy.deepcopy(
        life, shared if disk is None else {**shared, id(life.disk): disk, id(disk.chance): disk.chance}
    )


def _empty_disk(chance: random.Random) -> SimulatedDisk:
    disk = SimulatedDisk(chance)
    disk.make_folder(FOLDER)
    disk.sync("/")
    return disk


@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_a_version_starts_after_every_cut_of_a_disk_that_is_full_at_times(images: dict[str, Image], seed: int) -> None:
    chance = random.Random(seed)
    life = Life(images, chance, _empty_disk(chance))
    refused = cuts = 0
    for _ in range(100):
        assert isinstance(life.disk, SimulatedDisk)
        used = life.disk.size("/")
        life.disk.capacity = used + chance.choice((0, chance.randint(0, 20_000), 1 << 20))
        life.disk.cut_after = chance.randint(1, 400)
        try:
            for _ in range(8):
                try:
                    life.run_once()
                except OSError as error:
                    refused += error.errno == errno.ENOSPC
        except PowerCut:
            cuts += 1
            life.disk = life.disk.after_the_cut()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, cut {cuts}: {error}") from error
        life.disk.cut_after = None
    assert refused > 20
    assert cuts > 20


def _live_with_cuts(images: dict[str, Image], seed: int, cuts_wanted: int) -> int:
    chance = random.Random(seed)
    disk = _empty_disk(chance)
    life = Life(images, chance, disk)
    cuts = 0
    while cuts < cuts_wanted:
        # Long enough for an installation, or so short that the start after a cut is cut again.
        disk.cut_after = chance.choice((chance.randint(1, 8), chance.randint(1, 40), chance.randint(1, 400)))
        try:
            while True:
                life.run_once()
        except PowerCut:
            cuts += 1
            disk = disk.after_the_cut()
            life.disk = disk
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, cut {cuts}: {error}") from error
        else:
            raise AssertionError("the power never went")
        # What was being installed may be there or not, but a confirmed version is.
    life.start()
    return cuts
