"""Opens the file to write it: makes it, brings it up to date, or sets a broken one aside."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ngair.adapters.sqlite.faults import DamagedError, is_damage, is_unreadable, plain, refusal
from ngair.adapters.sqlite.looking import highest_seq, remembered
from ngair.adapters.sqlite.schema import APPLICATION_ID, PAGE_BYTES, SCHEMA, TABLES, VERSION, create, migrate

log = logging.getLogger("ngair")

BUSY_S = 5.0
"""Waited for another connection: only opening and closing ones hold up others."""
CHECKPOINT_PAGES = 1000
"""A MB of WAL: gone through in a fraction of a second after a power cut."""
WAL_KEPT_BYTES = 4 * 1024 * 1024
"""What is left of a WAL that an endless reader made longer."""
DAMAGED_KEPT = 3
"""Broken files that are kept; a card that breaks for ever must not fill itself with them."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The file: made where there is none, brought up to date, begun anew in place of a broken one.

    Raises `OSError` for one of a newer version, `sqlite3.Error` and `OSError` where it cannot be used now.
    """
    try:
        return _opened(path)
    except (DamagedError, UnicodeDecodeError) as damage:
        what = str(damage)  # SQLite tells of a broken text with that text, which cannot be read either
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        what = str(error)
    aside = _set_aside(path)
    log.warning("%s is damaged (%s): kept as %s, and begun anew", path, plain(what), aside.name)
    return _opened(path)


def connect(path: Path, options: str) -> sqlite3.Connection:
    """A connection that begins and ends transactions only when told; a broken letter in a text stays one letter."""
    db = sqlite3.connect(
        f"file:{quote(str(path))}?{options}", uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False
    )
    db.text_factory = _text
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of what is written inside, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def newer(path: Path, version: int) -> OSError:
    """A file of a newer program, which is left as it is."""
    text = f"version {version} of a newer program, this one knows {VERSION}: install the newer one, or move the file"
    return OSError(errno.ENOTSUP, text, str(path))


def _opened(path: Path) -> sqlite3.Connection:
    is_new = not path.exists()
    version = 0 if is_new else _look(path)
    if is_new:
        # For its owner alone, whoever may look into the folder; SQLite gives what it puts beside the same rights. Where
        # that fails so does what follows, which tells why.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    db = connect(path, "mode=rwc")
    try:
        _set_up(db)
        if version < VERSION:
            with transaction(db):
                if version:
                    migrate(db, version)
                else:
                    create(db, secrets.token_hex(8), time.time())
        _check(db)
    except BaseException:
        db.close()
        if is_new and path.exists() and not path.stat().st_size:
            path.unlink()  # on a full disk: the next try must not take it for a broken one
        raise
    return db


def _set_up(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise OSError(errno.ENOTSUP, f"this disk cannot hold it (journal {mode}): choose another with --data")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    db.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}")


def _look(path: Path) -> int:
    """Version of a file that is there, 0 for one in which nothing was written yet; changes nothing.

    Raises `DamagedError`, or `OSError` for a newer version.
    """
    with path.open("rb") as file:
        head = file.read(100)
    if not head:
        raise DamagedError("empty")
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0") or not {head[18], head[19]} <= {1, 2}:
        raise DamagedError("not a database")
    with contextlib.closing(connect(path, "mode=ro")) as db:
        ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        if not ours and not version and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return 0
        if not ours or version < 1:
            raise DamagedError("of another program")
        if version > VERSION:
            raise newer(path, version)
        try:
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not is_unreadable(error):
                raise
            found = str(error)
        if found != "ok":
            raise DamagedError(found)
        return version


def _check(db: sqlite3.Connection) -> None:
    """Its tables are those that they must be, and what a start needs can be read."""
    found = {text for (text,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if found != set(SCHEMA):
        raise DamagedError("its tables are others")
    # The quick check does not hold indices to their tables, and this one decides what may be written.
    sound = db.execute("PRAGMA integrity_check(series)").fetchone()[0]
    if sound != "ok":
        raise DamagedError(sound)
    try:
        remembered(db)
        meta = dict(db.execute("SELECT key, value FROM meta"))
        if not isinstance(meta["epoch"], str) or not isinstance(meta["created_at_s"], float):
            raise DamagedError("nothing tells which it is")
        if {kind for (kind,) in db.execute("SELECT kind FROM tallies")} != set(TABLES):
            raise DamagedError("nothing tells how much is in it")
        highest_seq(db)
    except (ValueError, TypeError, LookupError) as error:
        raise DamagedError(f"a value that cannot be: {error}") from error


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _set_aside(path: Path) -> Path:
    """Rename it, its journal first: a journal must never be beside a file that it does not belong to."""
    number = refusal(path)
    if number:
        raise OSError(number, os.strerror(number), str(path))
    now_ns = time.time_ns()
    when = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ns // 10**9))
    aside = path.with_name(f"{path.name}.damaged-{when}.{now_ns // 1000 % 10**6:06}Z")
    _beside(path, "-shm").unlink(missing_ok=True)
    journal = _beside(path, "-wal")
    if journal.exists() and journal.stat().st_size:
        journal.rename(_beside(aside, "-wal"))
    path.rename(aside)
    _forget_oldest(path)
    return aside


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _forget_oldest(path: Path) -> None:
    kept = sorted(path.parent.glob(f"{path.name}.damaged-*Z"))
    for file in kept[:-DAMAGED_KEPT]:
        file.unlink(missing_ok=True)
        _beside(file, "-wal").unlink(missing_ok=True)
