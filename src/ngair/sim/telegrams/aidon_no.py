"""Aidon, Norway (HAN Interface Description 1.1A): import alone each 2.5 s, here at whole seconds; all but energy each
10 s; energy, in 10 Wh, once an hour.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._aidon import energy, framed, phases, powers
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._nordic import TEN_SECONDS, Model, clock, code, is_hourly

ONE_PHASE = Model("6515", (0,), (0,))
FOUR_WIRES = Model("6534", (0, 1, 2), (0, 1, 2))
THREE_WIRES = Model("6525", (0, 2), (0, 1, 2))
"""The current of L2 is not measured; in the place of its voltage is that between L1 and L3."""

_IMPORT_SECONDS = (3, 5, 8)
"""Of each ten: 2.5, 5 and 7.5, rounded."""


def encode(state: HouseState, model: Model = FOUR_WIRES) -> bytes:
    """The list that is due: of one value, or of 9, 12 or 13, with energy 14, 17 or 18; nothing where none is."""
    second = state.time_s % TEN_SECONDS
    if second in _IMPORT_SECONDS:
        return framed(powers(state)[:1])
    if second:
        return b""
    who = [
        axdr.structure(code(name), axdr.text(text))
        for name, text in (
            ("1-1:0.2.129", "AIDON_V0001"),
            ("0-0:96.1.0", state.meter_id),
            ("0-0:96.1.7", model.name),
        )
    ]
    hour = [axdr.structure(code("0-0:1.0.0"), axdr.octets(clock(state, deviation_min=0))), *energy(state, 1)]
    return framed([*who, *powers(state), *phases(state, model), *(hour if is_hourly(state) else ())])


FAMILY = Family(interval_s=1, encode=encode)
