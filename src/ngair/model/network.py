"""How the box is connected, and how it is given a network."""

from __future__ import annotations

from typing import Literal

import msgspec

Security = Literal["open", "wep", "psk", "sae", "enterprise"]
"""What a network asks for: nothing, an old key, a WPA2 password, a WPA3 password, a user's name besides."""

SetupState = Literal["off", "opening", "open", "joining", "telling"]
"""`off`: no setup mode. `open`: the access point is up. `joining`: a network is tried. `telling`: it was joined, and
the access point tells the new address before it closes."""

SetupReason = Literal["", "nothing configured", "never worked", "button", "start", "page"]
"""Why setup mode is on: by itself, as no network is configured or none ever worked; or by its owner, with the button,
with `--setup` at the start, or from the page. Empty while it is off."""

ACCESS_POINT_ADDRESS = "192.168.4.1"
"""The box's in its own access point."""

JoinFailure = Literal["wrong password", "not found", "no address", "not supported", "failed"]


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A Wi-Fi network in reach."""

    ssid: bytes
    """Its name as sent, 1 to 32 bytes of anything."""
    strength: int
    """0 to 100."""
    security: Security = "psk"


class Wifi(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the radio and of the connections."""

    radio: bool = False
    """Whether there is one that can be used."""
    configured: bool = False
    """Whether any network is configured: a Wi-Fi network, or a wired connection that is up."""
    connected: bool = False
    """Whether any network is up, with an address; the box's own access point is none."""
    ssid: bytes = b""
    """Of the network that was joined; empty without one."""
    rssi_dbm: int | None = None
    """Its strength; `None` where there is none, or nothing tells."""
    addresses: tuple[str, ...] = ()
    """Under which the box is reached in the network."""
    is_access_point: bool = False
    """Whether the box's own access point is up."""


class NetworkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The box's network, as the site tells it."""

    managed: bool = False
    """Whether this program looks after it."""
    wifi: Wifi = Wifi()
    setup: SetupState = "off"
    detail: str = ""
    """For a person: what is wrong and what to do; empty while all is well."""


def where_phones_miss(host: str, port: int) -> str:
    """Why a phone in the access point does not come to the setup page that is served there; empty where it does."""
    if host not in ("", "0.0.0.0", "::", ACCESS_POINT_ADDRESS):
        return f"the access point leads nowhere, for http is on {host} only: serve it on all addresses, such as :80"
    if port == 80:
        return ""
    return f"phones do not open the setup page by themselves, for they look on port 80: it is on port {port}"
