"""Kamstrup OMNIPOWER, Denmark: list Kamstrup_V0001 of 65 fields, codes and values in turn, mostly ciphered.

Energy first, then the meter's number as a number, power, the clock, voltages, currents, power of each phase, power
factors, energy of each phase (field captures). It tells no type.
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.dialects.kamstrup_no import IDENT, QUIRKS, SCALES

DIALECT = Dialect(
    title="Kamstrup OMNIPOWER, Denmark",
    meters=("OMNIPOWER 684", "OMNIPOWER 685", "OMNIPOWER 686"),
    countries=("DK",),
    line="HAN module, 2400 baud 8N1",
    framing="DB in HDLC",
    interval="10 s",
    signatures=(Signature(encoding="cosem", form="pairs", ident=IDENT, has=frozenset({"21.7.0"})),),
    flag="KAM",
    texts={"0.0.1": "id", "0.0.5": "id", "96.1.1": "type"},
    scales=SCALES,
    quirks=QUIRKS,
    energy_unit_told=False,
    notes=(
        "The grid operator gives both keys: GPK60 is the encryption key, GPK61 the authentication key.",
        "Energy is in 10 Wh as far as is known; the list does not tell.",
        "Meters with current transformers do not tell that they are, and are read with ten times their currents.",
    ),
)
