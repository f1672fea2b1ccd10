"""What the program does to its slots, on the real disk."""

from __future__ import annotations

import errno
import functools
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ngair import launcher
from ngair.adapters.slots import installing
from ngair.adapters.slots.bytecode import bytecode, bytecode_path, compiling
from ngair.adapters.slots.disk import SlotDisk
from ngair.adapters.slots.slots import Slots
from ngair.adapters.slots.wheel import WheelError
from ngair.device.image.manifest import Manifest
from ngair.launcher import FACTORY, Boot, Trial
from tests.adapters.slots.wheels import image_of, program, unpacked, wheel
from tests.contracts.disks import FILL, READ_ONLY, SMALL, on_a_disk
from tests.program import DEADLINE_S

MAIN = "def main():\n    print('it works')\n"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "slots"
    folder.mkdir()
    _book(folder, Boot(active=FACTORY, factory="0.1"))
    return folder


def test_what_is_installed_starts_without_being_compiled(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "image.ngfw"
    assert _slots(folder).install(path, image_of(path, "0.2.0", program("0.2.0", MAIN))) == "a"
    site = folder / "a" / "site"
    expected = unpacked(program("0.2.0", MAIN))
    code = {bytecode_path(name) for name in expected if name.endswith(".py")}
    found = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert found == expected.keys() | code
    assert all((site / name).read_bytes() == data for name, data in expected.items())
    command = launcher.site_command(str(site))
    done = subprocess.run([command[0], "-v", *command[1:]], capture_output=True, text=True, check=True)
    assert done.stdout == "it works\n"
    assert f"code object from {site}/ngair/cli/main.py" not in done.stderr
    assert f"code object from '{site}/{bytecode_path('ngair/cli/main.py')}'" in done.stderr
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644) for path in site.rglob("*"))


def test_bytecode_is_the_same_wherever_and_whenever_it_is_made(tmp_path: Path) -> None:
    source = (Path(launcher.__file__)).read_bytes()
    with compiling() as compiled:
        assert (
            compiled(source, "/x/launcher.py")
            == compiled(source, "/x/launcher.py")
            == bytecode(source, "/x/launcher.py")
        )
        assert compiled(b"this is no Python", "/x/y.py") is None
        assert compiled(b"x = '\\d'", "/x/y.py") is not None
        assert compiled(b"(" * 1000, "/x/y.py") is None
        assert compiled(b"\0", "/x/y.py") is None


def test_a_compiler_that_ends_early_is_told(tmp_path: Path) -> None:
    # Others of this process's children serve other tests.
    others = set(_children())
    with compiling() as compiled:
        for child in set(_children()) - others:
            os.kill(int(child), 9)
        with pytest.raises(OSError, match="the compiler ended early"):
            compiled(b"x = 1\n" * 100_000, "/x.py")


def test_the_next_goes_where_nothing_runs(folder: Path, tmp_path: Path) -> None:
    first, second, third = (_image(tmp_path, version) for version in ("0.2.0", "0.3.0", "0.4.0"))
    assert _slots(folder).install(*first) == "a"
    assert _slots(folder).install(*second) == "b"
    # Both are free: the better one stays.
    assert _slots(folder).install(*third) == "a"
    _book(folder, Boot(active="a"))
    assert _slots(folder, "a").install(*first) == "b"
    _book(folder, Boot(active="b"))
    assert _slots(folder, "b").install(*first) == "a"
    _book(folder, Boot(active=FACTORY, given_up=("b",)))
    assert _slots(folder).install(*first) == "b"


def test_a_slot_that_the_program_was_loaded_from_is_never_written(folder: Path, tmp_path: Path) -> None:
    image = _image(tmp_path, "0.2.0")
    stray = Slots(folder, FACTORY, folder / "a" / "site")
    assert stray.install(*image) == "b"
    _book(folder, Boot(active="b"))
    with pytest.raises(OSError, match="both slots are in use"):
        stray.install(*image)


def test_nothing_is_installed_during_a_trial(folder: Path, tmp_path: Path) -> None:
    _book(folder, Boot(active="a", trial=Trial("b", "0.3.0")))
    with pytest.raises(OSError, match="has to be confirmed first"):
        _slots(folder, "b").install(*_image(tmp_path, "0.2.0"))


def test_installing_over_what_was_switched_to_takes_the_trial_back(folder: Path, tmp_path: Path) -> None:
    path, manifest = _image(tmp_path, "0.2.0")
    slots = _slots(folder)
    slots.switch(slots.install(path, manifest), manifest, 300, meter_was_up=True)
    other, other_manifest = _image(tmp_path, "0.1.5")
    _book(folder, slots.boot()._replace(given_up=("a",)))
    assert slots.install(other, other_manifest) == "a"
    assert slots.boot().trial is None


