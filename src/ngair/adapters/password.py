"""The password of the box: kept as an Argon2id hash that only the box's own user can read."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import hmac
import logging
import os
import re
import secrets
import stat
import time
import unicodedata
from collections.abc import Callable

import msgspec

from ngair.adapters.folder import Folder
from ngair.model.limits import (
    PASSWORD_FILE_MAX_BYTES,
    PASSWORD_LOOK_S,
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    PASSWORD_TYPED_MAX_CHARS,
)

log = logging.getLogger("ngair")

FILE = "password.json"
"""In the data folder."""
UNFIT = f"A password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters, none of them a control character."


class PasswordError(ValueError):
    """This cannot be a password. The text says what can."""


class Passwords:
    """The password of a data folder, as it is there now: another program may set it while this one runs.

    What is proven once is remembered as a keyed hash for as long as the password is the same, so that a program that
    sends it with each request costs next to nothing.
    """

    def __init__(self, folder: Folder) -> None:
        """Reads the folder."""
        self._folder = folder
        self._key = secrets.token_bytes(32)
        self._proven = b""
        self._one_at_a_time = asyncio.Lock()
        self._reading = asyncio.Lock()
        self.generation = 0
        """Another one whenever the password has become another one."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when another password was set, by whom ever."""
        self._stamp, self._hash = _read(folder)
        self._looked_s = time.monotonic()
        self._tell()

    @property
    def is_set(self) -> bool:
        """Whether there is one. One that cannot be read is one, too: nothing opens by a damaged file."""
        return self._hash is not None

    @property
    def is_damaged(self) -> bool:
        """Whether there is one that nobody can prove."""
        return self._hash == ""

    async def look(self) -> None:
        """Notice what another program has set, a second later at most."""
        now_s = time.monotonic()
        if now_s - self._looked_s < PASSWORD_LOOK_S:
            return
        self._looked_s = now_s
        if await asyncio.to_thread(_stamp, self._folder) != self._stamp:
            await self._read_again()

    def mark(self, password: str) -> bytes:
        """What stands for a password in this process, and tells nothing of it."""
        return hmac.digest(self._key, _bytes(password), hashlib.sha256)

    def is_proven(self, mark: bytes) -> bool:
        """Whether this is the mark of a password that was proven."""
        return hmac.compare_digest(mark, self._proven)

    async def verify(self, password: str) -> bool:
        """Whether it is the one. Takes its time, one at a time, in a thread."""
        async with self._one_at_a_time:
            generation, hashed = self.generation, self._hash
            if not await asyncio.to_thread(_fits, password, hashed) or generation != self.generation:
                return False
            self._proven = self.mark(password)
            return True

    async def set(self, password: str) -> None:
        """Make it this. Raises `PasswordError`, and `OSError` where it cannot be kept: then the old one stays."""
        async with self._one_at_a_time:
            await self._set(password)

    async def replace(self, proven: bytes, password: str) -> bool:
        """Make it this, as `set` does, unless the one that was proven, by its mark, is another one by now."""
        async with self._one_at_a_time:
            if not self.is_proven(proven):
                return False
            await self._set(password)
            return True

    async def _set(self, password: str) -> None:
        await asyncio.to_thread(set_password, self._folder, password)
        await self._read_again()
        self._proven = self.mark(password)

    async def _read_again(self) -> None:
        # One after the other: what was read first must not be what is taken for the newest.
        async with self._reading:
            stamp, hashed = await asyncio.to_thread(_read, self._folder)
            if (stamp, hashed) != (self._stamp, self._hash):
                is_another = hashed not in (None, "", self._hash)
                self._stamp, self._hash = stamp, hashed
                self._proven = b""
                self.generation += 1
                self._tell()
                if is_another:
                    self.on_change()

    def _tell(self) -> None:
        if self.is_damaged:
            log.warning(
                "%s cannot be used: nothing is changed by anybody until `ngair password` has set a password anew",
                self._folder.path / FILE,
            )


def set_password(folder: Folder, password: str) -> None:
    """Make it the password of a data folder. Raises `PasswordError`, and `OSError` where it cannot be kept."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    check_password(password)
    hashing = Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    folder.save(FILE, msgspec.json.encode(_Kept(1, hashing.derive_phc_encoded(_bytes(password)))))


def check_password(password: str) -> None:
    """Raises `PasswordError` for what cannot be one."""
    try:
        password.encode("utf-8")
    except UnicodeEncodeError:
        raise PasswordError(UNFIT) from None
    text = _composed(password)
    # Control characters cannot be sent by HTTP Basic (RFC 7617, 2).
    if not PASSWORD_MIN_CHARS <= len(text) <= PASSWORD_MAX_CHARS or any(unicodedata.category(c) == "Cc" for c in text):
        raise PasswordError(UNFIT)


def new_password() -> str:
    """One that nobody guesses and everybody can type: 59 random bits."""
    letters = [secrets.choice(_TYPED) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


class _Kept(msgspec.Struct, frozen=True):
    format: int
    argon2id: str


def _bytes(password: str) -> bytes:
    """The same for all ways to type it."""
    return _composed(password).encode("utf-8", "surrogatepass")


def _composed(password: str) -> str:
    """NFC. One that is far too long stays as it is: marks in a row take a time that grows with their square."""
    return password if len(password) > PASSWORD_TYPED_MAX_CHARS else unicodedata.normalize("NFC", password)


def _fits(password: str, hashed: str | None) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if not hashed:
        return False
    try:
        Argon2id.verify_phc_encoded(_bytes(password), hashed)
    except (InvalidKey, ValueError):
        return False
    return True


def _stamp(folder: Folder) -> object:
    """Another value when the file has become another one; `None` where there is none."""
    try:
        found = (folder.path / FILE).stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.errno
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _read(folder: Folder) -> tuple[object, str | None]:
    """The file's stamp and what it keeps: `None` where there is no file, nothing where it is none that was kept."""
    stamp = _stamp(folder)
    try:
        # Not to wait for whoever would write into what is no file.
        descriptor = os.open(folder.path / FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return stamp, None if error.errno == errno.ENOENT else ""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return stamp, ""
        if found.st_mode & (stat.S_IROTH | stat.S_IRGRP):
            log.warning("%s: others on this machine may read it: chmod 600 %s", FILE, folder.path / FILE)
        data = os.read(descriptor, PASSWORD_FILE_MAX_BYTES + 1)
    except OSError:
        return stamp, ""
    finally:
        os.close(descriptor)
    return stamp, _sound(data)


def _sound(data: bytes) -> str:
    try:
        kept = msgspec.json.decode(data, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    match = _PHC.fullmatch(kept.argon2id)
    # A file that asks for gigabytes or minutes is not one that was kept.
    if kept.format != 1 or match is None or int(match[1]) > _MEMORY_MAX_KIB or int(match[2]) > _ITERATIONS_MAX:
        return ""
    return kept.argon2id


_MEMORY_KIB, _ITERATIONS, _LANES = 9 * 1024, 4, 1
"""What OWASP's Password Storage Cheat Sheet has for Argon2id: some 30 ms on a PC, some 100 ms on a small computer."""
_MEMORY_MAX_KIB, _ITERATIONS_MAX = 64 * 1024, 8
_PHC = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,6}),t=([0-9]{1,2}),p=[1-4]\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,86}"
)
_TYPED = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""
