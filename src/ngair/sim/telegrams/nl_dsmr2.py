"""Dutch DSMR 2.2 (P1 Companion Standard): every 10 s, steps of 10 W, no check, no clock, gas on a line of its own."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import kilo, split, template, timestamp, unchecked

GAS_METER_ID = b"SIMG0000000000002".hex().upper()
HOUR_S = 3600
REGISTER_WH = 100_000_000
"""Five digits of kWh: then registers begin anew."""

_TELEGRAM = template(
    "SIM5\\NGAIR-DSMR22",
    "0-0:96.1.1(%s)",
    "1-0:1.8.1(%09.3f*kWh)",
    "1-0:1.8.2(%09.3f*kWh)",
    "1-0:2.8.1(%09.3f*kWh)",
    "1-0:2.8.2(%09.3f*kWh)",
    "0-0:96.14.0(%04d)",
    "1-0:1.7.0(%07.2f*kW)",
    "1-0:2.7.0(%07.2f*kW)",
    "0-0:17.0.0(0999.00*kW)",
    "0-0:96.3.10(1)",
    "0-0:96.13.1()",
    "0-0:96.13.0()",
    "0-1:24.1.0(3)",
    f"0-1:96.1.0({GAS_METER_ID})",
    "0-1:24.3.0(%s)(08)(60)(1)(0-1:24.2.1)(m3)",
    "(%09.3f)",
    "0-1:24.4.0(1)",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    return unchecked(
        _TELEGRAM
        % (
            state.meter_id.encode().hex().upper(),
            *kilo(register_wh % REGISTER_WH for register_wh in (*state.import_wh, *state.export_wh)),
            state.tariff,
            *kilo(split(state.net_w)),
            timestamp(state.time_s - state.time_s % HOUR_S, summer_time=True)[:-1],
            state.gas_l / 1000,
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
