"""Frames -> messages: whatever a list is wrapped in is taken off here, once for all meters."""

from __future__ import annotations

from ngair.meter.encodings.notification import DATA_NOTIFICATION
from ngair.meter.framings.frame import Frame
from ngair.meter.message import Message
from ngair.model.keys import Keys
from ngair.model.telegram import Reason, Rejection


class Opener:
    """What comes from one meter, frame by frame."""

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys

    def open(self, frame: Frame) -> Message | Rejection | None:
        """The telegram in a frame; `None` if it is a block of one that goes on. Never raises for what it is sent."""
        if frame.framing == "P1":
            return Message("ascii", frame.payload, frame.raw, frame.framing, frame.checked)
        if frame.framing == "SML":
            return Message("sml", frame.payload, frame.raw, frame.framing, frame.checked)
        body = frame.payload[3:] if frame.payload[:3] in (b"\xe6\xe7\x00", b"\xe6\xe6\x00") else frame.payload
        if body[:1] == bytes([DATA_NOTIFICATION]):
            return Message("cosem", body, frame.raw, frame.framing, frame.checked)
        return Rejection(Reason.ENCODING, "neither a list nor a telegram", len(frame.raw), body)

    def finish(self) -> list[Rejection]:
        """The line is gone: nothing will follow."""
        return []
