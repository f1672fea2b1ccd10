"""Luxembourg's Smarty (P1 1.1.3): every 10 s, whole amperes, reactive power; a ciphered frame around the telegram."""

from __future__ import annotations

from ngair.model.keys import Keys
from ngair.sim.state import HouseState
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import each_phase, framed, kilo, split, split_phases, template, timestamp

KEYS = Keys(
    encryption=b"NgairSmartySimEK",
    authentication=bytes.fromhex("00112233445566778899AABBCCDDEEFF"),
)
"""Made up, but for the authentication key: that is public, and the same in every meter of the country."""
SYSTEM_TITLE = b"SIMlu\x00\x00\x01"
INTERVAL_S = 10

_TELEGRAM = template(
    "SIM5\\NGAIR-SMARTY",
    "1-3:0.2.8(42)",
    "0-0:1.0.0(%s)",
    "0-0:42.0.0(%s)",
    "1-0:1.8.0(%010.3f*kWh)",
    "1-0:2.8.0(%010.3f*kWh)",
    "1-0:3.8.0(%010.3f*kvarh)",
    "1-0:4.8.0(%010.3f*kvarh)",
    "1-0:1.7.0(%06.3f*kW)",
    "1-0:2.7.0(%06.3f*kW)",
    "1-0:3.7.0(%06.3f*kvar)",
    "1-0:4.7.0(%06.3f*kvar)",
    "0-0:17.0.0(013.8*kVA)",
    "1-1:31.4.0(063*A)(-063*A)",
    "0-0:96.3.10(1)",
    "0-0:96.7.21(00005)",
    "1-0:32.32.0(00000)",
    "1-0:52.32.0(00000)",
    "1-0:72.32.0(00000)",
    "1-0:32.36.0(00000)",
    "1-0:52.36.0(00000)",
    "1-0:72.36.0(00000)",
    "0-0:96.13.0()",
    "0-0:96.13.2()",
    "0-0:96.13.3()",
    "0-0:96.13.4()",
    "0-0:96.13.5()",
    *each_phase((32,), "%05.1f*V"),
    *each_phase((31,), "%03.0f*A"),
    *each_phase((21,), "%06.3f*kW"),
    *each_phase((22,), "%06.3f*kW"),
    *each_phase((23,), "%06.3f*kvar"),
    *each_phase((24,), "%06.3f*kvar"),
)


def telegram(state: HouseState) -> bytes:
    """What is inside the frame, with its own check."""
    imports_w, exports_w = split_phases(state.power_w)
    imports_var, exports_var = split_phases(state.reactive_var)
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            state.meter_id[-16:].encode().hex().upper(),
            *kilo((sum(state.import_wh), sum(state.export_wh))),
            *kilo((state.reactive_import_varh, state.reactive_export_varh)),
            *kilo((*split(state.net_w), *split(state.net_var))),
            *state.voltage_v,
            *state.current_a,
            *kilo((*imports_w, *exports_w, *imports_var, *exports_var)),
        )
    )


def encode(state: HouseState) -> bytes:
    """One frame; its counter rises with time, so none is sent twice."""
    return ciphered(telegram(state), KEYS, title=SYSTEM_TITLE, counter=1 + state.time_s // INTERVAL_S, length_bytes=2)


FAMILY = Family(interval_s=INTERVAL_S, encode=encode, keys=KEYS)
