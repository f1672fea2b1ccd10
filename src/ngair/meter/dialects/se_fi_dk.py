"""The Nordic ASCII telegram: Swedish branch recommendation 2.0, Finnish SK 13-1, and Danish meters of the same makers.

One table, for a telegram does not tell the country: the same Kamstrup (/KAM5) and Landis+Gyr (/LGF5) meters send the
same lines on both sides of the Sound.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Sweden, Finland and Denmark, ASCII",
    meters=(
        "Aidon 6000 series",
        "Kamstrup OMNIA e-meter",
        "Landis+Gyr E360, E450",
        "Sagemcom S211, T211 (Ellevio)",
        "NES 83332",
    ),
    countries=("SE", "FI", "DK"),
    line=f"{RJ12_115200}; NES 8E1",
    framing="P1",
    interval="10 s",
    signatures=(
        telegram(
            "1.0.0 1.8.0 2.8.0 3.8.0 1.7.0 2.7.0 32.7.0",
            "0.2.8 96.1.4 42.0.0 1.8.1 96.14.0 96.50.68",
            prefix="1-0",
        ),
    ),
    notes=(
        "Swedish meters keep normal time all year.",
        "Many meters send nothing but their name until the port has power at pin 1.",
        "Some send no currents: then they follow from active and reactive power and voltage.",
    ),
)
