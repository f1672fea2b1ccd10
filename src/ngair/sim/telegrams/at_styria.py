"""Styrian customer port: every 10 s, whole W and Wh of all phases together, in a ciphered frame."""

from __future__ import annotations

from ngair.model.keys import Keys
from ngair.sim.state import HouseState
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._family import Family
from ngair.sim.telegrams._p1 import framed, split, template, timestamp

KEYS = Keys(encryption=b"NgairStyriaSimEK", authentication=b"NgairStyriaSimAK")
"""Made up."""
SYSTEM_TITLE = b"SIMat\x00\x00\x01"
INTERVAL_S = 10

_TELEGRAM = template(
    "SIM5\\NGAIR-STYRIA",
    "1-3:0.2.8(50)",
    "0-0:1.0.0(%s)",
    "1-0:1.8.0(%09d*Wh)",
    "1-0:1.8.1(%09d*Wh)",
    "1-0:1.8.2(%09d*Wh)",
    "1-0:1.7.0(%09d*W)",
    "1-0:2.8.0(%09d*Wh)",
    "1-0:2.8.1(%09d*Wh)",
    "1-0:2.8.2(%09d*Wh)",
    "1-0:2.7.0(%09d*W)",
    "1-0:3.8.0(%09d*varh)",
    "1-0:3.7.0(%09d*var)",
    "1-0:4.8.0(%09d*varh)",
    "1-0:4.7.0(%09d*var)",
)


def telegram(state: HouseState) -> bytes:
    """What is inside the frame, with its own check."""
    import_w, export_w = split(state.net_w)
    import_var, export_var = split(state.net_var)
    return framed(
        _TELEGRAM
        % (
            timestamp(state.time_s, summer_time=True),
            sum(state.import_wh),
            *state.import_wh,
            import_w,
            sum(state.export_wh),
            *state.export_wh,
            export_w,
            state.reactive_import_varh,
            import_var,
            state.reactive_export_varh,
            export_var,
        )
    )


def encode(state: HouseState) -> bytes:
    """One frame; its counter rises with time, so none is sent twice."""
    return ciphered(telegram(state), KEYS, title=SYSTEM_TITLE, counter=1 + state.time_s // INTERVAL_S, length_bytes=2)


FAMILY = Family(interval_s=INTERVAL_S, encode=encode, keys=KEYS)
