"""Iskraemeco AM550, Switzerland: a structure a value with scaler and unit (Romande Energie, "Compteur Iskraemeco type
AM550", and field captures), or a list that begins with its objects, the push setup 0-6:25.9.0 first.
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.dialects.lg_e450 import SCALES

DIALECT = Dialect(
    title="Iskraemeco, Switzerland",
    meters=("AM550",),
    countries=("CH",),
    line="P1 (RJ12), 115200 baud 8N1",
    framing="HDLC; with a key DB in HDLC",
    interval="5 s",
    signatures=(
        Signature(
            encoding="cosem",
            form="items",
            has=frozenset({"96.1.0", "1.7.0", "2.7.0", "1.8.0"}),
            lacks=frozenset({"0.2.129"}),
        ),
        Signature(encoding="cosem", form="described", ident=r"0-6:25\.9\.0"),
    ),
    flag="ISK",
    texts={"42.0.0": "id"},
    scales=SCALES,
    notes=(
        "Messages come in segments of 154 bytes.",
        "Lists that begin with their objects tell no units; hundredths of amperes are those of its other lists.",
    ),
)
