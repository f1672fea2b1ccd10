"""Netz NÖ and the other Austrian grid operators with wired M-Bus: codes, values, scaler and unit in turn.

"Smart Meter - Kundenschnittstelle P1", Netz Niederösterreich, with an example; TINETZ, Salzburg Netz and Vorarlberger
Energienetze send the same form with other registers.
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

MEASURES = frozenset({"1.7.0", "1.8.0", "32.7.0"})

OTHERS = r"(?!KFM_|Kamstrup_).*"
"""Lists of pairs that bear a name are of other families."""

ID_BEHIND = {"": "id"}
"""The meter's number stands without a code behind all else."""

NOTES = (
    "Energy is told every 5 s.",
    "Frames carry no tag: the sums of M-Bus alone cover them, which do not find two bytes that are changed.",
    "13.7.0 is a power factor.",
)

DIALECT = Dialect(
    title="Austria, M-Bus: Kaifa and others",
    meters=("Kaifa MA110M", "Kaifa MA309M", "Honeywell in Tyrol", "Landis+Gyr E450"),
    countries=("AT",),
    line="M-Bus (RJ12), 2400 baud 8E1",
    framing="DB in M-Bus",
    interval="5 s",
    signatures=(Signature(encoding="cosem", form="pairs", ident=OTHERS, flag=r"(?!SAG).*", has=MEASURES),),
    texts=ID_BEHIND,
    notes=NOTES,
)
