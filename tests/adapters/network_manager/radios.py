"""A template for python-dbusmock, which runs in Debian's Python: its NetworkManager, with radios that behave.

It adds what dbusmock's own lacks: activations that take their steps and tell them, networks with passwords, scans,
profiles that are forgotten by themselves, addresses. Numbers are those of NetworkManager's D-Bus reference.
"""

# mypy: allow-untyped-decorators
# dbus-python has no types, and is not in the environment that checks them.

from __future__ import annotations

from typing import Any

import dbus
import dbusmock
from dbusmock import MOCK_IFACE
from dbusmock.templates import networkmanager as theirs
from dbusmock.templates.networkmanager import *  # noqa: F403 - a template gives all that it builds upon
from gi.repository import GLib

BUS_NAME = theirs.BUS_NAME
MAIN_OBJ = theirs.MAIN_OBJ
SYSTEM_BUS = True
IS_OBJECT_MANAGER = True

NM = theirs.MANAGER_IFACE
MANAGER = theirs.MANAGER_OBJ
STEP_MS = 5
STANDING = frozenset({"silent", "asks again", "no answer to DHCP", "up without an address"})
"""How networks behave that come to no end by themselves: how far they come is told before the answer."""
NONE = dbus.ObjectPath("/")
IP4 = f"{NM}.IP4Config"
SEE = f"{NM}.AccessPoint"

air: dict[str, list[dict[str, Any]]] = {}
"""The networks around each radio."""
running: dict[str, dict[str, Any]] = {}
"""Connections that are up or about to be."""
made = {"count": 0, "scans": 0}


def load(mock: Any, parameters: Any) -> None:
    """Give the manager what the template of dbusmock lacks."""
    theirs.load(mock, {"Version": "1.42.4", **parameters})
    manager = dbusmock.get_object(MANAGER)
    manager.begin_new, manager.begin, manager.end = begin_new, begin, end
    manager.AddMethods(
        NM,
        [
            ("AddAndActivateConnection2", "a{sa{sv}}ooa{sv}", "ooa{sv}", "ret = self.begin_new(*args)"),
            ("ActivateConnection", "ooo", "o", "ret = self.begin(args[0], args[1])"),
            ("DeactivateConnection", "o", "", "self.end(args[0], 39)"),
        ],
    )


@dbus.service.method(MOCK_IFACE, in_signature="suu", out_signature="o")
def AddRadio(self: Any, interface: str, capabilities: int, state: int) -> str:  # noqa: N802 - as the others of dbusmock
    """A radio, which hears nothing yet."""
    path = self.AddWiFiDevice(interface, interface, state)
    radio = dbusmock.get_object(path)
    able = {"WirelessCapabilities": dbus.UInt32(capabilities), "ActiveAccessPoint": NONE, "LastScan": dbus.Int64(-1)}
    changed(path, theirs.WIRELESS_DEVICE_IFACE, able)
    changed(path, theirs.DEVICE_IFACE, {"Ip4Config": NONE, "Ip6Config": NONE})
    radio.look = look
    radio.AddMethod(theirs.WIRELESS_DEVICE_IFACE, "RequestScan", "a{sv}", "", f"self.look('{path}', args[0])")
    air[path] = []
    return str(path)


@dbus.service.method(MOCK_IFACE, in_signature="oayyuuussb", out_signature="")
def AddNetwork(  # noqa: N802 - as the others of dbusmock
    _self: Any,
    radio: str,
    ssid: Any,
    strength: int,
    flags: int,
    wpa: int,
    rsn: int,
    password: str,
    behaviour: str,
    heard: bool,
) -> None:
    """A network around a radio, which hears it at once, or at its next scan (`behaviour` "hidden": when asked for)."""
    network = {
        "ssid": bytes(ssid),
        "password": str(password),
        "behaviour": str(behaviour),
        "props": {
            "Ssid": dbus.ByteArray(bytes(ssid)),
            "Strength": dbus.Byte(strength),
            "Flags": dbus.UInt32(flags),
            "WpaFlags": dbus.UInt32(wpa),
            "RsnFlags": dbus.UInt32(rsn),
        },
        "path": "",
    }
    air[radio].append(network)
    if heard:
        hear(radio, network)


