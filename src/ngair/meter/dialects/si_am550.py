"""The Iskraemeco AM550 in Slovenia where its port speaks ASCII: 7E1 and no check, no clock.

Other Slovenian grids have set the same meter to a binary list.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Slovenia, Iskraemeco AM550, ASCII",
    meters=("Iskraemeco AM550 (2MS550)",),
    countries=("SI",),
    line="P1 (RJ12), 115200 baud 7E1",
    framing="P1",
    interval="5 s",
    signatures=(telegram("96.1.0 1.8.0 1.7.0", "1.0.0 0.9.1 0.2.8 96.1.4 42.0.0 0.0.0 96.50.68", prefix="1-0"),),
    notes=("Without a check sum a telegram counts when the next one agrees with it.",),
)
