"""Hungarian customer port (E.ON, 2023): every 10 s, whole amperes, four tariffs, no power a phase.

In one minute of ten the text message is 1024 bytes of FF, as Hungarian meters send it once in a while.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, template, timestamp

MESSAGE = "\xff" * 1024
MESSAGE_EACH_S, MESSAGE_FOR_S = 600, 60

_TELEGRAM = template(
    "SIM5NGAIR-HU",
    "0-0:1.0.0(%s)",
    "0-0:42.0.0(%s)",
    "0-0:96.1.0(%s)",
    "0-0:96.14.0(%04d)",
    "0-0:96.50.68(BE)",
    "0-0:96.3.10(1)",
    "0-0:17.0.0(90.000*kW)",
    "1-0:1.8.0(%010.3f*kWh)",
    "1-0:1.8.1(%010.3f*kWh)",
    "1-0:1.8.2(%010.3f*kWh)",
    "1-0:1.8.3(000000.000*kWh)",
    "1-0:1.8.4(000000.000*kWh)",
    "1-0:2.8.0(%010.3f*kWh)",
    "1-0:2.8.1(%010.3f*kWh)",
    "1-0:2.8.2(%010.3f*kWh)",
    "1-0:2.8.3(000000.000*kWh)",
    "1-0:2.8.4(000000.000*kWh)",
    "1-0:3.8.0(%010.3f*kvarh)",
    "1-0:4.8.0(%010.3f*kvarh)",
    "1-0:15.8.0(%010.3f*kWh)",
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%03.0f*A"),
    "1-0:13.7.0(0.990)",
    *each_phase((33,), "0.990"),
    "1-0:14.7.0(50.00*Hz)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "1-0:31.4.0(080.00*A)",
    "1-0:51.4.0(080.00*A)",
    "1-0:71.4.0(080.00*A)",
    "0-0:98.1.0(260301000000W)(000070.333*kWh)(000012.051*kWh)",
    "(000058.282*kWh)(000250.125*kWh)(04.092*kW)(01.877*kW)",
    "0-0:96.13.0(%s)",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    import_wh, export_wh = sum(state.import_wh), sum(state.export_wh)
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            f"SIM{state.meter_id[-13:]}".encode().hex().upper(),
            state.meter_id.encode().hex().upper(),
            state.tariff,
            *kilo((import_wh, *state.import_wh, export_wh, *state.export_wh)),
            *kilo((state.reactive_import_varh, state.reactive_export_varh, import_wh + export_wh)),
            *state.voltage_v,
            *state.current_a,
            *kilo(split(state.net_w)),
            MESSAGE if state.time_s % MESSAGE_EACH_S < MESSAGE_FOR_S else "",
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
