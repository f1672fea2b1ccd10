"""The Iskraemeco AM550 in Sweden: clock and date at codes of their own, whole amperes.

From telegrams that owners published.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Sweden, Iskraemeco AM550",
    meters=("Iskraemeco AM550 (2M550T)",),
    countries=("SE",),
    line=RJ12_115200,
    framing="P1",
    interval="10 s",
    signatures=(telegram("0.9.1 0.9.2 1.8.0 1.7.0", "1.0.0 42.0.0 96.1.4 96.50.68", prefix="1-0"),),
    notes=("Currents come in whole amperes.", "The meter's clock is not read."),
)