def test_switch_trial_confirm(folder: Path, tmp_path: Path) -> None:
    path, manifest = _image(tmp_path, "0.2.0", "0.1.9")
    running = _slots(folder)
    slot = running.install(path, manifest)
    _book(folder, running.boot()._replace(failed=launcher.Failed("a", "0.1.5", "x", "y"), given_up=("a",), home="a"))
    running.switch(slot, manifest, 299.7, meter_was_up=True)
    trial = Trial("a", "0.2.0", "0.1", 0, 300, True)
    assert running.boot() == Boot(active=FACTORY, trial=trial, factory="0.1")
    assert (running.trial, running.failed) == (None, None)
    new = _slots(folder, slot)
    assert new.trial == trial
    # Not the trial's own word: nothing happens.
    running.give_up("x", "y")
    assert new.trial == trial
    new.confirm()
    assert new.boot() == Boot(active="a", floor="0.1.9", factory="0.1")
    new.confirm()
    new.give_up("x", "y")
    assert new.boot() == Boot(active="a", floor="0.1.9", factory="0.1")


def test_the_floor_rises_and_outlives_the_book(folder: Path, tmp_path: Path) -> None:
    _book(folder, Boot(active=FACTORY, floor="0.5"))
    path, manifest = _image(tmp_path, "0.6.0", "0.2.0")
    slots = _slots(folder)
    slots.switch(slots.install(path, manifest), manifest, 300, meter_was_up=True)
    new = _slots(folder, "a")
    new.confirm()
    assert new.floor == "0.5"
    _book(folder, Boot(active="a"))
    assert new.floor == "0.2.0"


def test_healthy_forgets_starts(folder: Path) -> None:
    _book(folder, Boot(active=FACTORY, starts=4, proven=False, given_up=("a", FACTORY), home="a"))
    before = (folder / "boot.json").read_bytes()
    _slots(folder, "a").healthy()
    assert (folder / "boot.json").read_bytes() == before
    _slots(folder).healthy()
    assert _slots(folder).boot() == Boot(active=FACTORY, given_up=("a",))
    inode = (folder / "boot.json").stat().st_ino
    _slots(folder).healthy()
    assert (folder / "boot.json").stat().st_ino == inode, "nothing to write, so nothing is worn"


def test_giving_up_keeps_the_reason(folder: Path) -> None:
    _book(folder, Boot(active=FACTORY, trial=Trial("a", "0.2.0")))
    _slots(folder, "a").give_up("no meter", "no telegram came within 300 s")
    failed = _slots(folder).failed
    assert failed
    assert (failed.slot, failed.version, failed.reason) == ("a", "0.2.0", "no meter")
    assert "no telegram came within 300 s" in failed.text


@pytest.mark.parametrize("version", ["0.3.0", ""])
def test_only_what_is_whole_is_switched_to(folder: Path, tmp_path: Path, version: str) -> None:
    path, manifest = _image(tmp_path, "0.2.0")
    slots = _slots(folder)
    slot = slots.install(path, manifest)
    if version:
        manifest = _image(tmp_path, version)[1]
    else:
        (folder / slot / "image.json").unlink()
    with pytest.raises(OSError, match="is not whole in slot a"):
        slots.switch(slot, manifest, 300, meter_was_up=True)
    assert slots.boot().trial is None


def test_a_slot_made_for_another_python_is_empty(folder: Path, tmp_path: Path) -> None:
    path, manifest = _image(tmp_path, "0.2.0")
    _slots(folder).install(path, manifest)
    assert launcher.sound_slots(SlotDisk(), str(folder), None) == {"a": "0.2.0"}
    about = folder / "a" / "image.json"
    about.write_text(about.read_text().replace(launcher.HARDWARE, "linux-x86_64-cpython-399"))
    assert launcher.sound_slots(SlotDisk(), str(folder), "0.1") == {FACTORY: "0.1"}


@pytest.mark.parametrize("damage", ["wheel", "trap"])
def test_a_wheel_that_cannot_be_changes_nothing(folder: Path, tmp_path: Path, damage: str) -> None:
    good = _image(tmp_path, "0.2.0")
    _slots(folder).install(*good)
    _book(folder, Boot(active=FACTORY, given_up=("a",)))
    before = _tree(folder)
    wheels = program("0.3.0", MAIN)
    if damage == "trap":
        wheels |= dict([wheel("zz", "1", {"ngair/__init__.py": "import evil"})])
    path = tmp_path / "bad.ngfw"
    manifest = image_of(path, "0.3.0", wheels)
    if damage == "wheel":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(WheelError):
        _slots(folder).install(path, manifest)
    assert _tree(folder) == before


