"""SML files as optical heads of German meters send them (BSI TR-03109-1, SML 1.04, 8: transport protocol, version 1).

`1B1B1B1B 01010101 | file | padding to four | 1B1B1B1B 1A, how many bytes of padding, CRC-16`; four 1B inside the file
are doubled. The check sum is CRC-16/X.25 over all before it, low byte first; Holley's DTZ541 takes the one of Kermit
(inside its messages high byte first: field capture; around them in either order).
"""

from __future__ import annotations

import re

from fastcrc.crc16 import ibm_sdlc, kermit

from ngair.meter.framings.scanning import WAIT, Fault, ScanningFraming, Segment, Wait
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason

ESCAPE = b"\x1b" * 4
BEGIN = b"\x01" * 4
END = 0x1A


class SmlFraming(ScanningFraming):
    """Bytes in, frames and rejections out. Holds at most one file."""

    name = "SML"
    start = re.compile(rb"\x1b{4}\x01{4}")
    open_start = re.compile(rb"(?:\x1b{4}\x01{1,3}|\x1b{1,4})\Z")
    start_bytes = 8

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)
        self._scanned = len(ESCAPE + BEGIN)

    def _judge(self, at: int, stop: int) -> Segment | Fault | Wait | None:
        buffer, too_long = self._buffer, stop - at > TELEGRAM_MAX_BYTES
        stop = min(stop, at + TELEGRAM_MAX_BYTES)
        scanned = at + len(ESCAPE + BEGIN) if at else self._scanned
        while (escape := buffer.find(ESCAPE, scanned, stop)) >= 0:
            if stop < escape + 2 * len(ESCAPE):
                break
            what = bytes(buffer[escape + len(ESCAPE) : escape + 2 * len(ESCAPE)])
            if what == BEGIN:
                return Fault(Reason.TRUNCATED, "the next file began before this one ended", escape - at)
            if what[0] == END and (escape - at) % len(ESCAPE) == 0:
                return _judged(bytes(buffer[at : escape + 2 * len(ESCAPE)]))
            scanned = escape + (2 * len(ESCAPE) if what == ESCAPE else 1)
        else:
            scanned = max(scanned, stop - len(ESCAPE) + 1)
        if not at:
            self._scanned = scanned
        if too_long:
            return Fault(Reason.TOO_LONG, f"no end within {TELEGRAM_MAX_BYTES} bytes", TELEGRAM_MAX_BYTES)
        return WAIT

    def _drop(self, size: int) -> None:
        super()._drop(size)
        if size:
            self._scanned = len(ESCAPE + BEGIN)


def _judged(raw: bytes) -> Segment | Fault:
    """A file from its first escape to its check sum."""
    padding = raw[-3]
    body = raw[len(ESCAPE + BEGIN) : -2 * len(ESCAPE)]
    holley = kermit(raw[:-2])
    if raw[-2:] not in (
        ibm_sdlc(raw[:-2]).to_bytes(2, "little"),
        holley.to_bytes(2, "big"),
        holley.to_bytes(2, "little"),
    ):
        return Fault(Reason.CHECK, "the file's check sum does not match", len(raw))
    if padding >= len(ESCAPE) or padding > len(body) or any(body[len(body) - padding :]):
        return Fault(Reason.CHECK, "the file is padded by more than it can be", len(raw))
    return Segment(len(raw), body[: len(body) - padding].replace(ESCAPE + ESCAPE, ESCAPE))
