"""Aidon, Norway: Aidon HAN Interface Description 1.1A (NEK HAN-NVE); values with scaler and unit, a structure each.

Lists have 1 value, on one phase 9 or 14, on three 13 or 18, without a neutral 12 or 17.
"""

from __future__ import annotations

from ngair.meter.dialects._quirks import three_wire
from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Aidon, Norway",
    meters=("6515", "6525", "6534", "6540", "6550"),
    countries=("NO",),
    line="M-Bus (RJ45), 2400 baud 8E1",
    framing="HDLC",
    interval="2.5 s import, 10 s, hourly with energy",
    signatures=(
        Signature(encoding="cosem", form="items", ident=r"AIDON_V\d+"),
        Signature(
            encoding="cosem",
            form="items",
            counts=frozenset({1}),
            has=frozenset({"1.7.0"}),
            lacks=frozenset({"0.2.129"}),
        ),
    ),
    flag="ADN",
    quirks=(three_wire,),
    notes=(
        "Between two lists of 10 s only the import is told.",
        "Energy is told once an hour.",
        "Where there is no neutral, the current of L2 is not told and counts as the sum of the two others.",
    ),
)
