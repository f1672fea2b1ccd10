"""Whatever became of the file: it is set aside, or an `OSError` tells why not; never anything else."""

from __future__ import annotations

import errno
import functools
import logging
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from ngair.adapters.sqlite.opening import DAMAGED_KEPT
from ngair.model.history import LogQuery
from tests.adapters.sqlite.batches import change, check_books, event, everything, minute, opened, query, session


def _filled(folder: Path, minutes: int = 30) -> Path:
    store, _ = opened(folder)
    for number in range(minutes):
        store.write(minute(number))
    store.write(replace(minute(minutes), events=(event(5),), setpoints=(change(6),), sessions=(session(3),)))
    store.close()
    return folder / "history.db"


def _halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of_another_program(path: Path) -> None:
    path.unlink()
    query(path, "CREATE TABLE notes (text)")


BROKEN: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "a few bytes": lambda path: path.write_bytes(b"SQLite"),
    "text": lambda path: path.write_text("this is no database\n" * 500),
    "zeros": lambda path: path.write_bytes(bytes(100_000)),
    "noise": lambda path: path.write_bytes(random.Random(1).randbytes(100_000)),
    "cut off": _halved,
    "cut to a page": lambda path: path.write_bytes(path.read_bytes()[:1024]),
    "of another program": _of_another_program,
    "a column gone": lambda path: query(path, "ALTER TABLE hours DROP COLUMN cost_micro"),
    "a hostile name": lambda path: path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE meta", b"CREATE \x1b[2J\nmeta ")
    ),
    "an index gone": lambda path: query(path, "DROP INDEX events_at"),
    "no version": lambda path: query(path, "PRAGMA user_version = 0"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_set_aside(tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture) -> None:
    path = _filled(tmp_path)
    BROKEN[what](path)
    broken = path.read_bytes()
    store, reader = opened(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert store.remembered().counters == ()
    [told] = caplog.messages
    assert "damaged" in told
    assert told.isprintable()
    [aside] = tmp_path.glob("*damaged*")
    assert aside.read_bytes() == broken
    assert aside.name in told
    store.write(minute(0))
    assert len(reader.buckets("hour", 0, 1e12, 99)) == 2
    check_books(path)
    store.close()


@pytest.mark.parametrize(
    "seeds",
    [[*range(40), 709, 1517, 2387], pytest.param(range(40, 4000), marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_bytes_broken_anywhere(tmp_path: Path, seeds: Sequence[int]) -> None:
    """Read or not, at a start or while it is used: there is an answer, or an `OSError`, and the next start works."""
    whole = _filled(tmp_path, 60).read_bytes()
    asides = 0
    for seed in seeds:
        chance = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "history.db"
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 1, 30))):
            length = chance.choice((1, 4, 700))
            at = chance.choice((chance.randrange(len(whole) - length), chance.randrange(1024)))
            broken[at : at + length] = chance.randbytes(length)
        path.write_bytes(broken)
        reader = SqliteReader(path)
        _ask_everything(reader)
        store = SqliteStore(path, 14, 400)
        if _answer(store.remembered) == errno.ENOTSUP:
            continue
        _answer(functools.partial(store.write, minute(61)))
        _ask_everything(reader)
        store.close()
        store = SqliteStore(path, 14, 400)
        store.remembered()
        store.write(minute(62))
        store.close()
        asides += len(list(folder.glob("*.damaged-*")))
    assert asides > len(seeds) // 3


def _ask_everything(reader: SqliteReader) -> None:
    for ask in (
        reader.facts,
        reader.series,
        lambda: list(everything(reader)),
        lambda: reader.log(LogQuery(limit=500)),
        lambda: reader.after(0, 500),
        lambda: reader.setpoints_at(1e12),
        lambda: reader.buckets("hour", 0, 1e12, 500),
    ):
        _answer(ask)


def _answer(ask: Callable[[], object]) -> int:
    """The number of the error that it raises, one that tells of a broken file; 0 without one."""
    try:
        ask()
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EAGAIN, errno.ENOTSUP, errno.EINVAL):
            raise
        return error.errno
    return 0


def test_broken_while_it_is_used_the_books_go_on_in_a_new_file(tmp_path: Path) -> None:
    path = _filled(tmp_path, 500)
    store, _ = opened(tmp_path)
    store.remembered()
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(random.Random(2).randbytes(path.stat().st_size - 1024))
    number, tries = 501, 0
    while number < 505:
        tries += 1
        assert tries < 10
        number += not _answer(functools.partial(store.write, minute(number)))
    store.close()
    assert len(list(tmp_path.glob("history.db.damaged-*"))) == 1
    check_books(path)
    assert query(path, "SELECT first_wh, value_wh, booked_wh FROM counters WHERE name = 'import'") == [
        (1000 + 3 * 501, 1000 + 3 * 505, 3 * 4)
    ]


def test_deleted_while_it_is_used_it_is_begun_anew(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    store, reader = opened(tmp_path)
    store.remembered()
    epoch = reader.facts().epoch
    path.unlink()
    with pytest.raises(FileNotFoundError):
        reader.facts()
    for number in range(31, 35):
        store.write(minute(number))
    assert reader.facts().epoch != epoch
    store.close()
    check_books(path)


def test_few_broken_files_are_kept(tmp_path: Path) -> None:
    for number in range(DAMAGED_KEPT + 3):
        path = _filled(tmp_path, 2)
        path.write_bytes(bytes([number]) * 5000)
        store, _ = opened(tmp_path)
        store.remembered()
        store.close()
    kept = sorted(file.read_bytes()[0] for file in tmp_path.glob("history.db.damaged-*"))
    assert kept == [DAMAGED_KEPT, DAMAGED_KEPT + 1, DAMAGED_KEPT + 2]


def test_a_value_that_no_file_holds_is_refused(tmp_path: Path) -> None:
    store, reader = opened(tmp_path)
    good = minute(0)
    store.write(good)
    for bad in (2**70, "text", 1.5):
        broken = replace(good.counters[0], value_wh=bad)
        with pytest.raises(OSError) as raised:
            store.write(replace(minute(1), counters=(broken,)))
        assert raised.value.errno == errno.EINVAL
    assert reader.facts().rows["samples"] == 12
    store.write(minute(1))
    check_books(tmp_path / "history.db")
    store.close()
