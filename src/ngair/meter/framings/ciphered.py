"""Ciphered messages on a bare line, without a frame around them (DLMS UA 1000-2, general-glo-ciphering; Luxembourg P1,
1.1.3, 3; Styria).

`DB | 08 | system title, 8 bytes | length | security control | frame counter, 4 bytes | ciphertext | tag`: no check sum
but the tag of 12 bytes, which only the key verifies. So the beginning is looked at closely, a message in which the
same title comes again was cut, and what is not whole when the line goes quiet is given up.
"""

from __future__ import annotations

import re

from ngair.meter.framings.frame import Frame
from ngair.meter.framings.scanning import WAIT, Fault, ScanningFraming, Segment, Wait
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection

TAG_BYTES = 12


class CipheredFraming(ScanningFraming):
    """Bytes in, frames and rejections out. Holds at most one message."""

    name = "DB"
    start = re.compile(rb"\xdb\x08[A-Za-z]{3}")
    open_start = re.compile(rb"\xdb(?:\x08[A-Za-z]{0,2})?\Z")
    start_bytes = 5
    _is_quiet = False

    def quiet(self) -> list[Frame | Rejection]:
        """The line has been quiet for a moment: what is not whole is none, but something inside it may be."""
        found: list[Frame | Rejection] = []
        self._is_quiet = True
        self._advance(found)
        self._is_quiet = False
        while self.start.match(self._buffer):
            self._refuse_open(self._start_inside(len(self._buffer)), found)
            self._advance(found)
        self._report_noise(self._noise, found)
        return found

    def _judge(self, at: int, stop: int) -> Segment | Fault | Wait | None:
        size = ciphered_size(self._buffer, at, stop)
        if size is None or isinstance(size, Wait):
            return size
        end = at + _TITLE_STOP
        title = bytes(self._buffer[at:end])
        again = self._buffer.find(title, end, min(stop, at + size + _TITLE_STOP - 1))
        if again >= 0:
            seen = again + _TITLE_STOP - at
            return Fault(Reason.TRUNCATED, "the same meter's next message began inside this one", again - at, seen)
        if stop < at + size or (not self._is_quiet and self._may_begin_again(title, at + size, stop)):
            return WAIT
        return Segment(size, bytes(self._buffer[at : at + size]))

    def _may_begin_again(self, title: bytes, end: int, stop: int) -> bool:
        """Whether the next message may have begun in the last bytes of this one, which then was cut."""
        return any(
            self._buffer[first:stop] == title[: stop - first] for first in range(max(0, stop - _TITLE_STOP + 1), end)
        )

    def _take(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        found.append(Frame(self.name, raw, raw, checked=False, stop=stop, seen=self._seen))


def ciphered_size(data: bytes | bytearray, at: int, stop: int) -> int | Wait | None:
    """How many bytes the ciphered message has that begins there, as it tells itself; `None` where none begins.

    The maker's three letters begin its system title; the security control byte says whether there is a tag (0x10) and
    whether it is ciphered (0x20), its lowest bit is the security suite (0x21: field captures from Austria).
    """
    header = _HEADER.match(data, at, stop)
    if header is None:
        return WAIT if stop - at < _HEADER_MAX_BYTES and _OPEN_HEADER.match(data, at, stop) else None
    told = header[1]
    length = told[0] if len(told) == 1 else int.from_bytes(told[1:], "big")
    least = 1 + _COUNTER_BYTES + 1 + (TAG_BYTES if header[2][0] & _WITH_TAG else 0)
    size = header.start(2) - at + length
    return size if length >= least and size <= TELEGRAM_MAX_BYTES else None


_TITLE_STOP = 1 + 1 + 8
_COUNTER_BYTES = 4
_WITH_TAG = 0x10
_HEADER_MAX_BYTES = 1 + 1 + 8 + 5 + 1
_HEADER = re.compile(
    rb"\xdb\x08[A-Za-z]{3}.{5}([\x00-\x7f]|\x81.|\x82..|\x83...|\x84....)([\x00\x10\x20\x21\x30\x31])", re.DOTALL
)
_OPEN_HEADER = re.compile(
    rb"\xdb(?:\Z|\x08(?:[A-Za-z]{0,2}\Z|[A-Za-z]{3}(?:.{0,4}\Z|.{5}"
    rb"(?:\Z|[\x00-\x7f]\Z|\x81.?\Z|\x82.{0,2}\Z|\x83.{0,3}\Z|\x84.{0,4}\Z))))",
    re.DOTALL,
)
"""What may become a header."""
