"""The Iskraemeco IE.5 of Wallonia (REW): Dutch lines without a version, with another place for the number of the meter.

From telegrams that owners published.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Belgium, Iskraemeco IE.5",
    meters=("Iskraemeco MIE5E (one phase)", "Iskraemeco MIE5T (three phases)"),
    countries=("BE",),
    line=RJ12_115200,
    framing="P1",
    interval="1 s",
    signatures=(telegram("0.0.0 96.1.0 1.8.1 96.14.0", "0.2.8 96.1.4 96.1.1 42.0.0 1.8.0"),),
    notes=("Currents come in whole amperes.",),
)
