"""Dutch DSMR 5.0.2 (P1 Companion Standard, clauses 6.4 and 6.12): each second, whole amperes, two tariffs, gas."""

from __future__ import annotations

from ngair.sim.gas import INTERVAL_S
from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import framed, kilo, split, split_phases, template, timestamp

GAS_METER_ID = b"SIMG0000000000001".hex().upper()

_TELEGRAM = template(
    "SIM5\\NGAIR-DSMR5",
    "1-3:0.2.8(50)",
    "0-0:1.0.0(%s)",
    "0-0:96.1.1(%s)",
    "1-0:1.8.1(%010.3f*kWh)",
    "1-0:1.8.2(%010.3f*kWh)",
    "1-0:2.8.1(%010.3f*kWh)",
    "1-0:2.8.2(%010.3f*kWh)",
    "0-0:96.14.0(%04d)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "0-0:96.7.21(00007)",
    "0-0:96.7.9(00001)",
    "1-0:99.97.0(1)(0-0:96.7.19)(251118034512W)(0000000927*s)",
    "1-0:32.32.0(00002)",
    "1-0:52.32.0(00001)",
    "1-0:72.32.0(00000)",
    "1-0:32.36.0(00000)",
    "1-0:52.36.0(00000)",
    "1-0:72.36.0(00000)",
    "0-0:96.13.0()",
    "1-0:32.7.0(%05.1f*V)",
    "1-0:52.7.0(%05.1f*V)",
    "1-0:72.7.0(%05.1f*V)",
    "1-0:31.7.0(%03.0f*A)",
    "1-0:51.7.0(%03.0f*A)",
    "1-0:71.7.0(%03.0f*A)",
    "1-0:21.7.0(%06.3f*kW)",
    "1-0:41.7.0(%06.3f*kW)",
    "1-0:61.7.0(%06.3f*kW)",
    "1-0:22.7.0(%06.3f*kW)",
    "1-0:42.7.0(%06.3f*kW)",
    "1-0:62.7.0(%06.3f*kW)",
    "0-1:24.1.0(003)",
    f"0-1:96.1.0({GAS_METER_ID})",
    "0-1:24.2.1(%s)(%09.3f*m3)",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    imports_w, exports_w = split_phases(state.power_w)
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            state.meter_id.encode().hex().upper(),
            *kilo((*state.import_wh, *state.export_wh)),
            state.tariff,
            *kilo(split(state.net_w)),
            *state.voltage_v,
            *state.current_a,
            *kilo((*imports_w, *exports_w)),
            timestamp(state.time_s - state.time_s % INTERVAL_S, summer_time=True),
            state.gas_l / 1000,
        )
    )


FAMILY = Family(interval_s=1, encode=encode)
