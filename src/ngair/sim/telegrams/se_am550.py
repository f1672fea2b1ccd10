"""The Iskraemeco AM550 in Sweden: every 10 s, whole amperes, time and date at codes of their own."""

from __future__ import annotations

from ngair.sim.dates import normal_time
from ngair.sim.state import HouseState
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, template

_TELEGRAM = template(
    "SIM5\\NGAIR-AM550",
    "1-0:0.9.1(%s)",
    "1-0:0.9.2(%s)",
    "0-0:96.1.0(%s)",
    "0-2:25.6.0(ER23)",
    "0-0:25.1.0(ER23)",
    "1-0:1.8.0(%010.3f*kWh)",
    "1-0:2.8.0(%010.3f*kWh)",
    "1-0:3.8.0(%010.3f*kvarh)",
    "1-0:4.8.0(%010.3f*kvarh)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "1-0:3.7.0(%06.3f*kvar)",
    "1-0:4.7.0(%06.3f*kvar)",
    *each_phase((21, 22), "%06.3f*kW"),
    *(
        f"1-0:{code}.7.0({form})"
        for code in (31, 51, 71)
        for code, form in ((code, "%03.0f*A"), (code + 1, "%05.1f*V"))
    ),
    "1-0:0.2.0((ER11))",
    "1-0:0.2.8((ER11))",
)


def encode(state: HouseState) -> bytes:
    """One telegram."""
    moment = normal_time(state.time_s)
    return framed(
        _TELEGRAM
        % (
            moment.strftime("%H%M%S"),
            moment.strftime("%y%m%d"),
            state.meter_id[-8:],
            *kilo((sum(state.import_wh), sum(state.export_wh))),
            *kilo((state.reactive_import_varh, state.reactive_export_varh)),
            *kilo((*split(state.net_w), *split(state.net_var))),
            *kilo(value for power_w in state.power_w for value in split(power_w)),
            *(value for pair in zip(state.current_a, state.voltage_v, strict=True) for value in pair),
        )
    )


FAMILY = Family(interval_s=10, encode=encode)
