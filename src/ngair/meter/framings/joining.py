"""Segments of one message, on their way to be joined."""

from __future__ import annotations

from ngair.meter.framings.frame import Frame
from ngair.meter.framings.scanning import Segment
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection


class Joining:
    """What stands of one message. Its segments follow each other at once: anything between them ends it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._raw = bytearray()
        self._payload = bytearray()
        self.count = 0
        """Segments that stand."""
        self.link = b""
        """From whom to whom they are."""

    @property
    def size(self) -> int:
        """Bytes on the wire of what stands."""
        return len(self._raw)

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

    def joined(self, stop: int) -> Frame:
        """All of it, as one frame."""
        frame = Frame(self._name, bytes(self._raw), bytes(self._payload), checked=True, stop=stop)
        self._clear()
        return frame

    def refuse(self, reason: Reason, detail: str, found: list[Frame | Rejection]) -> None:
        """Give up what stands, if anything does."""
        if self.count:
            found.append(Rejection(reason, detail, len(self._raw)))
            self._clear()

    def _clear(self) -> None:
        self._raw.clear()
        self._payload.clear()
        self.count = 0
        self.link = b""
