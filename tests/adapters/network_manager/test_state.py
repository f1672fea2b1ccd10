"""What NetworkManager says, read as values: which cables count, which radio does what; nothing breaks the reading."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from dbus_fast import Variant
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.choosing import worth_trying
from ngair.adapters.network_manager.facts import wifi_of
from ngair.adapters.network_manager.failures import Progress, access_point_error, join_error
from ngair.adapters.network_manager.profiles import Profile, read_profile
from ngair.adapters.network_manager.state import AccessPoint, networks_of, read_state
from ngair.adapters.network_manager.watch import Signal
from ngair.model.limits import WIFI_NETWORKS_MAX
from ngair.model.network import JoinFailure

ROOM = "/org/freedesktop/NetworkManager"


def device(index: int, kind: int, *, state: int = 100, address: str = "", gateway: str = "", **wireless: int) -> Any:
    """A device and its addresses, as objects of D-Bus."""
    ip, path = f"{ROOM}/IP4Config/{index}", f"{ROOM}/Devices/{index}"
    addresses = [{"address": Variant("s", address), "prefix": Variant("u", 24)}] if address else []
    props = {
        "Interface": Variant("s", f"if{index}"),
        "DeviceType": Variant("u", kind),
        "State": Variant("u", state),
        "Ip4Config": Variant("o", ip),
    }
    radio = {name: Variant("u", value) for name, value in wireless.items()}
    return {
        path: {names.DEVICE: props, **({names.WIRELESS: radio} if kind == names.WIFI else {})},
        ip: {names.IP4: {"AddressData": Variant("aa{sv}", addresses), "Gateway": Variant("s", gateway)}},
    }


@pytest.mark.parametrize(
    ("kind", "more", "counts"),
    [
        (names.ETHERNET, {}, True),
        (names.VETH, {}, True),
        (names.DUMMY, {}, True),
        (names.BRIDGE, {}, False),
        (names.BRIDGE, {"gateway": "192.0.2.1"}, True),
        (names.BOND, {"gateway": "192.0.2.1"}, True),
        (names.ETHERNET, {"state": 70}, False),
        (names.ETHERNET, {"address": ""}, False),
        (names.ETHERNET, {"address": "169.254.7.7"}, False),
        (names.ETHERNET, {"address": "fe80::7"}, False),
        (names.ETHERNET, {"address": "fd00::7"}, True),
        (names.WIFI, {"Mode": 2}, True),
        (names.WIFI, {"Mode": names.MODE_AP}, False),
        (16, {}, False),
        (32, {}, False),
    ],
)
def test_what_counts_as_a_network(kind: int, more: dict[str, Any], counts: bool) -> None:
    state = read_state(device(1, kind, **{"address": "192.0.2.7", **more}))
    wifi = wifi_of(state, (), {})
    assert (wifi.connected, bool(wifi.addresses)) == (counts, counts)


AP = names.CAN_BE_ACCESS_POINT


@pytest.mark.parametrize(
    ("radios", "station", "host", "both"),
    [
        ([], None, None, False),
        ([{"WirelessCapabilities": AP}], 0, 0, False),
        ([{}], 0, None, False),
        ([{"state": 20, "WirelessCapabilities": AP}], None, None, False),
        ([{"WirelessCapabilities": AP}, {}], 1, 0, True),
        ([{}, {"WirelessCapabilities": AP}], 0, 1, True),
        ([{}, {}], 0, None, False),
        ([{"WirelessCapabilities": AP}, {"WirelessCapabilities": AP}], 0, 1, True),
        ([{"WirelessCapabilities": AP}, {"WirelessCapabilities": AP, "address": "192.0.2.7"}], 1, 0, True),
        ([{"WirelessCapabilities": AP, "Mode": names.MODE_AP, "state": 100}, {"WirelessCapabilities": AP}], 1, 0, True),
        ([{"WirelessCapabilities": AP, "address": "192.0.2.7"}, {}], 0, 0, False),
    ],
)
def test_which_radio_does_what(radios: list[dict[str, Any]], station: int | None, host: int | None, both: bool) -> None:
    objects: dict[str, Any] = {}
    for index, radio in enumerate(radios):
        objects |= device(index, names.WIFI, **{"state": 100 if "address" in radio else 30, **radio})
    state = read_state(objects)
    paths = [None if index is None else f"{ROOM}/Devices/{index}" for index in (station, host)]
    assert [None if found is None else found.path for found in (state.station, state.host)] == paths
    assert state.can_do_both is both


def kept(ssid: bytes, used_s: int, *, hidden: bool = False) -> Profile:
    """A network of ours."""
    return Profile(path="/", name="", is_wifi=True, ssid=ssid, role="network", used_s=used_s, hidden=hidden)


@pytest.mark.parametrize(
    ("heard", "tried"),
    [
        ([b"Home", b"Shed", b"Barn"], [b"Barn", b"Shed"]),
        ([b"Home"], [b"Home", b"Cellar"]),
        ([b"Others"], [b"Cellar"]),
        ([], [b"Cellar", b"Barn"]),
    ],
)
def test_what_is_worth_trying(heard: list[bytes], tried: list[bytes]) -> None:
    profiles = [kept(b"Home", 1), kept(b"Shed", 2), kept(b"Barn", 3), kept(b"Cellar", 4, hidden=True)]
    points = [AccessPoint(path="/", ssid=ssid, strength=50, security="psk") for ssid in heard]
    assert [profile.ssid for profile in worth_trying(profiles, points)] == tried


def told(*states: tuple[int, int], active: tuple[int, int] | None = None) -> Progress:
    """What is known after these states of the device, and of the connection."""
    progress = Progress("/device")
    progress.active = "/active"
    progress.take([Signal("/device", names.DEVICE, "StateChanged", [state, 0, reason]) for state, reason in states])
    if active is not None:
        progress.take([Signal("/active", names.ACTIVE, "StateChanged", list(active))])
    return progress


@pytest.mark.parametrize(
    ("states", "active", "secured", "failure"),
    [
        ([(40, 0), (50, 0), (60, 8), (120, 7)], None, True, "wrong password"),
        ([(40, 0), (50, 0), (120, 7)], None, False, "not supported"),
        ([(40, 0), (50, 0), (120, 8)], None, True, "wrong password"),
        ([(40, 0), (50, 0), (120, 11)], None, True, "wrong password"),
        ([(40, 0), (50, 0), (120, 8)], None, False, "failed"),
        ([(40, 0), (50, 0), (120, 9)], None, True, "not supported"),
        ([(40, 0), (120, 53)], None, True, "not found"),
        ([(40, 0), (70, 0), (120, 5)], None, True, "no address"),
        ([(40, 0), (70, 0), (120, 17)], None, True, "no address"),
        ([(40, 0), (120, 36)], None, True, "failed"),
        ([(40, 0), (120, 4711)], None, True, "failed"),
        ([(110, 60), (30, 60), (40, 0), (50, 0)], None, True, "failed"),
        ([(40, 0), (50, 0)], (4, 9), True, "wrong password"),
        ([(40, 0), (70, 0)], (4, 5), True, "no address"),
        ([(40, 0), (50, 0)], (4, 2), True, "failed"),
    ],
)
def test_reasons(
    states: list[tuple[int, int]], active: tuple[int, int] | None, secured: bool, failure: JoinFailure
) -> None:
    error = join_error(told(*states, active=active), b"Home", secured=secured)
    assert error.failure == failure
    assert "Home" in str(error) or failure == "not supported"


def test_leaving_what_was_there_before_is_no_failure() -> None:
    assert not told((110, 60), (30, 60), (40, 0), (50, 0), (70, 0)).is_over


@given(st.binary(min_size=1, max_size=32), st.integers(0, 130), st.integers(0, 80))
def test_every_failure_is_one_line_that_a_person_can_read(ssid: bytes, state: int, reason: int) -> None:
    for error in (
        join_error(told((40, 0), (state, reason)), ssid, secured=True),
        access_point_error(told((40, 0), (state, reason))),
    ):
        assert str(error).isprintable()


SIMPLE = st.one_of(
    st.builds(Variant, st.just("s"), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
    st.builds(Variant, st.just("u"), st.integers(0, 2**32 - 1)),
    st.builds(Variant, st.just("x"), st.integers(-(2**63), 2**63 - 1)),
    st.builds(Variant, st.just("b"), st.booleans()),
    st.builds(Variant, st.just("d"), st.floats()),
    st.builds(Variant, st.just("ay"), st.binary(max_size=40)),
    st.builds(Variant, st.just("ao"), st.lists(st.sampled_from(["/", "/a", "/b"]))),
    st.builds(Variant, st.just("o"), st.sampled_from(["/", "/a", "/b"])),
)
ANY = st.one_of(
    SIMPLE,
    st.builds(Variant, st.just("a{sv}"), st.dictionaries(st.sampled_from(["address", "prefix", "data"]), SIMPLE)),
    st.builds(
        Variant,
        st.just("aa{sv}"),
        st.lists(st.dictionaries(st.sampled_from(["address", "prefix"]), SIMPLE), max_size=3),
    ),
)
PROPERTIES = [
    *("Interface", "DeviceType", "State", "ActiveConnection", "Ip4Config", "Ip6Config", "Mode", "AccessPoints"),
    *("WirelessCapabilities", "ActiveAccessPoint", "Ssid", "Strength", "Flags", "WpaFlags", "RsnFlags", "AddressData"),
    *("Gateway", "Connection", "WirelessEnabled", "WirelessHardwareEnabled"),
]
INTERFACES = [
    *(names.MANAGER, names.DEVICE, names.WIRELESS, names.ACCESS_POINT, names.ACTIVE, names.IP4, names.IP6),
    names.PROFILE,
]
OBJECTS = st.dictionaries(
    st.sampled_from(["/", "/a", "/b", names.MANAGER_PATH]),
    st.dictionaries(st.sampled_from(INTERFACES), st.dictionaries(st.sampled_from(PROPERTIES), ANY)),
)
SETTINGS = st.dictionaries(
    st.sampled_from(["connection", "802-11-wireless", "user"]),
    st.dictionaries(st.sampled_from(["id", "type", "mode", "ssid", "hidden", "timestamp", "data"]), ANY),
)


@given(OBJECTS, SETTINGS)
def test_nothing_that_it_says_breaks_the_reading(objects: dict[str, Any], settings: dict[str, Any]) -> None:
    state = read_state(objects)
    profile = read_profile("/a", settings)
    wifi = wifi_of(state, [profile], {})
    assert wifi.connected == bool(wifi.addresses)
    assert wifi.configured or not wifi.connected
    assert wifi.rssi_dbm is None or -100 <= wifi.rssi_dbm <= -50
    found = networks_of(point for radio in state.radios for point in radio.seen)
    assert len(found) <= WIFI_NETWORKS_MAX
    assert all(0 < len(network.ssid) <= 32 and 0 <= network.strength <= 100 for network in found)
    assert state.can_do_both <= (len(state.radios) > 1)


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    # Starting takes a tenth of a second as it is; most boxes hang on a cable.
    script = "import sys, ngair.cli.main, ngair.app.program; sys.exit(any('dbus' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
