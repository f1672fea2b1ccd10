"""Kaifa, Norway: KFM_001 (NEK HAN-NVE): values without codes or units, told apart by how many there are."""

from __future__ import annotations

from ngair.meter.dialects._quirks import three_wire, unmeasured_voltage
from ngair.meter.dialects.dialect import Dialect, Signature

_WHO = ("ident", "id", "type")
_POWER = ("1.7.0", "2.7.0", "", "")
_ONE_PHASE = ("31.7.0", "32.7.0")
_THREE_PHASES = ("31.7.0", "51.7.0", "71.7.0", "32.7.0", "52.7.0", "72.7.0")
_HOUR = ("clock", "1.8.0", "2.8.0", "", "")

SCALES = {
    **dict.fromkeys(("1.7.0", "2.7.0", "1.8.0", "2.8.0"), 0),
    **dict.fromkeys(("31.7.0", "51.7.0", "71.7.0"), -3),
    **dict.fromkeys(("32.7.0", "52.7.0", "72.7.0"), -1),
}
"""W, Wh, mA, tenths of volts."""

DIALECT = Dialect(
    title="Kaifa, Norway",
    meters=("MA105H2E", "MA304H3E", "MA304H4"),
    countries=("NO",),
    line="M-Bus (RJ45), 2400 baud 8E1",
    framing="HDLC",
    interval="2 s import, 10 s, hourly with energy",
    signatures=(
        Signature(encoding="cosem", form="positional", counts=frozenset({9, 13, 14, 18}), ident=r"KFM_\d+"),
        # One number and no text: only a pattern that nothing but the empty text fits says so.
        Signature(encoding="cosem", form="positional", counts=frozenset({1}), ident=r"\Z"),
    ),
    flag="KFM",
    lists={
        1: ("1.7.0",),
        9: (*_WHO, *_POWER, *_ONE_PHASE),
        13: (*_WHO, *_POWER, *_THREE_PHASES),
        14: (*_WHO, *_POWER, *_ONE_PHASE, *_HOUR),
        18: (*_WHO, *_POWER, *_THREE_PHASES, *_HOUR),
    },
    scales=SCALES,
    quirks=(unmeasured_voltage, three_wire),
    notes=(
        "Between two lists of 10 s only the import is told.",
        "Energy is told once an hour.",
        "MA304H3E, for nets without a neutral, tells all three currents, but not the voltage of L2.",
    ),
)
