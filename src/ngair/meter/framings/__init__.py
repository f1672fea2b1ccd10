"""Where a telegram begins and ends, and whether it arrived whole. One file a framing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ngair.meter.framings.frame import Framing
from ngair.meter.framings.hdlc import HdlcFraming
from ngair.meter.framings.p1 import P1Framing

FRAMINGS: Mapping[str, Callable[[int], Framing]] = {
    "P1": P1Framing,
    "HDLC": HdlcFraming,
}
"""Framing by name; in this order one is believed before another. It takes how many bytes of the stream went before."""
