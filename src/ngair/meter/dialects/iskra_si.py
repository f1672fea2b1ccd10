"""Iskraemeco AM550, Slovenia: values by their place behind the meter's name, told apart by how many there are.

Order and units are those of the grid operators' tables as owners passed them on, and of field captures.
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.dialects.lg_e450 import SCALES

DIALECT = Dialect(
    title="Iskraemeco, Slovenia",
    meters=("AM550",),
    countries=("SI",),
    line="P1 (RJ12), 38400 or 115200 baud 8N1",
    framing="HDLC",
    interval="1 s or 5 s, energy every quarter of an hour",
    signatures=(Signature(encoding="cosem", form="positional", counts=frozenset({9, 12, 18}), ident=r"ISK\d+"),),
    flag="ISK",
    lists={
        9: ("ident", "id", "1.7.0", "2.7.0", "", "", "32.7.0", "", ""),
        12: ("ident", "id", "", "", "1.8.0", "1.8.1", "1.8.2", "2.8.0", "2.8.1", "2.8.2", "", ""),
        18: (
            *("ident", "id", "1.7.0", "2.7.0", "", ""),
            *("32.7.0", "52.7.0", "72.7.0", "31.7.0", "51.7.0", "71.7.0"),
            *("21.7.0", "41.7.0", "61.7.0", "22.7.0", "42.7.0", "62.7.0"),
        ),
    },
    scales=SCALES,
    notes=(
        "Energy is told every quarter of an hour.",
        "One-phase meters send 9 values; what the last two are nobody has said.",
        "Other grid operators in Slovenia have the meter speak ASCII.",
    ),
)
