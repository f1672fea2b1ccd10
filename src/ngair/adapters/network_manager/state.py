"""How NetworkManager says things are, as values: devices, networks in reach, addresses. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import msgspec

from ngair.adapters.network_manager import names, values
from ngair.model.limits import WIFI_NETWORKS_MAX, WIFI_OBJECTS_MAX
from ngair.model.network import Network, Security
from ngair.model.ssid import SSID_MAX_BYTES

ADDRESSES_MAX = 16
"""Of one device; a house gives three."""

Objects = Mapping[str, Any]


class AccessPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One of those that make up a network."""

    path: str
    ssid: bytes
    strength: int
    security: Security
    owe: bool = False
    """Ciphers without asking for a password."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A radio or a wired interface."""

    path: str
    interface: str
    kind: int
    state: int
    active: str | None = None
    """The connection that is up on it, or about to be."""
    addresses: tuple[str, ...] = ()
    has_gateway: bool = False
    mode: int = 0
    can_be_access_point: bool = False
    seen: tuple[AccessPoint, ...] = ()
    """Those in reach of a radio."""
    joined: AccessPoint | None = None

    @property
    def is_radio(self) -> bool:
        """Whether it is one."""
        return self.kind == names.WIFI

    @property
    def is_usable_radio(self) -> bool:
        """Whether it is one that can do something now."""
        return self.is_radio and self.state >= names.DISCONNECTED

    @property
    def is_access_point(self) -> bool:
        """Whether it is one itself, ours or anybody's."""
        return self.mode == names.MODE_AP and self.state >= names.PREPARING

    @property
    def is_serving(self) -> bool:
        """Whether it is an access point that is up."""
        return self.is_access_point and self.state == names.ACTIVATED

    @property
    def is_being_tried(self) -> bool:
        """Whether it is on its way into a network."""
        return self.active is not None and self.state < names.ACTIVATED

    @property
    def is_wired(self) -> bool:
        """Whether it leads out of this machine by a cable."""
        return self.kind in names.WIRED or (self.kind in names.WIRED_WITH_A_GATEWAY and self.has_gateway)

    @property
    def may_lead_out(self) -> bool:
        """Whether it is a radio or a cable, whoever looks after it."""
        return self.is_radio or self.kind in names.WIRED

    @property
    def is_up(self) -> bool:
        """Whether it is in a network."""
        return self.state == names.ACTIVATED and bool(self.addresses) and not self.is_access_point


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All of it at one moment."""

    devices: tuple[Device, ...] = ()
    profiles: tuple[str, ...] = ()
    """Paths of what is kept."""
    actives: Mapping[str, str] = {}
    """Connections that are up or about to be, and their profiles."""
    radio_is_on: bool = True
    radio_may_be_on: bool = True

    @property
    def radios(self) -> tuple[Device, ...]:
        """Those that can be used now."""
        return tuple(device for device in self.devices if device.is_usable_radio)

    @property
    def can_be_switched_on(self) -> bool:
        """Whether there is a radio that software has switched off."""
        return not self.radio_is_on and self.radio_may_be_on and any(device.is_radio for device in self.devices)

    def device(self, path: str) -> Device | None:
        """One of them."""
        return next((device for device in self.devices if device.path == path), None)

    @property
    def station(self) -> Device | None:
        """The radio that joins networks: the one that is in one, else one that is no access point."""
        radios = sorted(
            self.radios, key=lambda radio: (not radio.is_up, radio.is_access_point, radio.can_be_access_point)
        )
        return radios[0] if radios else None

    @property
    def host(self) -> Device | None:
        """The radio that opens the access point: one that does not join networks, if there are two."""
        hosts = [radio for radio in self.radios if radio.can_be_access_point]
        station = self.station
        apart = [radio for radio in hosts if station is not None and radio.path != station.path]
        return next(iter(apart or hosts), None)

    @property
    def can_do_both(self) -> bool:
        """Whether there is a radio for each."""
        host, station = self.host, self.station
        return host is not None and station is not None and host.path != station.path


def read_state(objects: Objects) -> State:
    """What NetworkManager's objects say. What is not as it should be is left out."""
    interfaces = {
        path: found
        for path, found in islice(objects.items(), WIFI_OBJECTS_MAX)
        if isinstance(path, str) and isinstance(found, dict)
    }
    manager = _of(interfaces, names.MANAGER_PATH, names.MANAGER)
    devices = [_read_device(interfaces, path) for path, found in interfaces.items() if names.DEVICE in found]
    actives = {
        path: values.path(props, "Connection") or ""
        for path, found in interfaces.items()
        if isinstance(props := found.get(names.ACTIVE), dict)
    }
    return State(
        devices=tuple(sorted(devices, key=lambda device: device.interface)),
        profiles=tuple(sorted(path for path, found in interfaces.items() if names.PROFILE in found)),
        actives=actives,
        radio_is_on=values.flag(manager, "WirelessEnabled", default=True),
        radio_may_be_on=values.flag(manager, "WirelessHardwareEnabled", default=True),
    )


