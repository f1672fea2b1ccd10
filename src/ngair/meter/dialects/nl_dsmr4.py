"""Dutch DSMR 4 (P1 Companion Standard 4.0 to 4.2): currents and powers a phase, no voltages."""

from __future__ import annotations

from ngair.meter.dialects._ascii import telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Netherlands, DSMR 4",
    meters=("Kaifa MA105, MA304", "Landis+Gyr E350 (ZCF100, ZFF100)", "Iskraemeco ME382, MT382 (later ones)"),
    countries=("NL",),
    line="P1 (RJ11), 115200 baud, 8N1 by the standard, 7E1 from many meters",
    framing="P1",
    interval="10 s",
    signatures=(telegram("0.2.8 96.1.1 1.8.1", "1.8.0 42.0.0 96.1.4", version=r"4\d"),),
    notes=("Currents come in whole amperes.",),
)
