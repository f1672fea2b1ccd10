"""Hungarian customer port (E.ON, MVM; P1 description of February 2023): four tariffs, no power a phase."""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Hungary",
    meters=(
        "Sanxing SX601, SX631",
        "Sagemcom S210, T210",
        "Landis+Gyr E450",
        "Holley DDSD285, DTSD545",
        "Wasion iMeter",
    ),
    countries=("HU",),
    line=RJ12_115200,
    framing="P1",
    interval="10 s",
    signatures=(
        telegram("42.0.0 1.8.0 1.7.0", "0.2.8 96.1.4"),
        telegram("96.50.68 1.8.0 1.7.0", "0.2.8 96.1.4 42.0.0"),
    ),
    notes=(
        "Currents come in whole amperes, power only of all phases together.",
        "Wasion meters send W and Wh: each value is read by its own unit.",
    ),
)
