"""What a charger says on its link, as captured between a charger r3.2.2 and a gateway 1.3.2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ngair.model.phases import KnownPhases

FIRMWARE = "r3.2.2-sim"


class Publish(msgspec.Struct, frozen=True):
    """One message for the broker."""

    topic: str
    payload: bytes
    retain: bool = False


class Topics:
    """The topics of one charger."""

    def __init__(self, serial: str) -> None:
        self.station = f"ctek/ng-v2/client/{serial}/configuration"
        self.meterdata = f"ctek/client/{serial}/sma/meterdata"
        self._client = f"ctek/ng-v2/client/{serial}"
        self._controller = f"ctek/ng-v2/controller/{serial}"

    def of_outlet(self, outlet_id: int, what: str) -> str:
        """`configuration`, `update` or `info` of an outlet."""
        return f"{self._client}/{outlet_id}/{what}"

    def current(self, outlet_id: int) -> str:
        """Where its setpoint is heard."""
        return f"{self._controller}/{outlet_id}/current"


DEBUG = "ctek/ng-v2/debug"


def station_configuration(topics: Topics, rotation: str) -> Publish:
    """Who it is and how it says that it is wired."""
    return Publish(topics.station, _json({"FW": FIRMWARE, "StationPhaseRotation": rotation}), retain=True)


def outlet_configuration(topics: Topics, outlet_id: int, fuse_a: int, min_a: int, phases: int) -> Publish:
    """What an outlet can; phases are the charger's own."""
    connected = [phase < phases for phase in range(3)]
    payload = {"FuseRating": fuse_a, "MinAllowedCurrent": min_a, "PhaseConnected": connected, "PrimaryPhase": 1}
    return Publish(topics.of_outlet(outlet_id, "configuration"), _json(payload), retain=True)


def update(
    topics: Topics, outlet_id: int, state: int, uses_phase: Iterable[bool], max_a: int, current_a: KnownPhases
) -> Publish:
    """The state of an outlet, each second; phases are the charger's own."""
    payload = {
        "State": state,
        "EvUsesPhase": [int(uses) for uses in uses_phase],
        "MaxAllowedCurrent": max_a,
        "Current": [round(amps, 1) for amps in current_a],
    }
    return Publish(topics.of_outlet(outlet_id, "update"), _json(payload))


def info(topics: Topics, outlet_id: int, energy_wh: int, power_w: int) -> Publish:
    """What an outlet has counted."""
    return Publish(topics.of_outlet(outlet_id, "info"), _json({"energy": energy_wh, "power": power_w}))


def debug(serial: str, states: Iterable[int]) -> Publish:
    """Serial and states of both outlets; what the last two figures mean is not known."""
    status = [*[*states, 0][:2], 9, 64]
    return Publish(DEBUG, _json({"ids": f"{serial},", "status": status}), retain=True)


class Meterdata(msgspec.Struct, frozen=True):
    """What of a gateway's meterdata a charger balances by."""

    current: tuple[float, float, float]


def parse_meterdata(payload: bytes) -> Meterdata | None:
    """`None` where it is none."""
    try:
        return _METERDATA.decode(payload)
    except msgspec.DecodeError:
        return None


def parse_setpoint(payload: bytes) -> int | None:
    """Bare whole amps, `None` where it is none."""
    if not 1 <= len(payload) <= 3 or not payload.isdigit():
        return None
    return int(payload)


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value)


_METERDATA = msgspec.json.Decoder(Meterdata)
