"""Segments of one message, joined: what the framings have in common that cut messages in pieces."""

from __future__ import annotations

from ngair.meter.framings.frame import Frame
from ngair.meter.framings.scanning import ScanningFraming, Segment
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection


class JoiningFraming(ScanningFraming):
    """A framing with segments. Anything between two of them but padding ends their message."""

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self._message = Joining(self.name, self.shared)
        self._message_from = offset
        self._message_stop = offset
        self._lost = False
        """Whether a beginning may have been lost, so that the rest of its message may come."""

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return len(self._buffer) + self._message.held_bytes

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        return self._message_from if self._message.count else self._base

    def _join(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        """Put a segment to those that stand."""
        if not self._message.count:
            self._message_from = self._message_stop = stop - len(raw)
        shared = max(0, self._message_stop - (stop - len(raw)))
        self._message_stop = stop
        self._lost = False
        if not self._message.add(segment, raw[shared:]):
            self._message.refuse(Reason.TOO_LONG, "a message with no end in sight", found)
            self._lost = not segment.last
        elif segment.last:
            found.append(self._message.joined(stop, self._seen))

    def _refuse_rest(self, segment: Segment, raw: bytes, found: list[Frame | Rejection]) -> None:
        """Refuse a segment to which there is no beginning."""
        self._lost = not segment.last
        found.append(
            Rejection(
                Reason.TRUNCATED,
                "the rest of a message whose beginning is missing",
                len(raw) - self.shared,
                segment.payload,
            )
        )

    def _broken(self, found: list[Frame | Rejection]) -> None:
        self._lose("something else stands between the segments of a message", found)

    def _lose(self, detail: str, found: list[Frame | Rejection]) -> None:
        """Whatever stands of a message is refused, and what may follow of it is none."""
        self._message.refuse(Reason.TRUNCATED, detail, found)
        self._lost = True


class Joining:
    """What stands of one message. Its segments follow each other at once: anything between them ends it."""

    def __init__(self, name: str, shared: int) -> None:
        self._name = name
        self._shared = shared
        self._raw = bytearray()
        self._payload = bytearray()
        self.count = 0
        """Segments that stand."""
        self.link = b""
        """From whom to whom they are."""

    @property
    def payload(self) -> bytes:
        """What they carry so far."""
        return bytes(self._payload)

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return len(self._raw) + len(self._payload)

    def add(self, segment: Segment, raw: bytes) -> bool:
        """One more; whether it is not too much."""
        self.link = segment.link
        self.count += 1
        self._raw += raw
        self._payload += segment.payload
        return len(self._raw) <= TELEGRAM_MAX_BYTES

    def joined(self, stop: int, seen: int) -> Frame:
        """All of it, as one frame."""
        frame = Frame(self._name, bytes(self._raw), bytes(self._payload), True, stop, seen)
        self._clear()
        return frame

    def refuse(self, reason: Reason, detail: str, found: list[Frame | Rejection]) -> None:
        """Give up what stands, if anything does."""
        if self.count:
            found.append(Rejection(reason, detail, len(self._raw) - self._shared))
            self._clear()

    def _clear(self) -> None:
        self._raw.clear()
        self._payload.clear()
        self.count = 0
        self.link = b""
