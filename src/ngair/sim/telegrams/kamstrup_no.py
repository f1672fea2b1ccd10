"""Kamstrup, Norway and Sweden (HAN-NVE interface description 3.1): 25 fields each 10 s, once an hour 35 with energy."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._kamstrup import Pair, currents, energy, framed, local_time, message, powers, voltages
from ngair.sim.telegrams._nordic import TEN_SECONDS, Model, is_hourly

ONE_PHASE = Model("6861111BN000000000", (0,), (0,))
FOUR_WIRES = Model("6841131BN000000000", (0, 1, 2), (0, 1, 2))
THREE_WIRES = Model("6841121BN000000000", (0, 2), (0, 1, 2))
"""The current of L2 is not measured; its voltage is computed by the meter."""

_NOTHING: Pair = ("", axdr.NULL)


def encode(state: HouseState, model: Model = FOUR_WIRES) -> bytes:
    """The list of now. What a model does not measure is two nulls in the place of its code and value."""
    who = [("1-1:0.0.5", axdr.text(state.meter_id)), ("1-1:96.1.1", axdr.text(model.name))]
    phases = [
        *(pair if phase in model.currents else _NOTHING for phase, pair in enumerate(currents(state))),
        *(pair if phase in model.voltages else _NOTHING for phase, pair in enumerate(voltages(state))),
    ]
    hour = [("0-1:1.0.0", axdr.octets(local_time(state))), *energy(state)]
    return framed(message(state, [*who, *powers(state), *phases, *(hour if is_hourly(state) else ())]))


FAMILY = Family(interval_s=TEN_SECONDS, encode=encode)
