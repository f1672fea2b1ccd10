"""What a charger link wants done: the only thing that comes out of one."""

from __future__ import annotations

import msgspec

from ngair.model.events import ChargerLost, ChargerSeen


class Publish(msgspec.Struct, frozen=True):
    """Publish this at QoS 0, in this order."""

    topic: str
    payload: bytes
    retain: bool = False


class Subscribe(msgspec.Struct, frozen=True):
    """Subscribe to these filters at QoS 0."""

    topics: tuple[str, ...]


class Tell(msgspec.Struct, frozen=True):
    """Tell the gateway what happened."""

    event: ChargerSeen | ChargerLost


class Pin(msgspec.Struct, frozen=True):
    """Remember this serial number for this link, for good: give it as `pinned` at every later start."""

    serial: str


Effect = Publish | Subscribe | Tell | Pin
