"""The Sagemcom XT211 in Switzerland: every 10 s, hundredths of amperes, electricity as channel 1."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, template, timestamp

_TELEGRAM = template(
    "SIM5\\NGAIR-XT211",
    "1-3:0.2.8(50)",
    "0-0:1.0.0(%s)",
    "0-0:96.1.1(%s)",
    "1-1:1.8.0(%010.3f*kWh)",
    "1-1:1.8.1(%010.3f*kWh)",
    "1-1:1.8.2(%010.3f*kWh)",
    "1-1:2.8.0(%010.3f*kWh)",
    "1-1:2.8.1(%010.3f*kWh)",
    "1-1:2.8.2(%010.3f*kWh)",
    "1-1:1.7.0(%06.3f*kW)",
    "1-1:2.7.0(%06.3f*kW)",
    *each_phase((32,), "%05.1f*V", "1-1"),
    *each_phase((31,), "%06.2f*A", "1-1"),
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            state.meter_id.encode().hex().upper(),
            *kilo((sum(state.import_wh), *state.import_wh, sum(state.export_wh), *state.export_wh)),
            *kilo(split(state.net_w)),
            *state.voltage_v,
            *state.current_a,
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
