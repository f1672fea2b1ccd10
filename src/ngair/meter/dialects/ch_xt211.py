"""The Sagemcom XT211 of Groupe E, Switzerland: a telegram as DSMR 5 in which electricity is channel 1 (`1-1:`)."""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Switzerland, Sagemcom XT211",
    meters=("Sagemcom XT211 (Groupe E)",),
    countries=("CH",),
    line=RJ12_115200,
    framing="P1",
    interval="1 s to 10 s",
    signatures=(telegram("0.2.8 1.8.0", prefix="1-1"),),
    notes=("The port is closed until the owner asks the grid operator to open it.",),
)
