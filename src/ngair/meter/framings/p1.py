"""ASCII telegrams of the P1 port: from `/` to the line end behind `!` (IEC 62056-21 mode D; DSMR P1 5.0.2, 5.2).

A 7E1 line read as 8N1 carries even parity in bit 7, so that `/` arrives as 0xAF: its parity is verified and masked.
A telegram without a check sum is handed out only when the line goes quiet or the next telegram begins,
because a `!` in damaged data looks the same until more bytes follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import fastcrc
import msgspec

from ngair.meter.framings.frame import Frame
from ngair.model.limits import (
    FEED_SLICE_BYTES,
    NOISE_REPORT_BYTES,
    START_CANDIDATES_MAX,
    TELEGRAM_MAX_BYTES,
    TRAILER_PADDING_MAX_BYTES,
)
from ngair.model.telegram import Reason, Rejection


class P1Framing:
    """Bytes in, frames and rejections out. Holds at most one telegram."""

    def __init__(self, offset: int = 0) -> None:
        """`offset` is how many bytes of the stream went before."""
        self._buffer = bytearray()
        self._base = offset
        self._scanned = 0
        self._pending: Frame | None = None
        self._pending_from = offset
        self._noise = 0

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return len(self._buffer) + (len(self._pending.raw) if self._pending is not None else 0)

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        return self._base if self._pending is None else self._pending_from

    def feed(self, data: bytes) -> list[Frame | Rejection]:
        """Take bytes in any portions; the result does not depend on how they were cut."""
        found: list[Frame | Rejection] = []
        for start in range(0, len(data), FEED_SLICE_BYTES):
            self._buffer += data[start : start + FEED_SLICE_BYTES]
            while self._step(found):
                pass
        return found

    def quiet(self) -> list[Frame | Rejection]:
        """The line has been quiet for a moment: what is complete but for a line end is complete."""
        found: list[Frame | Rejection] = []
        self._take_pending(found)
        trailer = _OPEN_TRAILER.search(self._buffer, self._scanned)
        if trailer and len(trailer[1]) == CHECK_DIGITS and _is_start(self._buffer):
            self._cut(trailer.start(), trailer[1], trailer.end(), found)
        return found

    def finish(self) -> list[Frame | Rejection]:
        """The line is gone: nothing will follow."""
        found = self.quiet()
        trailer = _OPEN_TRAILER.search(self._buffer, self._scanned)
        if trailer and _is_start(self._buffer):
            self._cut(trailer.start(), trailer[1], trailer.end(), found)
            self._take_pending(found)
        if _is_start(self._buffer):
            found.append(Rejection(Reason.TRUNCATED, "the line ended inside a telegram", len(self._buffer)))
        else:
            self._count_noise(bytes(self._buffer), found)
        self._drop(len(self._buffer))
        self._report_noise(self._noise, found)
        return found

    def _step(self, found: list[Frame | Rejection]) -> bool:
        """One move: whether another may follow without more bytes."""
        if not self._buffer:
            return False
        if self._pending is not None and not self._settle_pending(found):
            return False
        if not _is_start(self._buffer) and not self._seek_start(found):
            return False
        self._report_noise(self._noise, found)
        return self._seek_end(found)

    def _settle_pending(self, found: list[Frame | Rejection]) -> bool:
        """Accept the telegram without check when the next one begins; refuse it when its end was none."""
        self._drop(len(self._buffer) - len(self._buffer.lstrip(_PADDING)))
        if not self._buffer:
            return False
        if _is_start(self._buffer):
            self._take_pending(found)
            return True
        if len(self._buffer) < START_BYTES and _PARTIAL_START.match(self._buffer):
            return False
        assert self._pending is not None
        found.append(Rejection(Reason.CHECK, "unknown bytes behind the end mark", len(self._pending.raw)))
        self._pending = None
        return True

    def _take_pending(self, found: list[Frame | Rejection]) -> None:
        if self._pending is not None:
            seen = self._base + min(len(self._buffer), START_BYTES)
            found.append(msgspec.structs.replace(self._pending, seen=seen))
            self._pending = None

    def _seek_start(self, found: list[Frame | Rejection]) -> bool:
        """Drop what stands before the next start; keep what may become one."""
        start = _START.search(self._buffer)
        keep = start or _PARTIAL_START.search(self._buffer, max(0, len(self._buffer) - START_BYTES + 1))
        drop = keep.start() if keep else len(self._buffer)
        self._count_noise(bytes(self._buffer[:drop]), found)
        self._drop(drop)
        return start is not None

    def _seek_end(self, found: list[Frame | Rejection]) -> bool:
        while (mark := self._buffer.find(b"!", self._scanned, TELEGRAM_MAX_BYTES)) >= 0:
            trailer = _TRAILER.match(self._buffer, mark)
            if trailer:
                self._cut(mark, trailer[1], trailer.end(), found)
                return True
            if _OPEN_TRAILER.match(self._buffer, mark):
                self._scanned = mark
                return False
            self._scanned = mark + 1
        self._scanned = min(len(self._buffer), TELEGRAM_MAX_BYTES)
        return self._bound(found)

    def _bound(self, found: list[Frame | Rejection]) -> bool:
        """Give up a telegram that does not end, at the newest start inside it."""
        if len(self._buffer) < TELEGRAM_MAX_BYTES + START_BYTES:
            return False
        starts = [match.start() for match in _START.finditer(self._buffer, 1, TELEGRAM_MAX_BYTES + START_BYTES - 1)]
        drop = starts[-1] if starts else TELEGRAM_MAX_BYTES
        found.append(Rejection(Reason.TOO_LONG, f"no end within {TELEGRAM_MAX_BYTES} bytes", drop))
        self._drop(drop)
        return True

    def _cut(self, mark: int, check: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        """Take one frame off the buffer and judge it. `mark` is where `!` stands, `stop` where the frame ends."""
        raw = bytes(self._buffer[:stop])
        self._drop(stop)
        if check:
            self._judge_checked(raw, mark + 1, int(check.translate(_MASK), 16), found)
        else:
            self._judge_unchecked(raw, mark + 1, found)

    def _judge_checked(self, raw: bytes, end: int, check: int, found: list[Frame | Rejection]) -> None:
        data = _plain(raw)
        if fastcrc.crc16.arc(data[:end]) == check:
            found.append(Frame("P1", data, data[:end], True, self._base, self._base + (data[-1] != _LF)))
            return
        for start in (*_starts_inside(raw, end), 0):
            frame = self._frame(raw[start:], end - start, checked=True)
            if check in _check_sums(frame.payload):
                _report_cut(start, found)
                found.append(frame)
                return
        found.append(Rejection(Reason.CHECK, f"check sum {check:04X} does not match", len(raw)))

    def _judge_unchecked(self, raw: bytes, end: int, found: list[Frame | Rejection]) -> None:
        start = next(_starts_inside(raw, end), 0)
        _report_cut(start, found)
        if raw[start] == _START_7E1 and raw[start:].translate(None, delete=_EVEN_PARITY):
            found.append(Rejection(Reason.PARITY, "a byte has odd parity on a 7E1 line", len(raw) - start))
        else:
            self._pending = self._frame(raw[start:], end - start, checked=False)
            self._pending_from = self._base - len(raw) + start

    def _frame(self, raw: bytes, end: int, *, checked: bool) -> Frame:
        data = _plain(raw)
        return Frame("P1", data, data[:end], checked, self._base, self._base + (data[-1] != _LF))

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._base += size
        self._scanned = 0

    def _count_noise(self, data: bytes, found: list[Frame | Rejection]) -> None:
        self._noise += len(data.translate(None, delete=_PADDING))
        while self._noise >= NOISE_REPORT_BYTES:
            self._report_noise(NOISE_REPORT_BYTES, found)

    def _report_noise(self, size: int, found: list[Frame | Rejection]) -> None:
        if size:
            found.append(Rejection(Reason.NOISE, f"{size} bytes outside a telegram", size))
            self._noise -= size


CHECK_DIGITS = 4
START_BYTES = 4
"""`/` and the three letters of the manufacturer (FLAG Association id)."""

_LF = 0x0A
"""Ends a telegram; where it is missing, the next one's first byte does."""
_START_7E1 = 0xAF
_PADDING = b"\x00\xff\r\n \x8d\xa0\x7f"
"""What stands between telegrams on real lines; 8D and A0 are CR and space with parity, 7F is FF without."""
_MASK = bytes(byte & 0x7F for byte in range(256))
_EVEN_PARITY = bytes(byte for byte in range(256) if byte.bit_count() % 2 == 0)

