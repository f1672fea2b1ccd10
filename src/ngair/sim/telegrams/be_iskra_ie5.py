"""The Iskraemeco IE.5 of Wallonia: each second, whole amperes, no version, a clock without the letter of the season."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, split_phases, template, timestamp

_TELEGRAM = template(
    "SIM5\\NGAIR-IE5",
    "1-0:0.0.0(00000000)",
    "0-0:96.1.0(%s)",
    "0-0:1.0.0(%s)",
    "1-0:1.8.1(%010.3f*kWh)",
    "1-0:1.8.2(%010.3f*kWh)",
    "1-0:2.8.1(%010.3f*kWh)",
    "1-0:2.8.2(%010.3f*kWh)",
    "0-0:96.14.0(%04d)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    *each_phase((21,), "%06.3f*kW"),
    *each_phase((22,), "%06.3f*kW"),
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%03.0f*A"),
    "0-0:96.3.10(1)",
    "0-0:96.13.0()",
    "0-1:96.1.1()",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    imports_w, exports_w = split_phases(state.power_w)
    return framed(
        _TELEGRAM
        % (
            state.meter_id[-8:],
            timestamp(state.time_s, summer_time=True)[:-1],
            *kilo((*state.import_wh, *state.export_wh)),
            state.tariff,
            *kilo(split(state.net_w)),
            *kilo((*imports_w, *exports_w)),
            *state.voltage_v,
            *state.current_a,
        )
    )


FAMILY = Family(interval_s=1, encode=encode)
