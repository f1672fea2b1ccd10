"""Landis+Gyr E450, E570 and E360: lists that begin with the objects they are of, the push setup 0-8:25.9.0 or one of
its neighbours first. Which registers are sent is the grid operator's choice (operators' leaflets, field captures).
"""

from __future__ import annotations

from ngair.meter.dialects._quirks import whole_volts
from ngair.meter.dialects.dialect import Dialect, Signature

SCALES = {
    **dict.fromkeys(("1.7.0", "2.7.0", "21.7.0", "22.7.0", "41.7.0", "42.7.0", "61.7.0", "62.7.0"), 0),
    **dict.fromkeys(("31.7.0", "51.7.0", "71.7.0"), -2),
    **dict.fromkeys(("32.7.0", "52.7.0", "72.7.0"), -1),
    **dict.fromkeys(("1.8.0", "1.8.1", "1.8.2", "1.8.3", "1.8.4", "2.8.0", "2.8.1", "2.8.2", "2.8.3", "2.8.4"), 0),
}
"""W, hundredths of amperes, tenths of volts, Wh."""

DIALECT = Dialect(
    title="Landis+Gyr, Switzerland, Austria and Cyprus",
    meters=("E450", "E570", "E360"),
    countries=("CH", "AT", "CY"),
    line="M-Bus (RJ12), 2400 baud 8E1; E360: P1 (RJ12), 115200 baud 8N1",
    framing="HDLC; with a key DB in HDLC",
    interval="5 s, other registers once a minute",
    signatures=(
        Signature(encoding="cosem", form="described", ident=r"0-(?:[89]|1\d):25\.9\.0"),
        # Lists that do not name their push setup: Cyprus.
        Signature(encoding="cosem", form="described", ident=r"\Z", has=frozenset({"42.0.0", "1.8.0"})),
        Signature(encoding="cosem", form="described", ident=r"\Z", has=frozenset({"1.0.0", "1.7.0"})),
    ),
    flag="LGZ",
    texts={"42.0.0": "id"},
    scales=SCALES,
    quirks=(whole_volts,),
    notes=(
        "Some grid operators have volts sent without tenths: told apart by all voltages of a list together.",
        "Energy of the tariffs, gas and water come in lists of their own, once a minute or an hour.",
        "What an E360 sends in this form is known from other readers' lists of meters, not from a capture; most E360 "
        "speak ASCII.",
    ),
)