def test_without_room_nothing_is_changed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _slots(folder).install(*_image(tmp_path, "0.2.0"))
    _book(folder, Boot(active=FACTORY, given_up=("a",)))
    before = _tree(folder)
    monkeypatch.setattr(installing, "FIRMWARE_RESERVE_BYTES", 1 << 60)
    with pytest.raises(OSError, match="MiB more room") as told:
        _slots(folder).install(*_image(tmp_path, "0.3.0"))
    assert told.value.errno == errno.ENOSPC
    assert _tree(folder) == before


ON_A_DISK = """
import sys, pathlib
from ngair.adapters.slots import installing, disk
from ngair.adapters.slots.slots import Slots
from tests.adapters.slots.test_slots import _image
{before}
folder = pathlib.Path(sys.argv[1])
slots = Slots(folder, "a", folder / "a" / "site")
try:
    print("installed in", slots.install(*_image(pathlib.Path(sys.argv[2]), "0.3.0")))
except OSError as error:
    print("refused:", error)
print(sorted(str(path.relative_to(folder)) for path in folder.glob("**/*")))
print(slots.boot().active)
"""
UNCHECKED = """
installing.FIRMWARE_RESERVE_BYTES = 0
disk.SlotDisk.free_bytes = lambda self, path: 1 << 40
"""
BOOK = """printf '{"format": 1, "active": "a"}' > "$1/boot.json" && mkdir -p "$1/a/site" && echo x > "$1/a/site/x" """


@pytest.mark.parametrize(
    ("options", "prepare", "before", "told"),
    [
        (SMALL, BOOK, "", "MiB more room"),
        (SMALL, f"{BOOK} && {FILL}", UNCHECKED, "No space left on device"),
        (SMALL, BOOK, UNCHECKED, "No space left on device"),
        (READ_ONLY, BOOK, UNCHECKED, "Read-only file system"),
    ],
    ids=["too small", "full", "full on the way", "read-only"],
)
def test_a_disk_that_takes_nothing(tmp_path: Path, options: str, prepare: str, before: str, told: str) -> None:
    """What runs stays as it is, and a full disk gets its room back."""
    folder = tmp_path / "slots"
    folder.mkdir()
    command = [sys.executable, "-c", ON_A_DISK.format(before=before), str(folder), str(tmp_path)]
    done = subprocess.run(
        on_a_disk(options, folder, command, prepare),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    assert told in lines[0], done.stderr
    left = {"a", "a/site", "a/site/x", "boot.json"}
    assert left <= set(eval(lines[1])) <= left | {"b", "filled"}
    assert lines[2] == "a"


def test_an_installation_that_fails_on_the_way_leaves_an_empty_slot(folder: Path, tmp_path: Path) -> None:
    class Failing(SlotDisk):
        left = 12

        def write(self, path: str, chunks: object) -> None:
            Failing.left -= 1
            if Failing.left <= 0:
                raise OSError(errno.EIO, "Input/output error")
            super().write(path, chunks)  # type: ignore[arg-type]  # handed on as it came

    with pytest.raises(OSError, match="Input/output error"):
        Slots(folder, FACTORY, tmp_path, Failing()).install(*_image(tmp_path, "0.2.0"))
    assert os.listdir(folder / "a") == []  # noqa: PTH208 - names are all that is asked for
    assert _slots(folder).boot() == Boot(active=FACTORY, factory="0.1")


def _slots(folder: Path, slot: str = FACTORY) -> Slots:
    return Slots(folder, slot, folder / slot / "site" if slot != FACTORY else Path("/factory"))


def _image(folder: Path, version: str, minimum: str | None = None) -> tuple[Path, Manifest]:
    path = folder / f"{version}.ngfw"
    return path, image_of(path, version, program(version, MAIN) | _ballast(), minimum)


@functools.cache
def _ballast() -> dict[str, bytes]:
    """What cannot be packed small, for disks that are."""
    return dict([wheel("ballast", "1", {"ballast/noise.bin": random.Random(1).randbytes(150_000).hex()})])


def _book(folder: Path, boot: Boot) -> None:
    launcher.write_boot(SlotDisk(), str(folder), boot)


def _tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
