"""Netz Burgenland, Austria: eleven values of an E450 by their place (users' scripts and field captures agree)."""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Landis+Gyr, Netz Burgenland, Austria",
    meters=("E450",),
    countries=("AT",),
    line="M-Bus (RJ12), 2400 baud 8E1; optical head, 9600 baud 8N1",
    framing="DB in HDLC",
    interval="5 s",
    signatures=(
        Signature(encoding="cosem", form="positional", counts=frozenset({11}), ident=r"\Z", flag="LGZ", ciphered=True),
    ),
    flag="LGZ",
    lists={
        11: (
            *("32.7.0", "52.7.0", "72.7.0", "31.7.0", "51.7.0", "71.7.0"),
            *("1.7.0", "2.7.0", "1.8.0", "2.8.0", "id"),
        ),
    },
    scales={
        **dict.fromkeys(("32.7.0", "52.7.0", "72.7.0", "1.7.0", "2.7.0", "1.8.0", "2.8.0"), 0),
        **dict.fromkeys(("31.7.0", "51.7.0", "71.7.0"), -2),
    },
    notes=("The grid operator gives both keys.", "Volts come without tenths."),
)
