"""What every framing gives and takes."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ngair.model.telegram import Rejection


class Frame(msgspec.Struct, frozen=True):
    """One frame, or the segments of one that belong together, as cut out of the stream."""

    framing: str
    """Which framing cut it: `P1`, `HDLC`, `M-Bus`, `DB`, `SML`, `bare`."""
    raw: bytes
    """All of it as on the wire, from the first byte of its start to the last of its end; 7E1 without parity."""
    payload: bytes
    """What is inside: `P1` from `/` to `!`; `HDLC` the information fields joined, from the LLC header on; `M-Bus` the
    user data behind CI, STSAP and DTSAP joined; `DB` the whole ciphered frame; `SML` what stands between the escapes;
    `bare` all."""
    checked: bool
    """Whether a check sum was verified; a sum that does not match never gets here."""
    stop: int = 0
    """Bytes of the stream up to its end, counted from the first that the framing was fed."""
    seen: int = 0
    """Bytes of the stream that it took to be certain of it, where that is more than `stop`: what stands before it, or
    what ends it, may only be told by what comes behind."""


class Framing(Protocol):
    """Bytes in, frames and rejections out. Holds at most `FRAMING_HELD_MAX_BYTES`."""

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        ...

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        ...

    def feed(self, data: bytes) -> list[Frame | Rejection]:
        """Take bytes in any portions; the result does not depend on how they were cut."""
        ...

    def quiet(self) -> list[Frame | Rejection]:
        """The line has been quiet for `LINE_QUIET_S`: what can only be complete is complete."""
        ...

    def finish(self) -> list[Frame | Rejection]:
        """The line is gone: nothing will follow. What stands incomplete is refused; more may be fed afterwards."""
        ...
