"""The data folder: what was saved is there whole, whatever happens to the process or the disk."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ngair.adapters.folder import Folder, FolderError, default_folder
from ngair.model.limits import STATE_FILE_MAX_BYTES
from tests.conftest import LONG
from tests.contracts import nobody
from tests.contracts.disks import FILL, READ_ONLY, SMALL, on_a_disk
from tests.program import ngair

DEADLINE_S = 60.0
NAME = "document.json"
SAVE_FOR_EVER = f"""
import sys
from pathlib import Path
from ngair.adapters.folder import Folder
folder = Folder(Path(sys.argv[1]))
print("saving", flush=True)
while True:
    for letter in b"ab":
        folder.save("{NAME}", bytes([letter]) * 60_000)
"""
SAVE_ONCE = f"""
import errno, sys
from pathlib import Path
from ngair.adapters.folder import Folder
folder = Folder(Path(sys.argv[1]))
try:
    folder.save("{NAME}", b"new" * 10_000)
except OSError as error:
    print(errno.errorcode[error.errno], folder.load("{NAME}"), sorted(p.name for p in Path(sys.argv[1]).iterdir()))
"""
USE_IT = """
import sys
from pathlib import Path
from ngair.adapters.folder import Folder, FolderError
try:
    Folder(Path(sys.argv[1]))
except FolderError as error:
    print(error)
"""


def test_what_was_saved_is_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.load(NAME) is None
    for data in (b"", b"\x00\xff", b"x" * STATE_FILE_MAX_BYTES):
        folder.save(NAME, data)
        assert folder.load(NAME) == Folder(tmp_path).load(NAME) == data
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_folder_is_made_for_its_user_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "state" / "ngair")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.save(NAME, b"x")
    Folder(tmp_path / "state" / "ngair")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "at all")
    for name in ("file", "file/below", "dangling", "x" * 300):
        with pytest.raises(FolderError, match=r"cannot be made \(.+\): choose one with --data"):
            Folder(tmp_path / name)


def test_a_folder_of_another_user_is_told() -> None:
    # Not below pytest's own folder, which others may not even enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = _run(nobody.without_rights([sys.executable, "-c", USE_IT, folder]))
    assert "cannot be used: change its owner, or choose one with --data" in done


@pytest.mark.parametrize("kind", ["too large", "folder"])
def test_what_cannot_have_been_saved_is_as_if_there_were_none(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    if kind == "folder":
        (tmp_path / NAME).mkdir()
    else:
        (tmp_path / NAME).write_bytes(b"x" * (STATE_FILE_MAX_BYTES + 1))
    assert Folder(tmp_path).load(NAME) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "the box goes on without it" in caplog.text


def test_one_folder_is_one_box_s(tmp_path: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", LOCK_AND_WAIT, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == b"locked\n"
        with pytest.raises(FolderError, match="is used by another ngair: stop it, or choose one with --data"):
            Folder(tmp_path).lock()
    finally:
        first.kill()
        first.communicate(timeout=DEADLINE_S)
    assert "locked" in _run([sys.executable, "-c", LOCK_AND_WAIT, str(tmp_path)])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could work in somebody else's folder")
def test_root_does_not_work_in_somebody_else_s(tmp_path: Path) -> None:
    """Its user could lay links there: SQLite makes the file that one leads to, with the rights of root."""
    folder = Folder(tmp_path / "box")
    os.chown(folder.path, 65534, 65534)
    (folder.path / "history.db").symlink_to(tmp_path / "made by root")
    with pytest.raises(FolderError, match="belongs to user nobody: do this as that user"):
        folder.lock()
    (tmp_path / "old.json").write_text("")
    done = ngair("history", "import", str(tmp_path / "old.json"), "--data", str(folder.path))
    assert (done.returncode, b"belongs to user nobody" in done.stderr) == (1, True)
    assert not (tmp_path / "made by root").exists()
    os.chown(folder.path, 54321, 54321)
    with pytest.raises(FolderError, match="belongs to user 54321"):
        folder.lock()


LOCK_AND_WAIT = """
import sys
from pathlib import Path
from ngair.adapters.folder import Folder
Folder(Path(sys.argv[1])).lock()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_kill_at_any_moment_leaves_one_of_the_two_documents(tmp_path: Path) -> None:
    chance = random.Random(7)
    expected = {letter * 60_000 for letter in (b"a", b"b")}
    for _ in range(2_000 if LONG else 60):
        with subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE) as saver:
            assert saver.stdout is not None
            assert saver.stdout.readline() == b"saving\n"
            time.sleep(chance.random() * 0.02)
            saver.kill()
        assert Folder(tmp_path).load(NAME) in {*expected, None}
    assert Folder(tmp_path).load(NAME) in expected
    assert {path.name for path in tmp_path.iterdir()} <= {NAME, f".{NAME}.new"}


def test_a_full_disk_keeps_the_old_document(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVE_ONCE, str(tmp_path)]
    prepare = f'printf old > "$1/{NAME}" && {{ {FILL}; }}'
    assert _run(on_a_disk(SMALL, tmp_path, command, prepare)) == f"ENOSPC b'old' ['{NAME}', 'filled']\n"


def test_a_file_that_may_not_grow_keeps_the_old_document(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"old")
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))"
    assert _run([sys.executable, "-c", limited + SAVE_ONCE, str(tmp_path)]) == f"EFBIG b'old' ['{NAME}']\n"


def test_a_read_only_disk_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVE_ONCE, str(tmp_path)]
    done = _run(on_a_disk(READ_ONLY, tmp_path, command, f'printf old > "$1/{NAME}"'))
    assert done == f"EROFS b'old' ['{NAME}']\n"


@pytest.mark.parametrize(
    ("environment", "root", "expected"),
    [
        ({"HOME": "/home/x", "XDG_STATE_HOME": "/state"}, True, "/var/lib/ngair"),
        ({"HOME": "/home/x", "XDG_STATE_HOME": "/state"}, False, "/state/ngair"),
        ({"HOME": "/home/x", "XDG_STATE_HOME": "not/absolute"}, False, "/home/x/.local/state/ngair"),
        ({"HOME": "/home/x", "XDG_STATE_HOME": ""}, False, "/home/x/.local/state/ngair"),
        ({}, False, "/nonexistent/.local/state/ngair"),
        ({"HOME": "/home/x", "STATE_DIRECTORY": "/var/lib/box"}, False, "/var/lib/box"),
        ({"HOME": "/home/x", "STATE_DIRECTORY": "/var/lib/box:/var/lib/more"}, True, "/var/lib/box"),
        ({"HOME": "/home/x", "STATE_DIRECTORY": ""}, True, "/var/lib/ngair"),
    ],
)
def test_where_data_stands_by_itself(environment: dict[str, str], root: bool, expected: str) -> None:
    assert default_folder(environment, root=root) == Path(expected)


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE_S, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
