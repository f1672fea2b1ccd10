"""What the framings have in common whose frames tell their own length: find a start, wait for the end, judge, go on.

Where a frame turns out to be none, what stands inside it is looked at again, so that neither a start that was none
nor that of a frame which was cut swallows the next one.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from ngair.meter.framings.frame import Frame
from ngair.model.limits import FEED_SLICE_BYTES, NOISE_REPORT_BYTES
from ngair.model.telegram import Reason, Rejection


class Segment(msgspec.Struct, frozen=True):
    """One frame on the wire that is whole, perhaps only a part of what belongs together."""

    size: int
    payload: bytes
    last: bool = True
    """Whether nothing follows that belongs to it."""
    link: bytes = b""
    """From whom to whom: what belongs together has it in common."""
    number: int = 0
    """Its place among what belongs together, where the framing tells."""


class Fault(msgspec.Struct, frozen=True):
    """One frame on the wire that is not good."""

    reason: Reason
    detail: str
    size: int
    seen: int = 0
    """Bytes that it took to say so, where they are more."""
    body: bytes = b""
    """What it carries, where only that does not fit its check sum."""


class Wait(msgspec.Struct, frozen=True):
    """Nothing can be said of a start before more bytes are there."""


WAIT = Wait()


class ScanningFraming(ABC):
    """Bytes in, frames and rejections out. A framing says what its frames begin with, how one is judged, and what
    becomes of a whole one."""

    name: ClassVar[str]
    """What its frames are called."""
    start: ClassVar[re.Pattern[bytes]]
    """What a frame begins with."""
    open_start: ClassVar[re.Pattern[bytes]]
    """What may become a start when more bytes come; matches only at the end of the buffer, so long as it needs."""
    start_bytes: ClassVar[int]
    """As many bytes as `start` looks at."""
    padding: ClassVar[bytes] = b"\x00\xff\r\n "
    """What stands between frames on real lines and is no noise."""
    shared: ClassVar[int] = 0
    """As many bytes at the end of a frame may be the first of the next."""

    def __init__(self, offset: int = 0) -> None:
        """`offset` is how many bytes of the stream went before."""
        self._buffer = bytearray()
        self._base = offset
        self._noise = 0
        self._seen = 0

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return len(self._buffer)

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        return self._base

    def feed(self, data: bytes) -> list[Frame | Rejection]:
        """Take bytes in any portions; the result does not depend on how they were cut."""
        found: list[Frame | Rejection] = []
        for index in range(0, len(data), FEED_SLICE_BYTES):
            self._buffer += data[index : index + FEED_SLICE_BYTES]
            self._advance(found)
        return found

    def quiet(self) -> list[Frame | Rejection]:
        """The line has been quiet for a moment: a whole frame that stands inside one that is not counts now."""
        found: list[Frame | Rejection] = []
        self._seen = self._base + len(self._buffer)
        while self._buffer and self._skip_to_whole(found):
            self._advance(found)
        self._report_noise(self._noise, found)
        return found

    def finish(self) -> list[Frame | Rejection]:
        """The line is gone: what stands incomplete is refused."""
        found = self.quiet()
        self._give_up(found)
        self._report_noise(self._noise, found)
        return found

    @abstractmethod
    def _judge(self, at: int, stop: int) -> Segment | Fault | Wait | None:
        """What begins at a start in the buffer, of which bytes count up to `stop`: a whole frame, a bad one, what needs
        more bytes, or `None` where it is no start after all."""

    def _take(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        """What becomes of a whole frame that was taken off the buffer."""
        found.append(Frame(self.name, raw, segment.payload, True, stop, self._seen))

    def _broken(self, found: list[Frame | Rejection]) -> None:  # noqa: B027 - only framings with segments mind
        """Something else than a whole frame came."""

    def _advance(self, found: list[Frame | Rejection]) -> None:
        """Go on as far as the bytes that are here allow."""
        while self._buffer:
            if not self.start.match(self._buffer) and not self._seek_start(found):
                return
            judged = self._judge(0, len(self._buffer))
            if isinstance(judged, Segment):
                self._report_noise(self._noise, found)
                raw = bytes(self._buffer[: judged.size])
                self._drop(judged.size - self.shared)
                self._take(judged, raw, self._base + self.shared, found)
            elif judged is WAIT:
                return
            elif isinstance(judged, Fault):
                self._refuse(judged, found)
            else:
                self._count_noise(1, found)

    def _seek_start(self, found: list[Frame | Rejection]) -> bool:
        """Drop what stands before the next start; keep what may become one."""
        start = self.start.search(self._buffer)
        keep = start or self.open_start.search(self._buffer, max(0, len(self._buffer) - self.start_bytes + 1))
        self._count_noise(keep.start() if keep else len(self._buffer), found)
        return start is not None

    def _refuse(self, fault: Fault, found: list[Frame | Rejection]) -> None:
        """Give up a bad frame up to the next start inside it."""
        self._report_noise(self._noise, found)
        self._seen = max(self._seen, self._base + max(fault.size, fault.seen))
        size = self._start_inside(fault.size)
        found.append(Rejection(fault.reason, fault.detail, size, fault.body if size == fault.size else b""))
        self._drop(size)
        self._broken(found)

    def _start_inside(self, stop: int) -> int:
        """Where the next start is, or may come to be, before `stop`; else that."""
        for start in self.start.finditer(self._buffer, 1, stop):
            if self._judge(start.start(), stop) is not None:
                return start.start()
        open_start = self.open_start.search(self._buffer, max(1, stop - self.start_bytes + 1), stop)
        return open_start.start() if open_start else stop

    def _skip_to_whole(self, found: list[Frame | Rejection]) -> bool:
        """Give up what is not whole for the sake of the first whole frame inside it, if there is one."""
        stop = len(self._buffer)
        starts = [start.start() for start in self.start.finditer(self._buffer, 1)]
        whole = next((start for start in starts if isinstance(self._judge(start, stop), Segment)), None)
        if whole is not None:
            self._refuse_open(whole, found)
        return whole is not None

    def _give_up(self, found: list[Frame | Rejection]) -> None:
        """Refuse what stands in the buffer."""
        if self.start.match(self._buffer):
            self._refuse_open(len(self._buffer), found)
        else:
            self._count_noise(len(self._buffer), found)
            self._broken(found)

    def _refuse_open(self, size: int, found: list[Frame | Rejection]) -> None:
        self._report_noise(self._noise, found)
        found.append(Rejection(Reason.TRUNCATED, f"only {size} bytes of a frame", size))
        self._drop(size)
        self._broken(found)

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._base += size

    def _count_noise(self, size: int, found: list[Frame | Rejection]) -> None:
        noise = len(self._buffer[:size].translate(None, delete=self.padding))
        self._drop(size)
        if not noise:
            return
        self._noise += noise
        self._broken(found)
        while self._noise >= NOISE_REPORT_BYTES:
            self._report_noise(NOISE_REPORT_BYTES, found)

    def _report_noise(self, size: int, found: list[Frame | Rejection]) -> None:
        if size:
            found.append(Rejection(Reason.NOISE, f"{size} bytes outside a frame", size))
            self._noise -= size