@dbus.service.method(MOCK_IFACE, in_signature="oay", out_signature="")
def TakeNetworkAway(_self: Any, radio: str, ssid: Any) -> None:  # noqa: N802 - as the others of dbusmock
    """Its router is switched off; the radio believes it is there until its next scan."""
    air[radio] = [network for network in air[radio] if network["ssid"] != bytes(ssid)]


@dbus.service.method(MOCK_IFACE, in_signature="", out_signature="")
def EndAll(_self: Any) -> None:  # noqa: N802 - as the others of dbusmock
    """Every connection is lost, as when the router is switched off."""
    for active in list(running):
        end(active, 8)


@dbus.service.method(MOCK_IFACE, in_signature="", out_signature="u")
def Scans(_self: Any) -> int:  # noqa: N802 - as the others of dbusmock
    """How often networks were looked for."""
    return made["scans"]


@dbus.service.method(MOCK_IFACE, in_signature="o", out_signature="a{sa{sv}}")
def Profile(_self: Any, path: str) -> Any:  # noqa: N802 - as the others of dbusmock
    """All of a profile, its secrets too."""
    return dbusmock.get_object(path).settings


@dbus.service.method(MOCK_IFACE, in_signature="ossv", out_signature="")
def Spoil(_self: Any, path: str, interface: str, name: str, value: Any) -> None:  # noqa: N802 - as the others of dbusmock
    """Give a property any value, of any kind."""
    changed(path, interface, {name: value})


@dbus.service.method(MOCK_IFACE, in_signature="a{sa{sv}}", out_signature="")
def SpoilProfiles(_self: Any, settings: Any) -> None:  # noqa: N802 - as the others of dbusmock
    """Give every profile these settings."""
    for path in dbusmock.get_object(theirs.SETTINGS_OBJ).ListConnections():
        profile = dbusmock.get_object(path)
        profile.settings = settings
        profile.EmitSignal(theirs.CSETTINGS_IFACE, "Updated", "", [])


def hear(radio: str, network: dict[str, Any]) -> None:
    """A radio hears a network."""
    made["count"] += 1
    path = f"/org/freedesktop/NetworkManager/AccessPoint/{made['count']}"
    dbusmock.get_object(MANAGER).AddObject(path, SEE, network["props"], [])
    network["path"] = path
    device = dbusmock.get_object(radio)
    device.access_points.append(path)
    listed(device)


def listed(device: Any) -> None:
    """Tell which networks a radio hears."""
    points = dbus.Array([dbus.ObjectPath(p) for p in device.access_points], signature="o")
    changed(str(device.path), theirs.WIRELESS_DEVICE_IFACE, {"AccessPoints": points})


def look(radio: str, options: Any) -> None:
    """A scan, which takes its time."""
    device = dbusmock.get_object(radio)
    if device.Get(theirs.WIRELESS_DEVICE_IFACE, "Mode") == 3:
        raise dbus.exceptions.DBusException("Scanning is not allowed now", name=f"{NM}.Device.NotAllowed")
    made["scans"] += 1
    wanted = [bytes(ssid) for ssid in options.get("ssids", [])]

    def over() -> bool:
        here = [n for n in air[radio] if n["behaviour"] != "hidden" or n["path"] or n["ssid"] in wanted]
        for network in here:
            if not network["path"]:
                hear(radio, network)
        device.access_points = [network["path"] for network in here]
        listed(device)
        changed(str(device.path), theirs.WIRELESS_DEVICE_IFACE, {"LastScan": dbus.Int64(made["scans"] * 1000)})
        return False

    GLib.timeout_add(4 * STEP_MS, over)


