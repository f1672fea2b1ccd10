"""The vendor's MQTT link (field capture between a charger r3.2.2 and ngair 1.3.2): the charger is the broker."""

from __future__ import annotations

from ngair.charger.effects import Effect
from ngair.model.site import Site


class NanogridLink:
    """One charger on its own broker. Never raises, whatever comes and whenever."""

    rejected: dict[str, int]
    """Refused messages by reason, since start."""

    def __init__(self, *, endpoint: str, port: int, pinned: str | None) -> None:
        """`endpoint` is the broker's address without the port, `pinned` the serial number of an earlier `Pin`."""
        self.rejected = {}

    def connected(self, now_s: float) -> list[Effect]:
        """The broker accepted us: subscribe and announce, again after each loss."""
        return []

    def disconnected(self, now_s: float) -> list[Effect]:
        """The connection to the broker is gone. Nothing is published before `connected`."""
        return []

    def receive(self, topic: str, payload: bytes, retained: bool, now_s: float) -> list[Effect]:
        """A message came. `retained` is its flag on the wire: such a message is of unknown age."""
        return []

    def follow(self, site: Site, now_s: float) -> list[Effect]:
        """The site as it has become.

        A setpoint is sent when `site.decision` names the outlet and `site.charge_boxes` holds what this connection
        told of it, for a decision of before the connection may be about another world.
        """
        return []

    def tick(self, now_s: float) -> list[Effect]:
        """What time alone makes due. To be called each 0.25 to 1 s while connected, and harmless otherwise."""
        return []
