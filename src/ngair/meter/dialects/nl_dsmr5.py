"""Dutch DSMR 5 and its later editions, ESMR 5 and SMR 5 (P1 Companion Standard 5.0.2, clause 6)."""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Netherlands, DSMR 5, ESMR 5, SMR 5",
    meters=(
        "Iskraemeco AM550",
        "Landis+Gyr E360",
        "Sagemcom XS210, XT210, T210-D, T211, MT212",
        "Kaifa MA105C, MA304C",
    ),
    countries=("NL",),
    line=f"{RJ12_115200}; Landis+Gyr E360 also 7E1",
    framing="P1",
    interval="1 s",
    signatures=(telegram("0.2.8 96.1.1 1.8.1", "1.8.0 42.0.0 96.1.4", version=r"5\d"),),
    notes=("Currents come in whole amperes.",),
)
