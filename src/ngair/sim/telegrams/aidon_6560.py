"""The Aidon 6560 behind current transformers of 200/5: every 10 s, whole W and Wh of what it measures itself."""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, split, template, timestamp

CURRENT_RATIO = 40

_TELEGRAM = template(
    "SIM5\\NGAIR-6560",
    "0-0:1.0.0(%s)",
    f"1-0:0.4.2({CURRENT_RATIO})",
    "1-0:0.4.3(1)",
    "1-0:1.8.0(%012d*Wh)",
    "1-0:2.8.0(%012d*Wh)",
    "1-0:3.8.0(%012d*varh)",
    "1-0:4.8.0(%012d*varh)",
    "1-0:1.7.0(%08d*W)",
    "1-0:2.7.0(%08d*W)",
    "1-0:3.7.0(%08d*var)",
    "1-0:4.7.0(%08d*var)",
    *each_phase((21, 22), "%08d*W"),
    *each_phase((23, 24), "%08d*var"),
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%07.3f*A"),
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=False),
            *(
                round(value / CURRENT_RATIO)
                for value in (
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
            *(current_a / CURRENT_RATIO for current_a in state.current_a),
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
