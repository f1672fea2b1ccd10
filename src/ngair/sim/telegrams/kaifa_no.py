"""Kaifa, Norway (KFM_001): values without codes; import each 2 s, all but energy each 10 s, energy once an hour."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._hdlc import LLC_HEADER, frame
from ngair.sim.telegrams._nordic import TEN_SECONDS, Model, clock, is_hourly, registers, total_powers

ONE_PHASE = Model("MA105H2E", (0,), (0,))
FOUR_WIRES = Model("MA304H4", (0, 1, 2), (0, 1, 2))
THREE_WIRES = Model("MA304H3E", (0, 1, 2), (0, 2))
"""All currents are sent, and 0 for the voltage of L2, which is not measured."""

_CONTROL = 0x10
_IMPORT_S = 2


def encode(state: HouseState, model: Model = FOUR_WIRES) -> bytes:
    """The list that is due: of one value, or of 9 or 13, with energy 14 or 18; nothing where none is."""
    if state.time_s % _IMPORT_S:
        return b""
    if state.time_s % TEN_SECONDS:
        return _framed(state, powers(state)[0])
    hour = (axdr.octets(clock(state)), *energy(state)) if is_hourly(state) else ()
    return _framed(state, *who(state, model), *powers(state), *phases(state, model), *hour)


def who(state: HouseState, model: Model) -> list[bytes]:
    """The list's name, the meter's number and its model."""
    return [axdr.octets(text.encode("ascii")) for text in ("KFM_001", state.meter_id, model.name)]


def powers(state: HouseState) -> list[bytes]:
    """Import and export in W, then in var."""
    return [axdr.uint32(value) for value in total_powers(state)]


def phases(state: HouseState, model: Model) -> list[bytes]:
    """Currents in mA, then voltages in tenths."""
    return [
        *(axdr.uint32(round(state.current_a[phase] * 1000)) for phase in model.currents),
        *(
            axdr.uint32(round(state.voltage_v[phase] * 10) if phase in model.voltages else 0)
            for phase in model.currents
        ),
    ]


def energy(state: HouseState) -> list[bytes]:
    """The registers, in Wh and varh."""
    return [axdr.uint32(value) for value in registers(state)]


def _framed(state: HouseState, *values: bytes) -> bytes:
    """A list on the wire. Kaifa puts a tag before the time of the message, which no other message has."""
    message = axdr.notification(axdr.structure(*values), clock=clock(state), tagged=True)
    return frame(LLC_HEADER + message, destination=b"\x01", source=b"\x02\x01", control=_CONTROL)


FAMILY = Family(interval_s=_IMPORT_S, encode=encode)
