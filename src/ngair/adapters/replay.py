"""A recording of a meter, played at the times that its telegrams carry."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ngair.gateway.ports import LinkEnded, LinkError
from ngair.model.limits import REPLAY_GAP_MAX_S, REPLAY_GAP_S, TELEGRAM_MAX_BYTES


class ReplayPort:
    """Implements `gateway.ports.BytePort`."""

    def __init__(self, path: Path, speed: float = 1, *, loop: bool = False) -> None:
        self._path = path
        self._speed = speed
        self._loop = loop

    @property
    def name(self) -> str:
        """Its URL."""
        return f"file://{self._path}"

    async def connect(self) -> ReplayLink:
        """Open the file. Raises `LinkError`."""
        try:
            if not self._path.is_file() and self._path.exists():
                raise LinkError(f"{self._path} is no file: a device is written serial://{self._path}")
            file = self._path.open("rb")
        except OSError as error:
            raise LinkError(
                f"{self._path} cannot be read ({error.strerror}): is the path absolute and right?"
            ) from error
        return ReplayLink(file, self._speed, loop=self._loop)


class ReplayLink:
    """One playing of the recording, or playing for ever."""

    def __init__(self, file: BinaryIO, speed: float, *, loop: bool) -> None:
        self._file = file
        self._speed = speed
        self._loop = loop
        self._time: datetime | None = None
        self._due_s: float | None = None

    async def read(self) -> bytes:
        """The next telegram, when it is due. Raises `LinkEnded` behind the last, `LinkError` for a broken disk."""
        try:
            telegram = self._next()
        except OSError as error:
            raise LinkError(f"the recording cannot be read further: {error.strerror}") from error
        now_s = asyncio.get_running_loop().time()
        wait_s = min(self._gap_s(telegram) / self._speed, REPLAY_GAP_MAX_S)
        if self._due_s is None:
            self._due_s = now_s
        else:
            self._due_s = max(self._due_s + wait_s, now_s - REPLAY_GAP_MAX_S)
            await asyncio.sleep(self._due_s - now_s)
        return telegram

    async def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _next(self) -> bytes:
        """The bytes up to the next end mark at the start of a line, or a full buffer of them."""
        telegram = self._lines()
        if not telegram and self._loop and self._file.tell():
            self._file.seek(0)
            telegram = self._lines()
        if not telegram:
            raise LinkEnded("the recording has been played to its end")
        return telegram

    def _lines(self) -> bytes:
        telegram = bytearray()
        while len(telegram) < TELEGRAM_MAX_BYTES:
            line = self._file.readline(TELEGRAM_MAX_BYTES)
            telegram += line
            if not line or line.startswith(b"!"):
                break
        return bytes(telegram)

    def _gap_s(self, telegram: bytes) -> float:
        """Time since the telegram before, by their own clocks; a usual gap where these do not tell."""
        before, self._time = self._time, _time(telegram)
        if before is None or self._time is None:
            return REPLAY_GAP_S
        gap_s = (self._time - before).total_seconds()
        return gap_s if 0 <= gap_s <= REPLAY_GAP_MAX_S else REPLAY_GAP_S


def _time(telegram: bytes) -> datetime | None:
    match = _CLOCK.search(telegram)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1].decode("ascii"), "%y%m%d%H%M%S")  # noqa: DTZ007 - telegrams name no zone
    except ValueError:
        return None


_CLOCK = re.compile(rb"0-0:1\.0\.0(?:\*255)?\((\d{12})")
