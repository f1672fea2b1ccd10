"""The Iskraemeco AM550 in Slovenia: every 5 s, tenths of amperes, no clock; 7E1, without a check."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, kilo, seven_even, split, split_phases, template, unchecked

_TELEGRAM = template(
    "SIM5\\NGAIR-SI",
    "0-0:96.1.0(%s)",
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%05.1f*A"),
    *each_phase((21,), "%06.3f*kW"),
    *each_phase((22,), "%06.3f*kW"),
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "1-0:1.8.0(%010.3f*kWh)",
    "1-0:2.8.0(%010.3f*kWh)",
)


def encode(state: HouseState) -> bytes:
    """One telegram, as a receiver at 8N1 sees it."""
    imports_w, exports_w = split_phases(state.power_w)
    return seven_even(
        unchecked(
            _TELEGRAM
            % (
                state.meter_id[-8:],
                *state.voltage_v,
                *state.current_a,
                *kilo((*imports_w, *exports_w)),
                *kilo(split(state.net_w)),
                *kilo((sum(state.import_wh), sum(state.export_wh))),
            )
        )
    )


FAMILY = Family(interval_s=5, encode=encode)
