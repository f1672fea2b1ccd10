"""The password in the data folder: kept as a hash that only its owner reads, and never opened by a damaged file."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.adapters import password as module
from ngair.adapters.folder import Folder
from ngair.adapters.password import FILE, PasswordError, Passwords, check_password, new_password, set_password
from ngair.model.limits import PASSWORD_MAX_CHARS
from tests.contracts.disks import READ_ONLY, on_a_disk
from tests.waiting import until

RIGHT = "a horse, a battery"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "box")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the file each time."""
    monkeypatch.setattr(module, "PASSWORD_LOOK_S", -1.0)


async def test_there_is_none_by_itself(folder: Folder) -> None:
    passwords = Passwords(folder)
    assert not passwords.is_set
    assert not await passwords.verify("")
    assert not await passwords.verify("ctek")


async def test_another_one_is_told_whoever_set_it(folder: Folder) -> None:
    passwords = Passwords(folder)
    told: list[str] = []
    passwords.on_change = lambda: told.append("changed")
    await passwords.set(RIGHT)
    assert told == ["changed"]
    await passwords.look()
    set_password(folder, RIGHT + "!")
    await passwords.look()
    assert told == ["changed"] * 2
    (folder.path / FILE).write_bytes(b"damaged")
    await passwords.look()
    (folder.path / FILE).unlink()
    await passwords.look()
    assert told == ["changed"] * 2, "what is no password was set by nobody"


async def test_one_that_is_set_is_proven_by_nothing_else(folder: Folder) -> None:
    passwords = Passwords(folder)
    await passwords.set(RIGHT)
    for known in (passwords, Passwords(folder)):
        assert known.is_set
        assert await known.verify(RIGHT)
        for wrong in (
            "",
            RIGHT[:-1],
            RIGHT + " ",
            RIGHT.upper(),
            "\0" + RIGHT,
            RIGHT + "\0",
            "x" * 20_000,
            "\ud800" * 9,
        ):
            assert not await known.verify(wrong)


async def test_what_is_kept_tells_nothing(folder: Folder) -> None:
    await Passwords(folder).set(RIGHT)
    first = (folder.path / FILE).read_bytes()
    assert RIGHT.encode() not in first
    kept = msgspec.json.decode(first)
    assert kept["argon2id"].startswith("$argon2id$v=19$m=9216,t=4,p=1$")
    assert stat.S_IMODE((folder.path / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    await Passwords(folder).set(RIGHT)
    assert (folder.path / FILE).read_bytes() != first, "salted"
    assert [path.name for path in folder.path.iterdir()] == [FILE], "nothing is left beside it"


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
async def test_nobody_else_reads_it_whatever_the_mask(folder: Folder, mask: int) -> None:
    before = os.umask(mask)
    try:
        await Passwords(folder).set(RIGHT)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder.path / FILE).stat().st_mode) in (0o600, 0o600 & ~mask)


@pytest.mark.parametrize(
    "unfit", ["", "1234567", "x" * 129, "with\ttab!", "line\nbreak", "nul\0 inside", "\x7f" * 8, "\ud800" * 8, "é" * 7]
)
async def test_what_cannot_be_one_changes_nothing(folder: Folder, unfit: str) -> None:
    passwords = Passwords(folder)
    with pytest.raises(PasswordError, match="8 to 128 characters"):
        await passwords.set(unfit)
    assert not passwords.is_set
    await passwords.set(RIGHT)
    with pytest.raises(PasswordError):
        await passwords.set(unfit)
    assert await passwords.verify(RIGHT)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=32))
