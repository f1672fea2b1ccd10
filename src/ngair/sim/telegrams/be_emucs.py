"""Belgian e-MUCS P1 1.7: each second, hundredths of amperes, tariff 1 by day, peaks of months, gas."""

from __future__ import annotations

from ngair.sim.gas import INTERVAL_S
from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import framed, kilo, split, split_phases, template, timestamp

GAS_METER_ID = b"7SIM000000001".hex().upper()

_TELEGRAM = template(
    "SIM5\\NGAIR-EMUCS",
    "0-0:96.1.4(50217)",
    "0-0:96.1.1(%s)",
    "0-0:1.0.0(%s)",
    "1-0:1.8.1(%010.3f*kWh)",
    "1-0:1.8.2(%010.3f*kWh)",
    "1-0:2.8.1(%010.3f*kWh)",
    "1-0:2.8.2(%010.3f*kWh)",
    "1-0:1.4.0(01.208*kW)",
    "1-0:1.6.0(260301174500W)(04.116*kW)",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(260301000000W)(260211183000W)(05.021*kW)"
    "(260201000000W)(260114190000W)(05.377*kW)",
    "0-0:96.14.0(%04d)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "1-0:21.7.0(%06.3f*kW)",
    "1-0:41.7.0(%06.3f*kW)",
    "1-0:61.7.0(%06.3f*kW)",
    "1-0:22.7.0(%06.3f*kW)",
    "1-0:42.7.0(%06.3f*kW)",
    "1-0:62.7.0(%06.3f*kW)",
    "1-0:32.7.0(%05.1f*V)",
    "1-0:52.7.0(%05.1f*V)",
    "1-0:72.7.0(%05.1f*V)",
    "1-0:31.7.0(%06.2f*A)",
    "1-0:51.7.0(%06.2f*A)",
    "1-0:71.7.0(%06.2f*A)",
    "0-0:96.3.10(1)",
    "0-0:17.0.0(999.9*kW)",
    "1-0:31.4.0(999*A)",
    "0-0:96.13.0()",
    "0-1:24.1.0(003)",
    f"0-1:96.1.1({GAS_METER_ID})",
    "0-1:24.4.0(1)",
    "0-1:24.2.3(%s)(%09.3f*m3)",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    imports_w, exports_w = split_phases(state.power_w)
    night_wh, day_wh = state.import_wh
    night_export_wh, day_export_wh = state.export_wh
    return framed(
        _TELEGRAM
        % (
            state.meter_id.encode().hex().upper(),
            timestamp(state.time_s, summer_time=True),
            *kilo((day_wh, night_wh, day_export_wh, night_export_wh)),
            3 - state.tariff,
            *kilo(split(state.net_w)),
            *kilo((*imports_w, *exports_w)),
            *state.voltage_v,
            *state.current_a,
            timestamp(state.time_s - state.time_s % INTERVAL_S, summer_time=True),
            state.gas_l / 1000,
        )
    )


FAMILY = Family(interval_s=1, encode=encode)
