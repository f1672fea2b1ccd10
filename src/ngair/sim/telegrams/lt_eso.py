"""Lithuanian customer port (ESO), profile `extended`: every 10 s, whole volts and amperes, no total of export."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, split_phases, template, timestamp

_TELEGRAM = template(
    "SIM5\\NGAIR-ESO",
    "0-0:1.0.0(%s)",
    "1-0:1.8.0(%012.3f*kWh)",
    "1-0:2.8.0(%012.3f*kWh)",
    "1-0:1.8.1(%012.3f*kWh)",
    "1-0:1.8.2(%012.3f*kWh)",
    "1-0:1.8.3(00000000.000*kWh)",
    "1-0:1.8.4(00000000.000*kWh)",
    "1-0:2.8.1(%012.3f*kWh)",
    "1-0:2.8.2(%012.3f*kWh)",
    "1-0:2.8.3(00000000.000*kWh)",
    "1-0:2.8.4(00000000.000*kWh)",
    *each_phase((32,), "%08.3f*kV"),
    *each_phase((31,), "%08.3f*kA"),
    "1-0:14.7.0(0000.050*kHz)",
    "1-0:1.7.0(%012.3f*kW)",
    *each_phase((21,), "%012.3f*kW"),
    *each_phase((22,), "%012.3f*kW"),
    *each_phase((33,), "0000.990"),
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    imports_w, exports_w = split_phases(state.power_w)
    import_w, _ = split(state.net_w)
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            *kilo((sum(state.import_wh), sum(state.export_wh), *state.import_wh, *state.export_wh)),
            *kilo((*state.voltage_v, *state.current_a)),
            *kilo((import_w, *imports_w, *exports_w)),
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
