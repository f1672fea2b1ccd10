"""Belgian e-MUCS P1 (1.4 to 2.0; Fluvius, ORES, RESA, Sibelga): as DSMR 5.0.2, with 0.01 A and peaks of months.

The version stands at a code of its own; the first Sagemcom meters of Sibelga send blanks there.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Belgium, e-MUCS",
    meters=("Sagemcom S211, T211, XS212, XT211", "Sagemcom S210, T210 (Sibelga)"),
    countries=("BE",),
    line=RJ12_115200,
    framing="P1",
    interval="1 s",
    signatures=(telegram("96.1.4", "0.2.8"),),
    notes=(
        "Tariff 1 is the day, tariff 2 the night: the reverse of the Netherlands.",
        "In a net of three wires without neutral (3 x 230 V) phase 2 has a current, but neither voltage nor power.",
    ),
)
