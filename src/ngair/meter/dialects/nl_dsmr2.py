"""The first Dutch telegrams (DSMR P1 2.2 and 3.0): no check, no clock, no version, nothing a phase."""

from __future__ import annotations

from ngair.meter.dialects._ascii import telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Netherlands, DSMR 2.2 and 3.0",
    meters=("Iskraemeco ME382, MT382", "Kamstrup 162, 351, 382", "Landis+Gyr E350 (first ones)"),
    countries=("NL",),
    line="P1 (RJ11), 9600 baud 7E1",
    framing="P1",
    interval="10 s",
    signatures=(telegram("96.1.1 1.8.1 1.7.0 96.14.0", "1.0.0 0.2.8 96.1.4 1.8.0 0.0.0"),),
    notes=(
        "Without a check sum a telegram counts when the next one agrees with it.",
        "Power comes in steps of 10 W, and only the sum of the phases: currents stay unknown.",
    ),
)