def networks_of(access_points: Iterable[AccessPoint]) -> tuple[Network, ...]:
    """Each name once, the strongest first, no more than anybody reads."""
    strongest: dict[bytes, AccessPoint] = {}
    for found in sorted(access_points, key=lambda point: (-point.strength, point.ssid, point.path)):
        strongest.setdefault(found.ssid, found)
    return tuple(
        Network(ssid=point.ssid, strength=point.strength, security=point.security)
        for point in islice(strongest.values(), WIFI_NETWORKS_MAX)
    )


def is_reachable(address: str) -> bool:
    """Whether others in the network reach the box under it: no loopback, nothing that is valid on one link only."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (read.is_loopback or read.is_link_local or read.is_multicast or read.is_unspecified)


def _read_device(interfaces: Mapping[str, Any], path: str) -> Device:
    props = _of(interfaces, path, names.DEVICE)
    wireless = _of(interfaces, path, names.WIRELESS)
    ip4 = _of(interfaces, values.path(props, "Ip4Config"), names.IP4)
    ip6 = _of(interfaces, values.path(props, "Ip6Config"), names.IP6)
    addresses = (values.text(entry, "address") for ip in (ip4, ip6) for entry in values.tables(ip, "AddressData"))
    seen = {
        found: point
        for found in islice(values.paths(wireless, "AccessPoints"), WIFI_OBJECTS_MAX)
        if (point := _read_access_point(found, _of(interfaces, found, names.ACCESS_POINT))) is not None
    }
    joined = values.path(wireless, "ActiveAccessPoint")
    return Device(
        path=path,
        interface=values.text(props, "Interface"),
        kind=values.number(props, "DeviceType"),
        state=values.number(props, "State"),
        active=values.path(props, "ActiveConnection"),
        addresses=tuple(islice((address for address in addresses if is_reachable(address)), ADDRESSES_MAX)),
        has_gateway=any(values.text(ip, "Gateway") for ip in (ip4, ip6)),
        mode=values.number(wireless, "Mode"),
        can_be_access_point=bool(values.number(wireless, "WirelessCapabilities") & names.CAN_BE_ACCESS_POINT),
        seen=tuple(seen.values()),
        joined=None if joined is None else seen.get(joined),
    )


def _read_access_point(path: str, props: Mapping[str, Any]) -> AccessPoint | None:
    ssid = values.octets(props, "Ssid")
    # A network that hides its name sends none, or as many zeros.
    if not 0 < len(ssid) <= SSID_MAX_BYTES or not ssid.strip(b"\0"):
        return None
    keys = values.number(props, "WpaFlags") | values.number(props, "RsnFlags")
    return AccessPoint(
        path=path,
        ssid=ssid,
        strength=min(100, values.number(props, "Strength")),
        security=_security(keys, private=bool(values.number(props, "Flags") & names.PRIVACY)),
        owe=bool(keys & names.KEY_OWE),
    )


def _security(keys: int, *, private: bool) -> Security:
    # Where a network takes several, the one that a password alone opens counts, and the one more devices can do.
    if keys & names.KEY_PSK:
        return "psk"
    if keys & names.KEY_SAE:
        return "sae"
    if keys & (names.KEY_802_1X | names.KEY_EAP_SUITE_B):
        return "enterprise"
    if keys & names.KEY_OWE or not private:
        return "open"
    return "wep"


def _of(interfaces: Mapping[str, Any], path: str | None, name: str) -> Mapping[str, Any]:
    found = interfaces.get(path or "", {}).get(name)
    return found if isinstance(found, dict) else {}
