"""What goes wrong with the file, in the words of the system: always an `OSError`."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

TEXT_MAX_CHARS = 120


class DamagedError(Exception):
    """The file is not what was written. The text says how it shows."""


@contextlib.contextmanager
def as_os_errors(path: Path, value_error: int) -> Iterator[None]:
    """Whatever SQLite raises inside becomes an `OSError` with the number that fits; for a bad value, with this one."""
    try:
        yield
    except sqlite3.Error as error:
        raise _os_error(error, path) from error
    except DamagedError as error:
        raise OSError(errno.EIO, f"damaged: {plain(error)}", str(path)) from error
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise OSError(value_error, f"a value that cannot be: {plain(error)}", str(path)) from error


def plain(error: object) -> str:
    """What it tells, on one line. Some of it may stand in a broken file, and be anything."""
    last = (str(error).splitlines() or [""])[-1]
    return "".join(letter if letter.isprintable() else "?" for letter in last)[:TEXT_MAX_CHARS]


def is_damage(error: sqlite3.Error) -> bool:
    """Whether it tells that the file itself is broken."""
    return _code(error) in _DAMAGE


def is_unreadable(error: sqlite3.Error) -> bool:
    """Whether SQLite makes nothing of the file's head, for which it has no number of its own."""
    return _code(error) == sqlite3.SQLITE_ERROR


def is_shut(error: sqlite3.Error) -> bool:
    """Whether the file cannot be opened as it was asked to be."""
    return _code(error) in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def is_harmless(error: sqlite3.Error) -> bool:
    """Whether the connection is as good as before: there was no room, no right, or somebody else wrote."""
    return _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT}


def refusal(path: Path) -> int:
    """Number of the error for which the file cannot be opened to be written, or made; 0 where it can."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return _refusal_to_make(path.parent)
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _refusal_to_make(folder: Path) -> int:
    try:
        read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    except OSError as error:
        return error.errno or errno.EIO
    if read_only:
        return errno.EROFS
    return 0 if os.access(folder, os.W_OK | os.X_OK) else errno.EACCES


def _os_error(error: sqlite3.Error, path: Path) -> OSError:
    code = _code(error)
    if code in _DAMAGE:
        return OSError(errno.EIO, f"damaged: {plain(error)}", str(path))
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        number = refusal(path) or _refusal_to_make(path.parent) or errno.EIO
        return OSError(number, os.strerror(number), str(path))
    number = _NUMBERS.get(code, errno.EIO)
    return OSError(number, f"{os.strerror(number)} ({plain(error)})", str(path))


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NUMBERS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
    sqlite3.SQLITE_CONSTRAINT: errno.EINVAL,
    sqlite3.SQLITE_MISMATCH: errno.EINVAL,
}
