"""A recording of a meter, played at the times that its telegrams carry.

Any capture can be played, hex text too. ASCII telegrams tell their time. Binary ones do not without being understood,
which is not done here: they are cut where a frame ends and another begins, as far as single bytes show that, and
played one a second, and so are blocks that only their content joins. However it is cut, every byte of the line is
played, in its order.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ngair.gateway.ports import LinkEnded, LinkError
from ngair.model.capture import CaptureReader
from ngair.model.limits import FEED_SLICE_BYTES, REPLAY_GAP_MAX_S, REPLAY_GAP_S, TELEGRAM_MAX_BYTES


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
        self._capture: CaptureReader | None = CaptureReader()
        """`None` behind the end of the file."""
        self._waiting = bytearray()
        self._is_empty = True
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
        """The bytes up to the next end of a telegram, or a full buffer of them."""
        while not (stop := telegram_end(self._waiting, final=self._capture is None)):
            if self._capture is not None:
                self._load(self._capture)
            elif self._loop and not self._is_empty:
                self._file.seek(0)
                self._capture = CaptureReader()
            else:
                raise LinkEnded("the recording has been played to its end")
        telegram = bytes(self._waiting[:stop])
        del self._waiting[:stop]
        self._is_empty = False
        return telegram

    def _load(self, capture: CaptureReader) -> None:
        data = self._file.read(FEED_SLICE_BYTES)
        self._waiting += capture.feed(data) if data else capture.finish()
        if not data:
            self._capture = None

    def _gap_s(self, telegram: bytes) -> float:
        """Time since the telegram before, by their own clocks; a usual gap where these do not tell."""
        before, self._time = self._time, _time(telegram)
        if before is None or self._time is None:
            return REPLAY_GAP_S
        gap_s = (self._time - before).total_seconds()
        return gap_s if 0 <= gap_s <= REPLAY_GAP_MAX_S else REPLAY_GAP_S


def telegram_end(data: bytes | bytearray, *, final: bool) -> int:
    """Where the first telegram in a stretch of a recording ends; 0 where more is needed to tell.

    A frame of HDLC or M-Bus and a ciphered message end where they say, a message of several frames with its last;
    an ASCII telegram with the line that begins with `!`. In all else the next place counts that looks as if one
    frame ended and another began. `final`: no more comes.
    """
    most = min(len(data), TELEGRAM_MAX_BYTES)
    full = most if final or len(data) >= TELEGRAM_MAX_BYTES else 0
    start = 0
    while size := _said_size(data, start):
        if start + size > most:
            return full
        if not _goes_on(data, start):
            return start + size
        start += size
    end = _END.search(data, max(1, start), most)
    return end.end() if end else full


def _said_size(data: bytes | bytearray, at: int) -> int:
    """Bytes of a frame by its own length field, whether or not they are all there; 0 where no frame begins."""
    if data.startswith(_CIPHERED, at):
        return _ciphered_size(data, at)
    if hdlc := _HDLC.match(data, at):
        size = int.from_bytes(hdlc[1]) % 0x800 + 2
        return size if data[at + size - 1 : at + size] in (b"", b"\x7e") else 0
    if mbus := _MBUS.match(data, at):
        # The field has one byte, and counts modulo 256.
        sizes = (mbus[1][0] + 6, mbus[1][0] + 6 + 256)
        return next((size for size in sizes if data[at + size - 1 : at + size] in (b"", b"\x16")), 0)
    return 0


def _goes_on(data: bytes | bytearray, at: int) -> bool:
    """Whether the frame that begins here is followed by another of the same message."""
    if hdlc := _HDLC.match(data, at):
        return bool(hdlc[1][0] & _SEGMENTED)
    mbus = _MBUS.match(data, at)
    return bool(mbus) and not data[at + _CONTROL_AT] & _LAST


def _ciphered_size(data: bytes | bytearray, at: int) -> int:
    length = data[at + _LENGTH_AT : at + _LENGTH_AT + 3]
    if len(length) < 3:
        return TELEGRAM_MAX_BYTES
    digits = length[0] - 0x80 if length[0] > 0x80 else 0
    content = int.from_bytes(length[1 : 1 + min(digits, 2)]) if digits else length[0]
    return _LENGTH_AT + 1 + digits + content


def _time(telegram: bytes) -> datetime | None:
    match = _CLOCK.search(telegram)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1].decode("ascii"), "%y%m%d%H%M%S")  # noqa: DTZ007 - telegrams name no zone
    except ValueError:
        return None


_CLOCK = re.compile(rb"0-0:1\.0\.0(?:\*255)?\((\d{12})")
_END = re.compile(
    rb"(?<=\n)![^\n]*\n|\x7e(?=\x7e?[\xa0-\xaf])|\x16(?=\x68(.)\1\x68)|\x1b{4}\x1a.{3}(?=\x1b{4}\x01{4})", re.DOTALL
)
_HDLC, _SEGMENTED = re.compile(rb"\x7e([\xa0-\xaf].)", re.DOTALL), 0x08
"""Behind the flag the format: type 3, the bit of segmentation, eleven bits of length (IEC 62056-46)."""
_MBUS, _CONTROL_AT, _LAST = re.compile(rb"\x68(.)\1\x68.{3}", re.DOTALL), 6, 0x10
"""Long frame, and the bit in its CI field that says that it is the last of a message (EN 13757-1)."""
_CIPHERED, _LENGTH_AT = b"\xdb\x08", 10
"""General-glo-ciphering with a system title of eight bytes, and where its length stands (the Green Book)."""
