"""Kamstrup's list of Norway, sent in Sweden, Switzerland and by some in Denmark as well (HAN-NVE interface description
3.1, Kamstrup_V0001): codes and values in turn, 25 fields, 35 with energy; on one phase fewer, or nulls in their places.
"""

from __future__ import annotations

from ngair.meter.dialects._quirks import decimal_volts, milliamperes, three_wire, unmeasured_current
from ngair.meter.dialects.dialect import Dialect, Signature

IDENT = r"Kamstrup_V\d+"

SCALES = {
    **dict.fromkeys(("1.7.0", "2.7.0", "21.7.0", "22.7.0", "41.7.0", "42.7.0", "61.7.0", "62.7.0"), 0),
    **dict.fromkeys(("31.7.0", "51.7.0", "71.7.0"), -2),
    **dict.fromkeys(("32.7.0", "52.7.0", "72.7.0"), 0),
    **dict.fromkeys(("1.8.0", "2.8.0"), 1),
}
"""W, hundredths of amperes, V, 10 Wh."""

QUIRKS = (milliamperes, decimal_volts, unmeasured_current, three_wire)

DIALECT = Dialect(
    title="Kamstrup, Norway, Sweden, Switzerland, some in Denmark",
    meters=("OMNIPOWER 684", "OMNIPOWER 685", "OMNIPOWER 686"),
    countries=("NO", "SE", "CH", "DK"),
    line="M-Bus (RJ45), 2400 baud 8N1",
    framing="HDLC; in Switzerland DB in HDLC",
    interval="10 s, hourly with energy",
    signatures=(Signature(encoding="cosem", form="pairs", ident=IDENT, lacks=frozenset({"21.7.0"})),),
    flag="KAM",
    texts={"0.0.5": "id", "96.1.1": "type"},
    scales=SCALES,
    quirks=QUIRKS,
    energy_unit_told=False,
    notes=(
        "Energy is told once an hour, in as many digits as the meter's display has behind the point: 10 Wh with two, "
        "1 Wh with three, which grid operators in Sweden change from afar.",
        "A few in Sweden tell power in tenths of watts, too: currents are right.",
    ),
)
