"""Disks that are full, read-only, or not to be written by us."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from tests.adapters.sqlite.batches import check_books, event, everything, minute, opened, query
from tests.contracts.disks import READ_ONLY, on_a_disk

_FULL = """
import errno, sys
from pathlib import Path
from ngair.adapters.sqlite import SqliteReader, SqliteStore
from tests.adapters.sqlite.batches import check_books, minute, query
path = Path(sys.argv[1]) / "history.db"
(path.parent / "filled").write_bytes(bytes(150_000))
store, reader = SqliteStore(path, 14, 400), SqliteReader(path)
number, errors = 0, []
while len(errors) < 4:
    try:
        store.write(minute(number))
        number += 1
    except OSError as error:
        errors.append(errno.errorcode[error.errno])
kept = reader.facts().rows["samples"]
(path.parent / "filled").unlink()
for number in range(number, number + 3):
    store.write(minute(number))
store.close()
check_books(path)
print(*errors, kept > 100, query(path, "SELECT count(*) FROM samples")[0][0] - kept)
"""
_READ = """
import errno, sys
from pathlib import Path
from ngair.adapters.sqlite import SqliteReader, SqliteStore
from tests.adapters.sqlite.batches import minute
path = Path(sys.argv[1]) / "history.db"
store, reader = SqliteStore(path, 14, 400), SqliteReader(path)
for attempt in (store.remembered, lambda: store.write(minute(9)), store.remembered):
    try:
        print(attempt())
    except OSError as error:
        print(errno.errorcode[error.errno], end=" ")
print(reader.facts().rows["samples"], len(reader.after(0, 1000)))
"""


def _run(options: str, folder: Path, script: str, prepare: str = ":") -> str:
    command = on_a_disk(options, folder, [sys.executable, "-c", script, str(folder)], prepare)
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_full_disk_keeps_what_there_is_and_takes_the_same_batch_later(tmp_path: Path) -> None:
    assert _run("size=400k", tmp_path, _FULL) == "ENOSPC ENOSPC ENOSPC ENOSPC True 36\n"


def test_a_disk_without_room_for_a_new_file(tmp_path: Path) -> None:
    script = _FULL.replace("kept = reader.facts()", "(path.parent / 'filled').unlink(); store.write(minute(0))\n#")
    script = script.split("#")[0] + "print(*errors, reader.facts().rows['samples'], *path.parent.glob('*damaged*'))"
    assert _run("size=152k", tmp_path, script) == "ENOSPC ENOSPC ENOSPC ENOSPC 12\n"


def test_a_read_only_disk_is_read(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    store, _ = opened(tmp_path)
    for number in range(3):
        store.write(minute(number))
    store.close()
    prepare = f'cp "{tmp_path}/history.db" "$1"'
    assert _run(READ_ONLY, tmp_path / "disk", _READ, prepare) == f"EROFS EROFS EROFS 36 {36 + 6 + 2 + 2}\n"


def test_a_read_only_disk_without_a_file(tmp_path: Path) -> None:
    script = _READ.rsplit("print", 1)[0]
    assert _run(READ_ONLY, tmp_path, script) == "EROFS EROFS EROFS "


def test_no_room_inside_the_file(tmp_path: Path) -> None:
    """Wherever in a batch the room ends, nothing of the batch is kept, and all of it later."""
    path = tmp_path / "history.db"
    store, reader = opened(tmp_path)
    store.write(minute(0))
    for number in range(1, 60):
        with store._served() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        before = list(everything(reader))
        try:
            store.write(minute(number))
            continue
        except OSError as error:
            told = error.errno
        assert told == errno.ENOSPC
        assert list(everything(reader)) == before
        with store._served() as db:
            db.execute("PRAGMA max_page_count = 1000000")
        store.write(minute(number))
    assert query(path, "SELECT count(*) FROM samples") == [(12 * 60,)]
    check_books(path)
    store.close()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.mkdir()
    store, reader = SqliteStore(path, 14, 400), SqliteReader(path)
    for refused in (store.remembered, lambda: store.write(minute(0)), reader.facts):
        with pytest.raises(OSError):
            refused()
    store.close()


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "missing" / "history.db", 14, 400)
    with pytest.raises(FileNotFoundError):
        store.remembered()
    with pytest.raises(FileNotFoundError):
        SqliteReader(tmp_path / "missing" / "history.db").facts()
    store.close()


def test_a_name_with_everything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "50% of? #1 ü.db"
    store = SqliteStore(path, 14, 400)
    store.write(minute(0))
    assert SqliteReader(path).facts().rows["samples"] == 12
    assert [file.name for file in tmp_path.glob("*.db")] == [path.name]
    store.close()


def test_another_program_that_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ngair.adapters.sqlite.opening.BUSY_S", 0.05)
    store, reader = opened(tmp_path)
    store.write(minute(0))
    other, _ = opened(tmp_path)
    with other._served() as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(OSError) as raised:
            store.write(minute(1))
        assert raised.value.errno == errno.EBUSY
        assert reader.facts().rows["samples"] == 12
        db.execute("ROLLBACK")
    store.write(minute(1))
    store.close()
    other.close()
    check_books(tmp_path / "history.db")


def test_an_import_beside_a_running_box(tmp_path: Path) -> None:
    """Two programs write by turns: each goes on with numbers that the other did not give."""
    store, reader = opened(tmp_path)
    store.write(minute(0))
    other, _ = opened(tmp_path)
    assert other.adopt([event(1), event(2)]) == 2
    store.write(minute(1))
    assert other.adopt([event(3)]) == 1
    store.write(minute(2))
    rows = list(everything(reader))
    assert sorted(row.seq for row in rows) == [row.seq for row in reader.after(0, 1000)]
    assert len({row.seq for row in rows}) == len(rows)
    store.close()
    other.close()
    check_books(tmp_path / "history.db")
