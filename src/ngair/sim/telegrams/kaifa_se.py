"""Kaifa, Sweden: 18 values each 10 s, those of Norway with their codes, code and value in turn."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._hdlc import LLC_HEADER, frame
from ngair.sim.telegrams._nordic import CURRENT_CODES, TEN_SECONDS, TOTALS, VOLTAGE_CODES, Model, clock, code
from ngair.sim.telegrams.kaifa_no import energy, phases, powers, who

THREE_PHASES = Model("MA304H4", (0, 1, 2), (0, 1, 2))

_CONTROL = 0x10
_NORMAL_TIME_MIN = -60
_CODES = (
    "1-0:0.2.129",
    "0-0:96.1.0",
    "0-0:96.1.7",
    *(f"1-0:{c}.7.0" for c in TOTALS),
    *(f"1-0:{cde}" for cde in (*CURRENT_CODES, *VOLTAGE_CODES)),
    "0-0:1.0.0",
    *(f"1-0:{c}.8.0" for c in TOTALS),
)


def encode(state: HouseState) -> bytes:
    """The one list."""
    values = (
        *who(state, THREE_PHASES),
        *powers(state),
        *phases(state, THREE_PHASES),
        axdr.octets(clock(state, deviation_min=_NORMAL_TIME_MIN)),
        *energy(state),
    )
    pairs = (part for name, value in zip(_CODES, values, strict=True) for part in (code(name), value))
    message = axdr.notification(axdr.structure(*pairs))
    return frame(LLC_HEADER + message, destination=b"\x01", source=b"\x00\x01", control=_CONTROL)


FAMILY = Family(interval_s=TEN_SECONDS, encode=encode)
