"""Files of earlier versions become files of this one, with all that is in them, or stay what they are."""

from __future__ import annotations

import errno
import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from ngair.adapters.sqlite.schema import VERSION
from tests.adapters.sqlite.batches import change, check_books, event, everything, minute, opened, query, session
from tests.adapters.sqlite.version_1 import as_version_1


def _filled(folder: Path, minutes: int) -> Path:
    """A file of version 1 with data in it; what a file of today has of the same stays beside it."""
    store, _ = opened(folder)
    for number in range(minutes):
        store.write(minute(number))
    store.write(replace(minute(minutes), events=(event(5.5),), setpoints=(change(7),), sessions=(session(-9, 8),)))
    store.close()
    (folder / "history.db").rename(folder / "today.db")
    as_version_1(folder / "today.db", folder / "history.db")
    return folder / "history.db"


def test_nothing_is_lost(tmp_path: Path) -> None:
    path = _filled(tmp_path, 300)
    before = list(everything(SqliteReader(tmp_path / "today.db")))
    store, reader = opened(tmp_path)
    with pytest.raises(OSError, match="not ready") as raised:
        reader.facts()
    assert raised.value.errno == errno.EAGAIN
    remembered = store.remembered()
    assert {counter.value_wh for counter in remembered.counters} == {1000 + 3 * 301, 1000 + 4 * 301}
    assert list(everything(reader)) == before
    assert [row.seq for row in reader.after(0, 10_000)] == sorted(row.seq for row in before)
    assert reader.facts().epoch == SqliteReader(tmp_path / "today.db").facts().epoch
    assert reader.facts().schema_version == VERSION
    check_books(path)
    store.write(minute(301))
    check_books(path)
    store.close()


def test_it_becomes_what_a_new_file_is(tmp_path: Path) -> None:
    path = _filled(tmp_path, 1)
    store, _ = opened(tmp_path)
    store.remembered()
    store.close()
    layout = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    assert query(path, layout) == query(tmp_path / "today.db", layout)


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store, reader = opened(tmp_path)
    store.write(minute(0))
    store.close()
    query(path, f"PRAGMA user_version = {VERSION + 1}")
    before = hashlib.sha256(path.read_bytes()).digest()
    for refused in (store.remembered, lambda: store.write(minute(1)), reader.facts, lambda: reader.after(0, 9)):
        with pytest.raises(OSError, match="newer program") as raised:
            refused()
        assert raised.value.errno == errno.ENOTSUP
    store.close()
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert not list(tmp_path.glob("*damaged*"))


_OPEN = """
import sys
from pathlib import Path
from ngair.adapters.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]), 14, 400)
print("begun", flush=True)
store.remembered()
print("done", flush=True)
store.close()
"""


@pytest.mark.parametrize("kills", [5, pytest.param(80, marks=pytest.mark.long)])
def test_killed_in_its_middle_it_is_the_old_version_or_the_new(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    old = _filled(tmp_path, 1000).read_bytes()
    path = tmp_path / "killed.db"
    count = query(tmp_path / "history.db", "SELECT count(*) FROM samples")
    versions = []
    longest_s = 0.2
    for _ in range(kills):
        for left in tmp_path.glob("killed.db*"):
            left.unlink()
        path.write_bytes(old)
        child = subprocess.Popen([sys.executable, "-c", _OPEN, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        time.sleep(chance.uniform(0, longest_s))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        assert query(path, "SELECT count(*) FROM samples") == count
        versions.append(query(path, "PRAGMA user_version")[0][0])
        store = SqliteStore(path, 14, 400)
        assert len(store.remembered().counters) == 3
        store.close()
        check_books(path)
        longest_s = longest_s * 1.5 if versions[-1] == 1 else max(0.02, longest_s / 1.5)
    assert set(versions) <= {1, VERSION}
    assert not list(tmp_path.glob("*damaged*"))
