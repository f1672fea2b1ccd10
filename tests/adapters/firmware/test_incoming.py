"""The folder that an image comes into: whole or not at all, under our own name, on whatever disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ngair.adapters.firmware.incoming import IncomingFolder
from tests.contracts.disks import FILL, READ_ONLY, SMALL, on_a_disk

TAKE = """
import errno, os, sys
from pathlib import Path
from ngair.adapters.firmware.incoming import IncomingFolder
folder = IncomingFolder(Path(sys.argv[1]))
print(folder.free_bytes())
try:
    file = folder.open()
    try:
        file.write(b"x" * 200_000)
        file.keep()
    finally:
        file.discard()
except OSError as error:
    print(errno.errorcode[error.errno])
print(sorted(path.name for path in Path(sys.argv[1]).iterdir()))
"""


def test_what_was_written_is_kept(tmp_path: Path) -> None:
    file = IncomingFolder(tmp_path).open()
    for piece in (b"ab", b"", b"c" * 20_000_000):
        file.write(piece)
    path = file.keep()
    assert path.parent == tmp_path
    assert path.read_bytes() == b"ab" + b"c" * 20_000_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_what_is_discarded(tmp_path: Path) -> None:
    file = IncomingFolder(tmp_path).open()
    file.write(b"x")
    file.discard()
    file.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_may_be_discarded(tmp_path: Path) -> None:
    file = IncomingFolder(tmp_path).open()
    file.keep()
    file.discard()
    assert list(tmp_path.iterdir()) == []


def test_an_upload_makes_room_of_those_before(tmp_path: Path) -> None:
    folder = IncomingFolder(tmp_path)
    folder.open().keep()
    left = folder.open()
    left.write(b"cut off by a power cut")
    folder.clear()
    assert list(tmp_path.iterdir()) == []
    left.discard()


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    file = IncomingFolder(uploads).open()
    name = next(uploads.iterdir())
    file.discard()
    name.symlink_to(precious)
    again = IncomingFolder(uploads).open()
    again.write(b"x")
    again.discard()
    assert precious.read_text() == "kept"


def test_the_folder_is_made_where_it_is_not(tmp_path: Path) -> None:
    folder = IncomingFolder(tmp_path / "uploads")
    assert folder.free_bytes() > 0
    folder.open().discard()


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        IncomingFolder(tmp_path).open().discard()
        IncomingFolder(tmp_path).open().keep()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("disk", "prepare", "error", "left"),
    [(SMALL, ":", "ENOSPC", []), (SMALL, FILL, "ENOSPC", ["filled"]), (READ_ONLY, ":", "EROFS", [])],
)
def test_on_a_disk_that_takes_nothing_nothing_is_left(
    tmp_path: Path, disk: str, prepare: str, error: str, left: list[str]
) -> None:
    command = on_a_disk(disk, tmp_path, [sys.executable, "-c", TAKE, str(tmp_path)], prepare)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    free, told, names = done.stdout.splitlines()
    assert int(free) <= 65536
    assert (told, names) == (error, str(left))
