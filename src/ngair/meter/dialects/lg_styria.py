"""Landis+Gyr E450 in Styria, Austria: a time, then codes and values in turn without units ("Kundenschnittstelle
Beschreibung Kunden", Stromnetz Graz; users' scripts for the units).
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Landis+Gyr, Styria, Austria",
    meters=("E450",),
    countries=("AT",),
    line="M-Bus (RJ12), 2400 baud 8E1",
    framing="DB in HDLC",
    interval="some seconds",
    signatures=(
        Signature(
            encoding="cosem",
            form="pairs",
            ident=r"\Z",
            flag="LGZ",
            has=frozenset({"1.8.0", "1.8.1", "1.7.0", "2.7.0", "3.8.1", "4.7.0"}),
            lacks=frozenset({"32.7.0"}),
            ciphered=True,
        ),
    ),
    flag="LGZ",
    scales=dict.fromkeys(("1.7.0", "2.7.0", "1.8.0", "1.8.1", "1.8.2", "2.8.0", "2.8.1", "2.8.2"), 0),
    notes=(
        "Neither currents nor voltages, nor the meter's number, are told.",
        "Meters of Sagemcom speak ASCII there.",
    ),
)
