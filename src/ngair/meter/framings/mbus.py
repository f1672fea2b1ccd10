"""M-Bus long frames with DLMS messages in them (EN 13757-2, 5.4; their transport: EN 13757-3, DLMS UA 1000-2).

`68 L L 68 | C A | CI STSAP DTSAP data | sum | 16`: L counts from C to the last of the data, the sum is theirs modulo
256. CI numbers the segments of a message in its low half byte, from 0 on; its bit 4 marks the last. Sagemcom meters
send frames of more than 255 bytes and tell L modulo 256 (field captures: `68 01 01 68` before 257 bytes).

The sum is weak, so all else is looked at closely: the header's repetitions, the control byte, the numbers of the
segments, and the length that a ciphered message tells of itself.
"""

from __future__ import annotations

import re

from ngair.meter.framings.ciphered import ciphered_size
from ngair.meter.framings.frame import Frame
from ngair.meter.framings.joining import JoiningFraming
from ngair.meter.framings.scanning import WAIT, Fault, Segment, Wait
from ngair.model.limits import MBUS_LENGTH_MAX
from ngair.model.telegram import Reason, Rejection

HEADER_BYTES = 4
"""`68 L L 68`."""
TRANSPORT_BYTES = 5
"""C, A, CI, STSAP, DTSAP."""
TRAILER_BYTES = 2


class MbusFraming(JoiningFraming):
    """Bytes in, frames and rejections out. Holds at most one message."""

    name = "M-Bus"
    start = re.compile(rb"\x68(.)\1\x68[\x53\x73].[\x00-\x1f]", re.DOTALL)
    open_start = re.compile(rb"\x68(?:(.)(?:\1(?:\x68(?:[\x53\x73].?)?)?)?)?\Z", re.DOTALL)
    start_bytes = 7

    def _judge(self, at: int, stop: int) -> Segment | Fault | Wait | None:
        buffer, first = self._buffer, at + HEADER_BYTES
        lengths = self._lengths(at, stop)
        if isinstance(lengths, Wait):
            return lengths
        for length in lengths:
            end = first + length
            if stop < end + TRAILER_BYTES:
                return WAIT
            content = bytes(buffer[first:end])
            if buffer[end + 1] == _STOP and sum(content) & 0xFF == buffer[end]:
                control = content[2]
                link = content[:2] + content[3:TRANSPORT_BYTES]
                size = end + TRAILER_BYTES - at
                return Segment(size, content[TRANSPORT_BYTES:], bool(control & _LAST), link, control & _NUMBER)
        shortest, longest = (HEADER_BYTES + length + TRAILER_BYTES for length in (lengths[0], lengths[-1]))
        return Fault(Reason.CHECK, "the frame's sum or end does not match", shortest, longest)

    def _lengths(self, at: int, stop: int) -> list[int] | Wait:
        """How long from C to the last of the data a frame may be, of which only the length modulo 256 is told."""
        told, control = self._buffer[at + 1], self._buffer[at + 6]
        shortest = told if told > TRANSPORT_BYTES else told + 256
        rest = self._rest(at, min(stop, at + HEADER_BYTES + shortest), control & _NUMBER)
        if isinstance(rest, Wait) and stop < at + HEADER_BYTES + shortest:
            return rest
        if rest is None or isinstance(rest, Wait):
            return [shortest]
        longest = min(rest + TRANSPORT_BYTES, MBUS_LENGTH_MAX)
        if not control & _LAST:
            return list(range(shortest, longest, 256)) or [shortest]
        return [longest] if longest % 256 == told else [shortest]

    def _rest(self, at: int, stop: int, number: int) -> int | Wait | None:
        """How much of a ciphered message is still to come, with this segment; `None` where nothing tells."""
        if number == 0:
            return ciphered_size(self._buffer, at + HEADER_BYTES + TRANSPORT_BYTES, stop)
        if number != self._message.count or self._whole_size is None:
            return None
        return self._whole_size - len(self._message.payload)

    @property
    def _whole_size(self) -> int | None:
        payload = self._message.payload
        size = ciphered_size(payload, 0, len(payload))
        return size if isinstance(size, int) else None

    def _take(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        message = self._message
        follows = message.count == segment.number > 0 and segment.link == message.link
        if message.count and not follows:
            self._lose("another message began before this one had ended", found)
        if not follows and segment.number:
            self._refuse_rest(segment, raw, found)
            return
        self._join(segment, raw, stop, found)

    def _join(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        super()._join(segment, raw, stop, found)
        frame = found[-1] if segment.last and found else None
        if isinstance(frame, Frame):
            size = ciphered_size(frame.payload, 0, len(frame.payload))
            if isinstance(size, Wait) or size not in (None, len(frame.payload)):
                found[-1] = Rejection(
                    Reason.CHECK, "the segments together are not as long as they tell", len(frame.raw), frame.payload
                )


_STOP = 0x16
_NUMBER = 0x0F
_LAST = 0x10
