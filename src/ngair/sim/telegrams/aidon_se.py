"""Aidon, Sweden (RJ12 HAN Interface, branch recommendation 1.2): 27 values each 10 s, neither name nor number."""

from __future__ import annotations

from collections.abc import Iterator

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._aidon import VAR, W, energy, framed, phases, powers, scaled
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._nordic import TEN_SECONDS, Model, clock, code
from ngair.sim.telegrams._p1 import split

ONE_PHASE = Model("6442SE", (0,), (0,))
THREE_PHASES = Model("6534", (0, 1, 2), (0, 1, 2))

_NO_STATUS = 0xFF


def encode(state: HouseState, model: Model = THREE_PHASES) -> bytes:
    """The one list: of 27 values, on one phase of 15."""
    moment = axdr.structure(code("0-0:1.0.0"), axdr.octets(clock(state, status=_NO_STATUS)))
    return framed(
        [moment, *powers(state), *phases(state, model), *_powers_of_phases(state, model), *energy(state, scaler=0)]
    )


def _powers_of_phases(state: HouseState, model: Model) -> Iterator[bytes]:
    """Import and export, active and reactive, of each phase: 21 to 24, 41 to 44, 61 to 64."""
    for phase in model.currents:
        values = (*split(state.power_w[phase]), *split(state.reactive_var[phase]))
        for place, value in enumerate(values, 21 + 20 * phase):
            yield scaled(f"{place}.7.0", axdr.uint32(value), 0, W if place % 10 < 3 else VAR)


FAMILY = Family(interval_s=TEN_SECONDS, encode=encode)
