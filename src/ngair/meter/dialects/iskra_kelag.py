"""KELAG (Kärnten Netz), Austria: twelve values by their place behind the push setup 0-6:25.9.0, time and date apart
(field captures, deciphered by their owners).
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="KELAG, Austria: Iskraemeco and Siemens",
    meters=("Iskraemeco AM550", "Siemens IM350"),
    countries=("AT",),
    line="P1 (RJ12), 115200 baud 8N1",
    framing="DB in HDLC",
    interval="1 s",
    signatures=(Signature(encoding="cosem", form="positional", counts=frozenset({8, 12}), ident=r"0-6:25\.9\.0"),),
    lists={
        # Some messages end behind the energy, inside a value.
        8: ("", "id", "", "", "1.8.0", "2.8.0", "", ""),
        12: ("", "id", "", "", "1.8.0", "2.8.0", "", "", "1.7.0", "2.7.0", "", ""),
    },
    scales=dict.fromkeys(("1.7.0", "2.7.0", "1.8.0", "2.8.0"), 0),
    notes=(
        "Neither currents nor voltages are told.",
        "Frames carry no tag in the captures that there are: the check sum of HDLC alone covers them.",
        "What the two last values are, strings that were empty so far, nobody has said.",
    ),
)
