"""The topics of the vendor's link (field capture): which there are, and what one that came is about."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["station", "configuration", "update", "info", "setpoint"]
"""What a message is about: the whole charger, or one of four things of one outlet."""

SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}", re.ASCII)
"""Serial numbers that are believed: nothing in them can break out of a topic, a document or a page."""

ANY_STATION = "ctek/ng-v2/client/+/configuration"

_TOPIC = re.compile(
    r"ctek/ng-v2/(?:client/([^/]+)/(?:(configuration)|([^/]+)/(configuration|update|info))"
    r"|controller/([^/]+)/([^/]+)/current)"
)


class Address(NamedTuple):
    """What a topic names."""

    kind: Kind
    serial: str
    outlet: str
    """As it stands in the topic; empty for the station."""


def address(topic: str) -> Address | None:
    """What a topic names; `None` for one that is not the link's."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None
    serial, station, outlet, kind, steered, steered_outlet = match.groups()
    if station:
        return Address("station", serial, "")
    if steered:
        return Address("setpoint", steered, steered_outlet)
    kinds: dict[str, Kind] = {"configuration": "configuration", "update": "update", "info": "info"}
    return Address(kinds[kind], serial, outlet)


def filters(serial: str) -> tuple[str, ...]:
    """What to subscribe to of one charger, besides `ANY_STATION`."""
    client = f"ctek/ng-v2/client/{serial}/+"
    return (f"{client}/configuration", f"{client}/update", f"{client}/info", setpoint_topic(serial, "+"))


def setpoint_topic(serial: str, outlet: int | str) -> str:
    """Where an outlet is told its setpoint: by us, by the charger itself, and by whoever else."""
    return f"ctek/ng-v2/controller/{serial}/{outlet}/current"
