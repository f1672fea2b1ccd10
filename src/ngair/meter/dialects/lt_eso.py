"""Lithuanian customer port (ESO): the profiles `standard`, `extended` and `maximal`, of which the owner chooses one."""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Lithuania, ESO",
    meters=("Sagemcom S211, T211",),
    countries=("LT",),
    line=RJ12_115200,
    framing="P1",
    interval="10 s",
    signatures=(
        telegram("1.0.0 1.8.0 1.8.1 1.8.4 21.7.0", "0.2.8 96.1.4 42.0.0 96.14.0 96.50.68", prefix="1-0"),
        telegram("1.0.0 1.8.0 1.8.1", "0.2.8 96.1.4 42.0.0 96.14.0 96.50.68", flag="ESO"),
    ),
    notes=(
        "The standard profile tells imported power only: ask for the extended or the maximal one where there is solar.",
        "Voltages and currents may come in kV and kA, so in whole volts and amperes.",
    ),
)
