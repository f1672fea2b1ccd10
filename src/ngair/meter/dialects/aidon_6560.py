"""The Aidon 6560 behind transformers: a Nordic telegram of what it measures itself, with the ratios beside it.

Ratios are multiplied in. What cannot be multiplied is not told at all: as they stand, the values are far too low.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect
from ngair.meter.message import Facts
from ngair.meter.quantities import Quantity, Values

DIGITS = 6
"""Behind the point: enough for any product of what meters send, few enough to lose what binary fractions add."""


def behind_transformers(values: Values, facts: Facts) -> tuple[str, ...]:
    """Secondary values -> primary ones; all of them unknown where a ratio was sent that is no number from 1 on."""
    current = facts.current_ratio if "0.4.2" in facts.codes else 1
    voltage = facts.voltage_ratio if "0.4.3" in facts.codes else 1
    if current is None or voltage is None or min(current, voltage) < 1:
        values[:] = [None] * len(values)
        return ()
    for quantity in Quantity:
        value = values[quantity]
        if value is not None:
            kind = quantity.name
            ratio = current if "CURRENT" in kind else voltage if "VOLTAGE" in kind else current * voltage
            values[quantity] = round(value * ratio, DIGITS)
    return ()


DIALECT = Dialect(
    title="Aidon 6560 behind transformers, Sweden and Finland",
    meters=("Aidon 6560",),
    countries=("SE", "FI"),
    line=RJ12_115200,
    framing="P1",
    interval="10 s",
    signatures=(telegram("0.4.2"), telegram("0.4.3", "0.4.2")),
    quirks=(behind_transformers,),
    notes=(
        "What it sends is measured behind the transformers; ngair multiplies it by the ratios that it sends, too.",
        "A ratio that is no number, or below 1, is refused as nothing measured: the values alone would be far too low.",
    ),
)
