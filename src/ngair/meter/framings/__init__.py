"""Where a telegram begins and ends, and whether it arrived whole. One file a framing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ngair.meter.framings.bare import BareFraming
from ngair.meter.framings.ciphered import CipheredFraming
from ngair.meter.framings.frame import Framing
from ngair.meter.framings.hdlc import HdlcFraming
from ngair.meter.framings.mbus import MbusFraming
from ngair.meter.framings.p1 import P1Framing
from ngair.meter.framings.sml import SmlFraming

FRAMINGS: Mapping[str, Callable[[int], Framing]] = {
    "P1": P1Framing,
    "HDLC": HdlcFraming,
    "M-Bus": MbusFraming,
    "DB": CipheredFraming,
    "SML": SmlFraming,
    "bare": BareFraming,
}
"""Framing by name; in this order one is believed before another. It takes how many bytes of the stream went before.
`bare` is for files alone."""