def begin_new(settings: Any, device: str, _point: str, options: Any) -> Any:
    """As AddAndActivateConnection2: a new profile, and its activation."""
    refused(settings)
    if bytes(settings["802-11-wireless"]["ssid"]) == b"ngair-drop":
        settings["ipv4"]["address-data"] = dbus.Array([], signature="a{sv}")
    mock = dbusmock.get_object(MANAGER)
    settings["connection"].pop("autoconnect", None)
    path = mock.SettingsAddConnection(settings)
    profile = dbusmock.get_object(path)
    profile.volatile = str(options.get("persist", "disk")) == "volatile"
    profile.keep = keep
    profile.AddMethod(theirs.CSETTINGS_IFACE, "Update2", "a{sa{sv}}ua{sv}", "a{sv}", "ret = self.keep(self, *args)")
    return dbus.ObjectPath(path), begin(path, device), dbus.Dictionary({}, signature="sv")


def refused(settings: Any) -> None:
    """What NetworkManager would not take either."""
    psk = settings.get("802-11-wireless-security", {}).get("psk")
    if psk is not None and not 8 <= len(psk) <= 64:
        raise dbus.exceptions.DBusException(
            "802-11-wireless-security.psk: property is invalid",
            name=f"{theirs.CSETTINGS_IFACE}.InvalidProperty",
        )


def keep(profile: Any, settings: Any, flags: int, _args: Any) -> Any:
    """As Update2: to disk, with a volatile profile volatile no more."""
    if settings["connection"]["id"] == "ngair Nobody keeps this":
        raise dbus.exceptions.DBusException("read-only file system", name=f"{theirs.SETTINGS_IFACE}.Failed")
    profile.settings = settings
    if flags & 1:
        profile.volatile = False
    profile.EmitSignal(theirs.CSETTINGS_IFACE, "Updated", "", [])
    return dbus.Dictionary({}, signature="sv")


def begin(path: str, device: str) -> Any:
    """As ActivateConnection."""
    profile = dbusmock.get_object(path)
    for active, what in list(running.items()):
        if what["device"] == device:
            end(active, 60)
    made["count"] += 1
    active = f"/org/freedesktop/NetworkManager/ActiveConnection/{made['count']}"
    mock = dbusmock.get_object(MANAGER)
    props = {
        "Connection": dbus.ObjectPath(path),
        "State": dbus.UInt32(1),
        "Devices": dbus.Array([dbus.ObjectPath(device)], signature="o"),
    }
    mock.AddObject(active, theirs.ACTIVE_CONNECTION_IFACE, props, [])
    running[active] = {"device": device, "profile": path}
    changed(device, theirs.DEVICE_IFACE, {"ActiveConnection": dbus.ObjectPath(active)})
    actives()
    ssid = bytes(profile.settings["802-11-wireless"]["ssid"])
    behaviours = {network["behaviour"] for network in air[device] if network["ssid"] == ssid}
    walk(active, steps(profile.settings, device), at_once=not STANDING.isdisjoint(behaviours))
    return dbus.ObjectPath(active)


def steps(settings: Any, device: str) -> list[tuple[int, int]]:
    """The states of the device that follow, with their reasons."""
    wireless = settings["802-11-wireless"]
    ssid = bytes(wireless["ssid"])
    if wireless.get("mode") == "ap":
        if ssid == b"ngair-dns":
            return [(40, 0), (50, 0), (70, 0), (120, 18)]
        return [(40, 0), (50, 0), (70, 0), (80, 0), (90, 0), (100, 0)]
    network = next((n for n in air[device] if n["ssid"] == ssid), None)
    if network is None or network["behaviour"] == "vanishing":
        return [(40, 0), (50, 0), (120, 53)]
    if network["password"] and settings.get("802-11-wireless-security", {}).get("psk") != network["password"]:
        return [(40, 0), (50, 0), (60, 8), (120, 7)]
    return {
        "no address": [(40, 0), (50, 0), (70, 0), (120, 5)],
        "sends away": [(40, 0), (50, 0), (120, 8)],
        "silent": [(40, 0), (50, 0)],
        "asks again": [(40, 0), (50, 0), (60, 8)],
        "no answer to DHCP": [(40, 0), (50, 0), (70, 0)],
    }.get(network["behaviour"], [(40, 0), (50, 0), (70, 0), (80, 0), (90, 0), (100, 0)])