@settings(max_examples=25, deadline=None)
def test_any_text_can_be_one_however_it_is_typed(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    if not 8 <= len(unicodedata.normalize("NFC", text)) <= 128:
        return
    folder = Folder(tmp_path_factory.mktemp("box"))
    set_password(folder, text)
    passwords = Passwords(folder)
    assert asyncio.run(passwords.verify(unicodedata.normalize("NFD", text)))
    assert passwords.mark(text) == passwords.mark(unicodedata.normalize("NFC", text))


async def test_what_is_far_too_long_is_never_composed(folder: Folder) -> None:
    """Whoever sends it needs no password: to put 6000 marks in order would hold up the loop for a tenth of a second."""
    passwords = Passwords(folder)
    long = "a" + "\u0345\u0316" * PASSWORD_MAX_CHARS * 2
    assert passwords.mark(long) != passwords.mark(unicodedata.normalize("NFC", long))
    with pytest.raises(PasswordError):
        await passwords.set(long)
    longest = "\u1f82" * PASSWORD_MAX_CHARS
    await passwords.set(longest)
    assert await passwords.verify(unicodedata.normalize("NFD", longest)), "no character takes more to type"


def test_one_that_the_box_makes() -> None:
    made = {new_password() for _ in range(1000)}
    assert len(made) == 1000
    for text in made:
        check_password(text)


async def test_a_proof_is_remembered_until_it_is_another_password(folder: Folder) -> None:
    passwords = Passwords(folder)
    await passwords.set(RIGHT)
    again = Passwords(folder)
    assert not again.is_proven(again.mark(RIGHT))
    await again.verify(RIGHT)
    assert again.is_proven(again.mark(RIGHT))
    assert not again.is_proven(again.mark(RIGHT + " "))
    assert not again.is_proven(passwords.mark(RIGHT)), "each process has a key of its own"
    await passwords.set("another one")
    assert not passwords.is_proven(passwords.mark(RIGHT))
    await again.look()
    assert not again.is_proven(again.mark(RIGHT))
    assert again.generation == 1
    assert not await again.verify(RIGHT)
    assert await again.verify("another one")


async def test_a_change_within_a_check_lets_nobody_in(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(folder)
    await passwords.set(RIGHT)
    checking, go_on = asyncio.Event(), asyncio.Event()
    loop, fits = asyncio.get_running_loop(), module._fits

    def slowly(password: str, hashed: str | None) -> bool:
        loop.call_soon_threadsafe(checking.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(30)
        return fits(password, hashed)

    monkeypatch.setattr(module, "_fits", slowly)
    check = asyncio.create_task(passwords.verify(RIGHT))
    await checking.wait()
    set_password(folder, "another one")
    await passwords.look()
    go_on.set()
    assert await check is False
    assert not passwords.is_proven(passwords.mark(RIGHT))


async def test_what_was_read_before_another_one_was_set_is_not_the_newest(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = Passwords(folder)
    set_password(folder, RIGHT)
    read, goes_on = module._read, threading.Event()

    def slowly(folder: Folder) -> object:
        monkeypatch.setattr(module, "_read", read)
        found = read(folder)
        assert goes_on.wait(60)
        return found

    monkeypatch.setattr(module, "_read", slowly)
    looking = asyncio.create_task(passwords.look())
    await until(lambda: module._read is read)
    setting = asyncio.create_task(passwords.set("another one"))
    await asyncio.wait({setting}, timeout=0.3)
    goes_on.set()
    await asyncio.gather(looking, setting)
    assert await passwords.verify("another one")


async def test_one_at_a_time(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(folder)
    running, most = 0, 0
    loop = asyncio.get_running_loop()

    async def enter() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10):
            await asyncio.sleep(0)
        running -= 1

    def fits(password: str, hashed: str | None) -> bool:
        asyncio.run_coroutine_threadsafe(enter(), loop).result(30)
        return False

    monkeypatch.setattr(module, "_fits", fits)
    await asyncio.gather(*(passwords.verify(str(number)) for number in range(20)))
    assert most == 1


def damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def replace(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


SOUND = "$argon2id$v=19$m=19456,t=2,p=1$eHh4eHh4eHh4eHh4eHh4eA$87G/fHao92Muz2H2c5nIkpX3Yy/krdCGZj8hH/Hi+yM"
DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: damage(path, b""),
    "cut": lambda path: damage(path, path.read_bytes()[:-5]),
    "zeros": lambda path: damage(path, bytes(200)),
    "other JSON": lambda path: damage(path, b'{"format": 1}'),
    "null": lambda path: damage(path, b'{"format": 1, "argon2id": null}'),
    "empty hash": lambda path: damage(path, b'{"format": 1, "argon2id": ""}'),
    "another format": lambda path: damage(path, b'{"format": 2, "argon2id": "' + SOUND.encode() + b'"}'),
    "another hash": lambda path: damage(path, b'{"format": 1, "argon2id": "$6$abc$def"}'),
    "gigabytes": lambda path: damage(
        path, b'{"format": 1, "argon2id": "' + SOUND.replace("19456", "999999").encode() + b'"}'
    ),
    "minutes": lambda path: damage(
        path, b'{"format": 1, "argon2id": "' + SOUND.replace("t=2", "t=99").encode() + b'"}'
    ),
    "deep": lambda path: damage(path, b"[" * 4000),
    "large": lambda path: damage(path, b" " * 100_000),
    "folder": lambda path: replace(path, Path.mkdir),
    "pipe": lambda path: replace(path, os.mkfifo),
    "endless link": lambda path: replace(path, lambda path: path.symlink_to(path)),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_a_damaged_file_is_a_lock_without_a_key(
    folder: Folder, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    running = Passwords(folder)
    await running.set(RIGHT)
    DAMAGES[kind](folder.path / FILE)
    with caplog.at_level(logging.WARNING):
        await running.look()
        started = Passwords(folder)
    for passwords in (running, started):
        assert passwords.is_set
        assert passwords.is_damaged
        assert not await passwords.verify(RIGHT)
        assert not await passwords.verify("")
    assert caplog.text.count("ngair password") == 2
    if kind == "folder":
        (folder.path / FILE).rmdir()
    await running.set("another one")
    assert not running.is_damaged
    assert await running.verify("another one")


@given(st.integers(0, 150), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_opens_nothing(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    folder = Folder(tmp_path_factory.mktemp("box"))
    data = bytearray(msgspec.json.encode({"format": 1, "argon2id": SOUND}))
    data[place % len(data)] ^= 1 << bit
    (folder.path / FILE).write_bytes(data)
    passwords = Passwords(folder)
    assert passwords.is_set
    assert not asyncio.run(passwords.verify(RIGHT))


async def test_one_that_vanishes_leaves_none(folder: Folder) -> None:
    passwords = Passwords(folder)
    await passwords.set(RIGHT)
    (folder.path / FILE).unlink()
    await passwords.look()
    assert not passwords.is_set
    assert not await passwords.verify(RIGHT)


async def test_what_cannot_be_kept_leaves_the_old_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(folder)
    await passwords.set(RIGHT)

    def fail(name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(folder, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        await passwords.set("another one")
    assert await passwords.verify(RIGHT)


def test_a_link_that_somebody_put_there_leads_nowhere(folder: Folder, tmp_path: Path) -> None:
    """Root sets the password in a folder of another user's, who must not get root's files by that."""
    victim = tmp_path / "victim"
    victim.write_text("root's")
    (folder.path / f".{FILE}.new").symlink_to(victim)
    (folder.path / FILE).symlink_to(victim)
    set_password(folder, RIGHT)
    assert victim.read_text() == "root's"
    assert not (folder.path / FILE).is_symlink()


AS_NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")


@pytest.fixture(name="foreign")
def _foreign(tmp_path: Path) -> Folder:
    """The data folder of an unprivileged user, seen by root."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    for path in (tmp_path, *tmp_path.parents):
        if not path.stat().st_mode & stat.S_IXOTH:
            path.chmod(path.stat().st_mode | stat.S_IXOTH)
    folder = Folder(tmp_path / "box")
    os.chown(folder.path, 65534, 65534)
    return folder


def test_the_service_keeps_what_root_has_set(foreign: Folder) -> None:
    set_password(foreign, RIGHT)
    found = (foreign.path / FILE).stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 65534, 0o600)
    read = subprocess.run([*AS_NOBODY, "cat", foreign.path / FILE], capture_output=True, check=True)
    assert b"$argon2id$" in read.stdout


def test_another_user_reads_nothing(foreign: Folder) -> None:
    set_password(foreign, RIGHT)
    another = ("setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups")
    for command in (["cat", str(foreign.path / FILE)], ["ls", str(foreign.path)]):
        done = subprocess.run([*another, *command], capture_output=True, check=False)
        assert (done.returncode != 0, done.stdout) == (True, b"")
        assert b"Permission denied" in done.stderr


PROGRAM = """
import asyncio, sys
from pathlib import Path
from ngair.adapters.folder import Folder
from ngair.adapters.password import Passwords
passwords = Passwords(Folder(Path(sys.argv[1])))
print(passwords.is_set, passwords.is_damaged, asyncio.run(passwords.verify("a horse, a battery")))
try:
    asyncio.run(passwords.set("another one"))
except OSError as error:
    print(error.strerror)
"""


def test_one_that_its_own_user_cannot_read_is_a_lock(foreign: Folder) -> None:
    set_password(foreign, RIGHT)
    os.chown(foreign.path / FILE, 0, 0)
    if subprocess.run([*AS_NOBODY, sys.executable, "-c", "import ngair"], capture_output=True, check=False).returncode:
        pytest.skip("another user may not run this Python")
    done = subprocess.run([*AS_NOBODY, sys.executable, "-c", PROGRAM, foreign.path], capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "True True False", done.stderr


def test_on_a_read_only_disk_the_password_stays(tmp_path: Path) -> None:
    set_password(Folder(tmp_path / "made"), RIGHT)
    (tmp_path / "box").mkdir()
    prepare = f'cp -p "{tmp_path}/made/{FILE}" "$1"'
    command = on_a_disk(READ_ONLY, tmp_path / "box", [sys.executable, "-c", PROGRAM, str(tmp_path / "box")], prepare)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False True", "Read-only file system"]
