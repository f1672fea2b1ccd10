"""Nordic ASCII telegram (Swedish branch recommendation 2.0): every 10 s, tenths of amperes, reactive power.

Meters keep normal time all year and send no identifier.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, template, timestamp

_TELEGRAM = template(
    "SIM5\\NGAIR-SE",
    "0-0:1.0.0(%s)",
    "1-0:1.8.0(%012.3f*kWh)",
    "1-0:2.8.0(%012.3f*kWh)",
    "1-0:3.8.0(%012.3f*kvarh)",
    "1-0:4.8.0(%012.3f*kvarh)",
    "1-0:1.7.0(%08.3f*kW)",
    "1-0:2.7.0(%08.3f*kW)",
    "1-0:3.7.0(%08.3f*kvar)",
    "1-0:4.7.0(%08.3f*kvar)",
    *each_phase((21, 22), "%08.3f*kW"),
    *each_phase((23, 24), "%08.3f*kvar"),
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%05.1f*A"),
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=False),
            *kilo(
                (
                    sum(state.import_wh),
                    sum(state.export_wh),
                    state.reactive_import_varh,
                    state.reactive_export_varh,
                    *split(state.net_w),
                    *split(state.net_var),
                    *(value for power_w in state.power_w for value in split(power_w)),
                    *(value for power_var in state.reactive_var for value in split(power_var)),
                )
            ),
            *state.voltage_v,
            *state.current_a,
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
