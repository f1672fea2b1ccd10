"""Luxembourg's Smarty (P1 specification 1.1.3): a Dutch telegram with totals and reactive power, in a ciphered frame.

The authentication key is the same for all meters and public; the encryption key is each meter's own. Ciphering can be
off (security policy 0): the same telegram then comes as it is.
"""

from __future__ import annotations

from ngair.meter.dialects._ascii import RJ12_115200, telegram
from ngair.meter.dialects.dialect import Dialect

DIALECT = Dialect(
    title="Luxembourg, Smarty",
    meters=("Sagemcom S210, T210-D",),
    countries=("LU",),
    line=RJ12_115200,
    framing="DB; P1 where it does not encrypt",
    interval="10 s",
    signatures=(telegram("0.2.8 42.0.0 1.8.0", "96.1.4", prefix="1-0"),),
    notes=(
        "The grid operator gives the encryption key; the authentication key is "
        "00112233445566778899AABBCCDDEEFF in every meter.",
        "Currents come in whole amperes, from some meters not at all: then they follow from power and voltage.",
    ),
)