_START = re.compile(rb"/[A-Za-z]{3}|\xaf[A-Za-z\xc1-\xda\xe1-\xfa]{3}")
_PARTIAL_START = re.compile(rb"(?:/[A-Za-z]{0,2}|\xaf[A-Za-z\xc1-\xda\xe1-\xfa]{0,2})\Z")

_SPACES = rb"[ \t\x00\xff\xa0\x7f]{0,%d}+" % TRAILER_PADDING_MAX_BYTES
_DIGITS = rb"([0-9A-Fa-f\xb0-\xb9\xc1-\xc6\xe1-\xe6]{0,4}+)"
_TRAILER = re.compile(rb"!" + _SPACES + _DIGITS + _SPACES + rb"(?:[\r\x8d]?\n|[\r\x8d]?(?=[/\xaf]))")
_OPEN_TRAILER = re.compile(rb"!" + _SPACES + _DIGITS + _SPACES + rb"[\r\x8d]?\Z")


def _is_start(data: bytearray) -> bool:
    return _START.match(data) is not None


def _starts_inside(raw: bytes, end: int) -> Iterator[int]:
    """Where another telegram may have begun inside a frame, the newest first."""
    starts = [match.start() for match in _START.finditer(raw, 1, end)]
    return reversed(starts[-START_CANDIDATES_MAX:])


def _report_cut(start: int, found: list[Frame | Rejection]) -> None:
    if start:
        found.append(Rejection(Reason.TRUNCATED, "the next telegram began inside this one", start))


def _check_sums(body: bytes) -> list[int]:
    """What a telegram's sum may be: its own, or the one from before something on the way took the CR of its lines."""
    sums = [fastcrc.crc16.arc(body)]
    if b"\r" not in body:
        sums.append(fastcrc.crc16.arc(body.replace(b"\n", b"\r\n")))
    return sums


def _plain(raw: bytes) -> bytes:
    """A telegram's bytes with the parity of a 7E1 line masked."""
    return raw.translate(_MASK) if raw[0] == _START_7E1 else raw
