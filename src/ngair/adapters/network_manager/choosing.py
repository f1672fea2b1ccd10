"""Which network is joined how, and which are worth trying again. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ngair.adapters.network_manager.profiles import Profile
from ngair.adapters.network_manager.state import AccessPoint
from ngair.gateway.ports import JoinError
from ngair.model.limits import WIFI_TRIES_MAX
from ngair.model.network import Security
from ngair.model.passphrase import passphrase_fault
from ngair.model.settings import shown_name
from ngair.model.ssid import ssid_text


def joinable(ssid: bytes, password: str | None, point: AccessPoint | None) -> Security:
    """How a network is joined. Raises `JoinError` where it cannot be, before anything is tried."""
    name = f"“{shown_name(ssid_text(ssid))}”"
    if password is not None and (fault := passphrase_fault(password)):
        raise JoinError("wrong password", f"This cannot be the password of {name}: {fault}.")
    if point is None:
        return "open" if password is None else "psk"
    if point.security in _NOT_SUPPORTED:
        raise JoinError("not supported", _NOT_SUPPORTED[point.security].format(name=name))
    if password is None and point.security != "open":
        raise JoinError("wrong password", f"The network {name} asks for a password.")
    if password is not None and point.security == "open":
        raise JoinError(
            "failed", f"The network {name} takes no password: leave it empty, or look for another of its name."
        )
    return point.security


_NOT_SUPPORTED = {
    "wep": "The network {name} is secured by WEP, which anybody opens within minutes: set its router to WPA2 or WPA3.",
    "enterprise": "The network {name} asks for a user's name: the box can only join those with a password.",
}


def worth_trying(profiles: Iterable[Profile], points: Iterable[AccessPoint]) -> list[Profile]:
    """Those in reach, and those that hide; where nothing is heard at all, any."""
    here = {point.ssid for point in points}
    known = [profile for profile in profiles if profile.is_a_network]
    found = [profile for profile in known if not here or profile.hidden or profile.ssid in here]
    return sorted(found, key=lambda profile: (profile.ssid not in here, -profile.used_s))[:WIFI_TRIES_MAX]
