"""What another reader, amshan, makes of the messages of Nordic meters (Aidon, Kaifa, Kamstrup), and of Swedish P1."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal

from han.autodecoder import AutoDecoder
from han.hdlc import HdlcFrameReader

Values = dict[str, Decimal]
"""Field of a reading (with the phase's number) -> what the other reader says, in base units."""


def values_of(message: bytes) -> Values | None:
    """The values of a message from its LLC header on; `None` if it cannot be read."""
    try:
        decoded = AutoDecoder().decode_message_payload(message)
    except Exception:
        return None
    return None if decoded is None else _fields(decoded)


def values_of_frame(frame: bytes) -> Values | None:
    """The values of an HDLC frame; `None` if it cannot be read."""
    messages = HdlcFrameReader(use_octet_stuffing=False, use_abort_sequence=False).read(frame)
    payloads = [message.payload for message in messages if message.is_valid and message.payload]
    return values_of(payloads[0]) if payloads else None


def _fields(decoded: Mapping[str, object]) -> Values:
    fields = {ours: decoded[theirs] for ours, theirs in _NAMES.items() if theirs in decoded}
    fields |= {
        f"{ours} {phase}": decoded[f"{theirs}_l{phase}"]
        for ours, theirs in (("current_a", "current"), ("voltage_v", "voltage"))
        for phase in (1, 2, 3)
        if f"{theirs}_l{phase}" in decoded
    }
    for phase in (1, 2, 3):
        imported, exported = (decoded.get(f"active_power_{way}_l{phase}") for way in ("import", "export"))
        if isinstance(imported, int | float) and isinstance(exported, int | float):
            fields[f"phase_power_w {phase}"] = imported - exported
    return {name: Decimal(repr(round(value, 3))) for name, value in fields.items() if isinstance(value, int | float)}


_NAMES = {
    "power_import_w": "active_power_import",
    "power_export_w": "active_power_export",
    "energy_import_wh": "active_power_import_total",
    "energy_export_wh": "active_power_export_total",
}

logging.getLogger("han").setLevel(logging.CRITICAL)