def walk(active: str, rest: list[tuple[int, int]], at_once: bool) -> None:
    """Take one step after the other."""

    def step() -> bool:
        if active not in running or not rest:
            return False
        state, reason = rest.pop(0)
        if state == 100:
            up(active)
        device_is(running[active]["device"], state, reason)
        if state == 100:
            active_is(active, 2, 1)
        elif state == 120:
            end(active, 3, failed=True)
        return True

    if at_once:
        while step():
            pass
    else:
        GLib.timeout_add(STEP_MS, step)


def up(active: str) -> None:
    """It has an address, as its profile or the network gives it."""
    device, settings = running[active]["device"], dbusmock.get_object(running[active]["profile"]).settings
    made["count"] += 1
    config = f"/org/freedesktop/NetworkManager/IP4Config/{made['count']}"
    is_ours = settings["802-11-wireless"].get("mode") == "ap"
    ssid = bytes(settings["802-11-wireless"]["ssid"])
    network = next((n for n in air[device] if n["ssid"] == ssid), {"path": "/", "behaviour": ""})
    addresses = settings["ipv4"]["address-data"] if is_ours else [{"address": "192.0.2.17", "prefix": dbus.UInt32(24)}]
    if network["behaviour"] == "up without an address":
        addresses = []
    data = dbus.Array([dbus.Dictionary(entry, signature="sv") for entry in addresses], signature="a{sv}")
    dbusmock.get_object(MANAGER).AddObject(config, IP4, {"AddressData": data, "Gateway": "192.0.2.1"}, [])
    changed(device, theirs.DEVICE_IFACE, {"Ip4Config": dbus.ObjectPath(config)})
    changed(
        device,
        theirs.WIRELESS_DEVICE_IFACE,
        {"ActiveAccessPoint": dbus.ObjectPath(network["path"]), "Mode": dbus.UInt32(3 if is_ours else 2)},
    )


def end(active: str, reason: int, failed: bool = False) -> None:
    """A connection ends; a volatile profile with it."""
    what = running.pop(active, None)
    if what is None:
        return
    radio, path = what["device"], what["profile"]
    if not failed:
        device_is(radio, 110, reason)
    active_is(active, 4, reason)
    changed(radio, theirs.DEVICE_IFACE, {"ActiveConnection": NONE, "Ip4Config": NONE})
    changed(radio, theirs.WIRELESS_DEVICE_IFACE, {"ActiveAccessPoint": NONE, "Mode": dbus.UInt32(2)})
    device_is(radio, 30, 0 if failed else reason)
    dbusmock.get_object(MANAGER).RemoveObject(active)
    actives()
    profile = dbusmock.get_object(path)
    if getattr(profile, "volatile", False):
        theirs.ConnectionDelete(profile)


def changed(path: str, interface: str, values: dict[str, Any]) -> None:
    """Change properties and tell it; dbusmock's own way to does not know paths."""
    mock = dbusmock.get_object(path)
    mock.props[interface].update(values)
    told = [interface, dbus.Dictionary(values, signature="sv"), dbus.Array([], signature="s")]
    mock.EmitSignal(dbus.PROPERTIES_IFACE, "PropertiesChanged", "sa{sv}as", told)


def device_is(device: str, state: int, reason: int) -> None:
    """Tell the state of a device."""
    radio = dbusmock.get_object(device)
    before = radio.Get(theirs.DEVICE_IFACE, "State")
    changed(device, theirs.DEVICE_IFACE, {"State": dbus.UInt32(state)})
    radio.EmitSignal(
        theirs.DEVICE_IFACE, "StateChanged", "uuu", [dbus.UInt32(state), dbus.UInt32(before), dbus.UInt32(reason)]
    )


def active_is(active: str, state: int, reason: int) -> None:
    """Tell the state of a connection."""
    connection = dbusmock.get_object(active)
    changed(active, theirs.ACTIVE_CONNECTION_IFACE, {"State": dbus.UInt32(state)})
    told = [dbus.UInt32(state), dbus.UInt32(reason)]
    connection.EmitSignal(theirs.ACTIVE_CONNECTION_IFACE, "StateChanged", "uu", told)


def actives() -> None:
    """Tell which connections there are."""
    paths = dbus.Array([dbus.ObjectPath(path) for path in running], signature="o")
    changed(MANAGER, NM, {"ActiveConnections": paths})
