"""HDLC frames of type 3, as DLMS meters push them: by their length, never by the flag alone (ISO/IEC 13239, 4.9;
IEC 62056-46, 6.4).

`7E | A, segmentation bit, 11 bits of length | destination | source | control | HCS | information | FCS | 7E`; both
check sums are CRC-16/X.25, low byte first; without information there is no HCS. One flag may end a frame and begin
the next. Segments of a message carry no numbers: they follow each other at once, and only the first begins with the
LLC header (field captures from Iskraemeco and Aidon meters).
"""

from __future__ import annotations

import re

from fastcrc.crc16 import ibm_sdlc

from ngair.meter.framings.frame import Frame
from ngair.meter.framings.joining import JoiningFraming
from ngair.meter.framings.scanning import WAIT, Fault, ScanningFraming, Segment, Wait
from ngair.model.telegram import Reason, Rejection

FLAG = 0x7E
CHECK_BYTES = 2
HEADER_MAX_BYTES = 12
"""From the flag to the control byte, with two addresses of four bytes."""


class HdlcFraming(JoiningFraming):
    """Bytes in, frames and rejections out. Holds at most one message."""

    name = "HDLC"
    start = re.compile(rb"\x7e[\xa0-\xaf]")
    open_start = re.compile(rb"\x7e\Z")
    start_bytes = 2
    padding = ScanningFraming.padding + b"\x7e"
    shared = 1

    def _judge(self, at: int, stop: int) -> Segment | Fault | Wait | None:
        buffer = self._buffer
        header = _HEADER.match(buffer, at, stop)
        if header is None:
            return WAIT if stop - at < HEADER_MAX_BYTES else None
        first, data = at + 1, header.end()
        last = first + ((buffer[first] & 0x07) << 8 | buffer[first + 1])
        if last != data + CHECK_BYTES and last <= data + 2 * CHECK_BYTES:
            return None
        if stop < data + CHECK_BYTES:
            return WAIT
        if ibm_sdlc(buffer[first:data]) != _sum_at(buffer, data):
            return None
        if stop <= last:
            return WAIT
        size = last + 1 - at
        if buffer[last] != FLAG:
            return Fault(Reason.CHECK, "no flag where the frame ends by its length", size)
        end = last - CHECK_BYTES
        if end > data and ibm_sdlc(buffer[first:end]) != _sum_at(buffer, end):
            body = bytes(buffer[data + CHECK_BYTES : end])
            return Fault(Reason.CHECK, "the frame's check sum does not match", size - 1, size, body)
        link = bytes(buffer[first + 2 : data - 1])
        return Segment(size, bytes(buffer[data + CHECK_BYTES : end]), not buffer[first] & _SEGMENTED, link)

    def _take(self, segment: Segment, raw: bytes, stop: int, found: list[Frame | Rejection]) -> None:
        payload, message = segment.payload, self._message
        begins = payload[:3] in _LLC_HEADERS
        if message.count and (begins or segment.link != message.link):
            self._lose("the next message began before this one had ended", found)
        if segment.last and not message.count and (begins or (payload[:1] in _TAGS and not self._lost)):
            self._lost = False
            found.append(Frame(self.name, raw, payload, True, stop, self._seen))
        elif not payload:
            found.append(Rejection(Reason.NOTHING_MEASURED, "a frame without information", len(raw) - self.shared))
        elif not message.count and not begins:
            self._refuse_rest(segment, raw, found)
        else:
            self._join(segment, raw, stop, found)


_EVEN, _ODD = (b"[%s]" % b"".join(b"\\x%02x" % byte for byte in range(low, 256, 2)) for low in (0, 1))
_HEADER = re.compile(rb"\x7e[\xa0-\xaf].(?:%b{0,3}+%b){2}." % (_EVEN, _ODD), re.DOTALL)
"""The last byte of an address is odd."""
_SEGMENTED = 0x08
_LLC_HEADERS = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
_TAGS = (b"\x0f", b"\xdb", b"\xe0")
"""What a message without LLC header may begin with: notification, general ciphering, block of a block transfer."""


def _sum_at(buffer: bytearray, at: int) -> int:
    return buffer[at] | buffer[at + 1] << 8
