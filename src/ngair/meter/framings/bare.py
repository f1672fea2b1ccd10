"""Messages in files without any frame around them: the whole input is one.

It begins with the LLC header of HDLC (E6 E7 00, E6 E6 00), as a data-notification (0F) or as a ciphered message (DB).
Only for input that ends; nothing tells one message from the next.
"""

from __future__ import annotations

from ngair.meter.framings.frame import Frame
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection

STARTS = (b"\xe6\xe7\x00", b"\xe6\xe6\x00", b"\x0f", b"\xdb")


class BareFraming:
    """Bytes in, frames and rejections out. Holds at most `TELEGRAM_MAX_BYTES`."""

    def __init__(self, offset: int = 0) -> None:
        """`offset` is how many bytes of the stream went before."""
        self._buffer = bytearray()
        self._fed = offset
        self._noise = 0

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return len(self._buffer)

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        return self._fed - len(self._buffer)

    def feed(self, data: bytes) -> list[Frame | Rejection]:
        """Take bytes in any portions. Nothing comes out before the input pauses, unless it is too much."""
        self._fed += len(data)
        if self._noise or len(self._buffer) + len(data) > TELEGRAM_MAX_BYTES:
            self._noise += len(self._buffer) + len(data)
            self._buffer.clear()
        else:
            self._buffer += data
        return []

    def quiet(self) -> list[Frame | Rejection]:
        """What came is one message, or none."""
        raw = bytes(self._buffer)
        self._buffer.clear()
        if raw.startswith(STARTS):
            return [Frame("bare", raw, raw, checked=False, stop=self._fed)]
        noise, self._noise = len(raw) + self._noise, 0
        return [Rejection(Reason.NOISE, f"{noise} bytes that begin as no message", noise)] if noise else []

    def finish(self) -> list[Frame | Rejection]:
        """The same: nothing is kept longer."""
        return self.quiet()
