"""What is told of the radio and the connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ngair.adapters.mdns_interfaces import read_network
from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.profiles import Profile
from ngair.adapters.network_manager.state import ADDRESSES_MAX, Device, State, is_reachable
from ngair.model.network import Wifi


async def addresses_of_unmanaged(devices: Iterable[Device]) -> dict[str, tuple[str, ...]]:
    """Addresses of the interfaces that others than NetworkManager look after, as the system tells them."""
    wanted = {device.interface for device in devices if device.state == names.UNMANAGED and device.may_lead_out}
    if not wanted:
        return {}
    try:
        network = await asyncio.to_thread(read_network)
    except OSError:
        return {}
    return {
        interface.name: tuple(filter(is_reachable, (*interface.ipv4, *interface.ipv6)))
        for interface in network.interfaces
        if interface.name in wanted
    }


def wifi_of(state: State, profiles: Iterable[Profile], outside: dict[str, tuple[str, ...]]) -> Wifi:
    known = tuple(profiles)
    joined = next((radio for radio in state.radios if radio.is_up), None)
    wired = [device for device in state.devices if device.is_wired and device.is_up]
    up = [*([joined] if joined is not None else ()), *wired]
    addresses = [address for device in up for address in device.addresses]
    addresses += [address for found in outside.values() for address in found]
    point = None if joined is None else joined.joined
    profile = None if joined is None else state.actives.get(joined.active or "")
    ours = {found.path for found in known if found.role == "access point"}
    named = next((found.ssid for found in known if found.path == profile), b"")
    return Wifi(
        radio=bool(state.radios) or state.can_be_switched_on,
        configured=bool(addresses) or any(found.is_a_network for found in known),
        connected=bool(addresses),
        ssid=named if point is None else point.ssid,
        rssi_dbm=None if point is None or not point.strength else point.strength // 2 - 100,
        addresses=tuple(dict.fromkeys(addresses))[:ADDRESSES_MAX],
        is_access_point=any(
            state.actives.get(radio.active or "") in ours for radio in state.radios if radio.is_serving
        ),
    )
