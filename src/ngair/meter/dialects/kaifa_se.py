"""Kaifa, Sweden: the values of Norway's KFM_001 with their codes, 18 pairs, all of them each time."""

from __future__ import annotations

from ngair.meter.dialects._quirks import three_wire, unmeasured_voltage
from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.dialects.kaifa_no import SCALES

DIALECT = Dialect(
    title="Kaifa, Sweden",
    meters=("MA304H4", "MA304H4D", "MA304H4E"),
    countries=("SE",),
    line="M-Bus (RJ45), 2400 baud 8E1",
    framing="HDLC",
    interval="10 s",
    signatures=(Signature(encoding="cosem", form="pairs", ident=r"KFM_\d+"),),
    flag="KFM",
    scales=SCALES,
    quirks=(unmeasured_voltage, three_wire),
)
