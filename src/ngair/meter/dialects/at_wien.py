"""Wiener Netze, Austria: a time and eight values by their place, the same from all makers (users' scripts and field
captures of an E450).
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Wiener Netze, Austria",
    meters=("Landis+Gyr E450", "Iskraemeco AM550", "Siemens IM350"),
    countries=("AT",),
    line="optical head, 9600 baud 8N1",
    framing="DB in HDLC",
    interval="1 s",
    signatures=(Signature(encoding="cosem", form="positional", counts=frozenset({9}), ident=r"\Z", ciphered=True),),
    lists={9: ("clock", "1.8.0", "2.8.0", "", "", "1.7.0", "2.7.0", "", "")},
    scales=dict.fromkeys(("1.7.0", "2.7.0", "1.8.0", "2.8.0"), 0),
    notes=(
        "Neither currents nor voltages, nor the meter's number, are told.",
        "Frames carry no tag: the check sum of HDLC alone covers them.",
        "That the AM550 and the IM350 send the list of the E450 is the grid operator's word; frames of the AM550 have "
        "the same length.",
    ),
)
