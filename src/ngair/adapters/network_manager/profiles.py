"""Connection profiles: how ours are written, and what those that are kept are. Pure.

Ours say so twice: their name begins with `ngair `, and their own data holds what they are for. Nobody else's are
changed or removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

import msgspec
from dbus_fast import Variant

from ngair.adapters.network_manager import values
from ngair.adapters.network_manager.state import AccessPoint
from ngair.model.network import ACCESS_POINT_ADDRESS, Security
from ngair.model.settings import shown_name
from ngair.model.ssid import ssid_text

Role = Literal["network", "trial", "access point"]
"""`trial`: a network that is being joined for the first time; it is not kept unless that comes to something."""

Settings = dict[str, dict[str, Variant]]
"""As NetworkManager takes them: what these hold includes a password, so they are never shown."""

PREFIX = 24
WIFI_TYPE = "802-11-wireless"
_SECURITY = "802-11-wireless-security"
_OURS = "ngair "
_ROLE = "ngair.role"
_POWERSAVE_OFF = 2


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One that NetworkManager has."""

    path: str
    name: str
    is_wifi: bool
    """Whether it is one for joining a Wi-Fi network."""
    ssid: bytes
    role: Role | None
    """Of ours; `None` for everybody else's."""
    used_s: int
    """When it was up last, in seconds since 1970; 0 for never."""
    hidden: bool

    @property
    def is_a_network(self) -> bool:
        """Whether it is a Wi-Fi network that is kept, by whomever."""
        return self.is_wifi and self.role in (None, "network")


def read_profile(path: str, settings: Mapping[str, Any]) -> Profile:
    """What a profile says of itself."""
    connection, wireless = _part(settings, "connection"), _part(settings, WIFI_TYPE)
    name = values.text(connection, "id")
    role = values.table(_part(settings, "user"), "data").get(_ROLE)
    return Profile(
        path=path,
        name=name,
        is_wifi=values.text(connection, "type") == WIFI_TYPE
        and values.text(wireless, "mode") in ("", "infrastructure"),
        ssid=values.octets(wireless, "ssid"),
        role=role if name.startswith(_OURS) and role in ("network", "trial", "access point") else None,
        used_s=values.number(connection, "timestamp"),
        hidden=values.flag(wireless, "hidden"),
    )


def access_point_profile(name: str, password: str | None) -> Settings:
    """Our own access point. In the band that every phone has, with an address that never changes."""
    profile = _profile("access point", "access point", name.encode("utf-8"), "ap")
    profile[WIFI_TYPE]["band"] = Variant("s", "bg")
    if password is not None:
        profile[_SECURITY] = {
            "key-mgmt": Variant("s", "wpa-psk"),
            "psk": Variant("s", password),
            "proto": Variant("as", ["rsn"]),
            "pairwise": Variant("as", ["ccmp"]),
            "group": Variant("as", ["ccmp"]),
        }
    profile["ipv4"] = {
        "method": Variant("s", "shared"),
        "address-data": Variant(
            "aa{sv}", [{"address": Variant("s", ACCESS_POINT_ADDRESS), "prefix": Variant("u", PREFIX)}]
        ),
    }
    profile["ipv6"] = {"method": Variant("s", "disabled")}
    return profile


def has_address(settings: Mapping[str, Any], address: str = ACCESS_POINT_ADDRESS, prefix: int = PREFIX) -> bool:
    """Whether a profile has it: NetworkManager drops an address that is none without a word."""
    entries = values.tables(_part(settings, "ipv4"), "address-data")
    return any(values.text(e, "address") == address and values.number(e, "prefix") == prefix for e in entries)


def network_profile(ssid: bytes, security: Security, password: str | None, point: AccessPoint | None) -> Settings:
    """A network to be joined; one that nobody sees (`point` is `None`) may be hidden."""
    profile = _profile(shown_name(ssid_text(ssid)), "trial", ssid, "infrastructure")
    # The radio would sleep through what is sent to all, and the box would not be found by its name.
    profile[WIFI_TYPE]["powersave"] = Variant("u", _POWERSAVE_OFF)
    if point is None:
        profile[WIFI_TYPE]["hidden"] = Variant("b", True)
    if password is not None:
        key = "sae" if security == "sae" else "wpa-psk"
        profile[_SECURITY] = {"key-mgmt": Variant("s", key), "psk": Variant("s", password)}
    elif point is not None and point.owe:
        profile[_SECURITY] = {"key-mgmt": Variant("s", "owe")}
    profile["ipv4"] = {"method": Variant("s", "auto")}
    profile["ipv6"] = {"method": Variant("s", "auto")}
    return profile


def kept(profile: Settings) -> Settings:
    """A network that was joined, as one to join at each start, and again for ever when it is lost."""
    connection = profile["connection"] | {"autoconnect": Variant("b", True), "autoconnect-retries": Variant("i", 0)}
    return profile | {"connection": connection, "user": _marked("network")}


def _profile(name: str, role: Role, ssid: bytes, mode: str) -> Settings:
    return {
        "connection": {
            "id": Variant("s", _OURS + name),
            "uuid": Variant("s", str(uuid4())),
            "type": Variant("s", WIFI_TYPE),
            "autoconnect": Variant("b", False),
        },
        "user": _marked(role),
        WIFI_TYPE: {"ssid": Variant("ay", ssid), "mode": Variant("s", mode)},
    }


def _marked(role: Role) -> dict[str, Variant]:
    return {"data": Variant("a{ss}", {_ROLE: role})}


def _part(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, dict) else {}
