"""Whether a network can be joined as asked, before anything is given up for it."""

from __future__ import annotations

from collections.abc import Iterable

from ngair.api.setup import JoinRequest
from ngair.gateway.ports import SetupRefusedError
from ngair.model.network import Network
from ngair.model.passphrase import passphrase_fault
from ngair.model.ssid import ssid_bytes


def checked_join(wanted: JoinRequest, found: Iterable[Network]) -> bytes:
    """The name of the wanted network. Raises `SetupRefusedError`."""
    try:
        ssid = ssid_bytes(wanted.ssid)
    except ValueError as error:
        raise SetupRefusedError(422, f"ssid: {error}.") from None
    known = next((network for network in found if network.ssid == ssid), None)
    # One that was not found may be hidden: the radio will tell.
    if known is None or known.security == "open":
        return ssid
    if known.security == "enterprise":
        raise SetupRefusedError(422, "This network asks for a user's name, too: the box can join others only.")
    if not wanted.wifi_password:
        raise SetupRefusedError(422, "This network has a password: give it as wifi_password.")
    if known.security == "psk" and (fault := passphrase_fault(wanted.wifi_password)):
        raise SetupRefusedError(422, f"wifi_password: {fault}.")
    return ssid
