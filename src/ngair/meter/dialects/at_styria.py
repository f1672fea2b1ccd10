"""Styrian customer port (Energienetze Steiermark, Stromnetz Graz): a ciphered frame around a telegram in W and Wh."""

from __future__ import annotations

from ngair.meter.dialects._ascii import telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Austria, Styria and Graz",
    meters=("Sagemcom S210-D-r, T210-D-r",),
    countries=("AT",),
    line="P1 (RJ12), 115200 baud 8N1, inverted",
    framing="DB; P1 where it does not encrypt",
    interval="10 s",
    signatures=(
        telegram("0.2.8 1.0.0 1.8.0 1.8.1 1.7.0 3.7.0", "42.0.0 96.1.4 96.14.0", version=r"5\d", prefix="1-0"),
    ),
    notes=(
        "The grid operator gives the encryption key, and the authentication key where it is not the usual one.",
        "Only the power of all phases together is told: currents stay unknown.",
    ),
)
