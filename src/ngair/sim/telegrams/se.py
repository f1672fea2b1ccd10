"""Swedish customer interface (branch recommendation 2.0, ASCII): every 10 s, tenths of amperes, reactive power.

Meters keep normal time all year and send no identifier.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import framed, split, timestamp

_TELEGRAM = "\r\n".join(
    (
        "/SIM5\\NGAIR-SE",
        "",
        "0-0:1.0.0(%s)",
        "1-0:1.8.0(%012.3f*kWh)",
        "1-0:2.8.0(%012.3f*kWh)",
        "1-0:3.8.0(%012.3f*kvarh)",
        "1-0:4.8.0(%012.3f*kvarh)",
        "1-0:1.7.0(%08.3f*kW)",
        "1-0:2.7.0(%08.3f*kW)",
        "1-0:3.7.0(%08.3f*kvar)",
        "1-0:4.7.0(%08.3f*kvar)",
        *(f"1-0:{code}.7.0(%08.3f*kW)" for code in (21, 22, 41, 42, 61, 62)),
        *(f"1-0:{code}.7.0(%08.3f*kvar)" for code in (23, 24, 43, 44, 63, 64)),
        *(f"1-0:{code}.7.0(%05.1f*V)" for code in (32, 52, 72)),
        *(f"1-0:{code}.7.0(%05.1f*A)" for code in (31, 51, 71)),
        "!",
    )
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    thousands = (
        sum(state.import_wh),
        sum(state.export_wh),
        state.reactive_import_varh,
        state.reactive_export_varh,
        *split(state.net_w),
        *split(state.net_var),
        *(value for power_w in state.power_w for value in split(power_w)),
        *(value for power_var in state.reactive_var for value in split(power_var)),
    )
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=False),
            *(value / 1000 for value in thousands),
            *state.voltage_v,
            *state.current_a,
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
