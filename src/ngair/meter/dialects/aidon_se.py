"""Aidon, Sweden: Aidon RJ12 and RJ45 HAN Interface, list AIDON_H0001 (branch recommendation 1.2): 27 values with scaler
and unit, fewer on one phase. Neither the list's name nor the meter's is sent; newer settings speak ASCII instead.
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Aidon, Sweden",
    meters=("6442SE", "6479", "6484", "6534"),
    countries=("SE",),
    line="RJ12, 115200 baud 8N1; earlier M-Bus (RJ45), 2400 baud 8E1",
    framing="HDLC",
    interval="10 s",
    signatures=(
        Signature(
            encoding="cosem",
            form="items",
            has=frozenset({"1.0.0", "1.7.0", "2.7.0", "21.7.0", "22.7.0", "31.7.0", "1.8.0"}),
            lacks=frozenset({"0.2.129", "96.1.0", "96.1.1"}),
        ),
    ),
    flag="ADN",
    notes=("The meter does not tell its number.",),
)
