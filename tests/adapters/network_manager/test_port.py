"""The port against a NetworkManager with radios, as dbusmock plays it: what goes wrong, and what stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from msgspec.structs import replace

from ngair.adapters.network_manager import NetworkManagerPort, bus, names
from ngair.adapters.network_manager.activation import Timeouts
from ngair.gateway.ports import JoinError, LinkError
from ngair.model.limits import WIFI_KEPT_MAX, WIFI_NETWORKS_MAX
from ngair.model.network import JoinFailure, Wifi
from tests.adapters.network_manager.buses import OWE, PRIVACY, PSK, SAE, Mocked, mocked_network_manager
from tests.waiting import DEADLINE_S, until

PASSWORD = "correct horse"
SETTINGS = "/org/freedesktop/NetworkManager/Settings"
PATIENT = Timeouts(answer_s=DEADLINE_S, scan_s=DEADLINE_S, join_s=DEADLINE_S, open_s=DEADLINE_S, settle_s=0.03)


@pytest.fixture(name="manager")
async def _manager(tmp_path: Path) -> AsyncIterator[Mocked]:
    async with mocked_network_manager(tmp_path) as manager:
        yield manager


@pytest.fixture(name="port")
async def _port(manager: Mocked) -> AsyncIterator[NetworkManagerPort]:
    port = NetworkManagerPort(manager.address, timeouts=PATIENT)
    yield port
    await port.close()


@contextlib.asynccontextmanager
async def hasty(manager: Mocked, **timeouts: float) -> AsyncIterator[NetworkManagerPort]:
    """A port that waits less for some things."""
    port = NetworkManagerPort(manager.address, timeouts=replace(PATIENT, **timeouts))
    yield port
    await port.close()


async def owners(manager: Mocked, name: str, ssid: bytes, **more: object) -> str:
    """A profile that is not ours."""
    profile = {
        "connection": {"id": Variant("s", name), "type": Variant("s", "802-11-wireless")},
        "802-11-wireless": {"ssid": Variant("ay", ssid)},
        "ipv4": {"method": Variant("s", "auto")},
        **more,
    }
    return str((await manager.ask(SETTINGS, names.SETTINGS, "AddConnection", "a{sa{sv}}", profile))[0])


def roles(profiles: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Which profiles there are, and which of ours."""
    found = [(p["connection"]["id"], p.get("user", {}).get("data", {}).get("ngair.role")) for p in profiles.values()]
    return sorted(found)


BOUNDED: dict[str, JoinFailure] = {
    "silent": "failed",
    "asks again": "wrong password",
    "no answer to DHCP": "no address",
    "up without an address": "no address",
}


@pytest.mark.parametrize("behaviour", BOUNDED)
async def test_a_join_ends_in_time_and_tells_how_far_it_came(behaviour: str, manager: Mocked) -> None:
    await manager.network(await manager.radio(), b"Home", behaviour=behaviour)
    async with hasty(manager, join_s=0.1) as port:
        with pytest.raises(JoinError) as told:
            await port.join(b"Home", PASSWORD)
        assert told.value.failure == BOUNDED[behaviour]
        assert await manager.profiles() == {}
        assert await port.wifi() == Wifi(radio=True)


async def test_who_is_sent_away_by_a_network_with_a_password_may_have_the_wrong_one(
    manager: Mocked, port: NetworkManagerPort
) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home", keys=SAE, behaviour="sends away")
    await manager.network(radio, b"Garden", keys=0, behaviour="sends away")
    for ssid, password, failure in ((b"Home", PASSWORD, "wrong password"), (b"Garden", None, "failed")):
        with pytest.raises(JoinError) as told:
            await port.join(ssid, password)
        assert told.value.failure == failure


async def test_profiles_of_others_stay_as_they_are(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Home")
    # One of them has our kind of name, one our mark, none has both.
    marked = {"user": {"data": Variant("a{ss}", {"ngair.role": "network"})}}
    for name, more in (("Home", {}), ("ngair Home", {}), ("mine", marked)):
        await owners(manager, name, b"Home", **more)
    before = await manager.profiles()
    with pytest.raises(JoinError):
        await port.join(b"Home", "wrong battery")
    assert await manager.profiles() == before
    await port.join(b"Home", PASSWORD)
    await port.join(b"Home", PASSWORD)
    await port.open_access_point("ngair-7Q2D", None)
    await port.close_access_point()
    after = await manager.profiles()
    assert {path: after.get(path) for path in before} == before
    assert len(after) == len(before) + 1


async def test_the_same_network_takes_the_place_of_itself(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    await manager.network(radio, b"Shed")
    await port.join(b"Home", PASSWORD)
    await port.join(b"Shed", PASSWORD)
    await manager.mock("TakeNetworkAway", "oay", radio, b"Home")
    await manager.network(radio, b"Home", password="a new password")
    await port.join(b"Home", "a new password")
    profiles = await manager.profiles()
    assert roles(profiles) == [("ngair Home", "network"), ("ngair Shed", "network")]
    home = next(profile for profile in profiles.values() if profile["connection"]["id"] == "ngair Home")
    assert home["802-11-wireless-security"] == {"key-mgmt": "wpa-psk", "psk": "a new password"}
    assert home["connection"]["autoconnect"] is True


async def test_only_so_many_networks_are_kept(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    for index in range(WIFI_KEPT_MAX + 2):
        await manager.network(radio, b"%d" % index)
        await port.join(b"%d" % index, PASSWORD)
    kept = roles(await manager.profiles())
    assert len(kept) == WIFI_KEPT_MAX
    assert (f"ngair {WIFI_KEPT_MAX + 1}", "network") in kept


async def test_a_join_removes_what_a_join_left_that_was_killed(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Home")
    await owners(manager, "ngair Shed", b"Shed", user={"data": Variant("a{ss}", {"ngair.role": "trial"})})
    await port.join(b"Home", PASSWORD)
    assert roles(await manager.profiles()) == [("ngair Home", "network")]


async def test_a_network_that_cannot_be_kept_is_not_joined(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Nobody keeps this")
    with pytest.raises(JoinError, match="kept") as told:
        await port.join(b"Nobody keeps this", PASSWORD)
    assert told.value.failure == "failed"
    assert await manager.profiles() == {}


async def test_what_a_program_left_that_was_killed_is_removed(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Home")
    for name, role in (("ngair access point", "access point"), ("ngair Home", "trial")):
        await owners(manager, name, b"x", user={"data": Variant("a{ss}", {"ngair.role": role})})
    assert not (await port.wifi()).configured
    await port.open_access_point("ngair-7Q2D", None)
    assert roles(await manager.profiles()) == [("ngair access point", "access point")]
    await port.close_access_point()
    assert await manager.profiles() == {}


async def test_keys_are_as_networks_want_them(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    kinds = {
        b"open": ("open", {"keys": 0}, None, None),
        b"enhanced open": ("open", {"keys": OWE, "password": ""}, None, {"key-mgmt": "owe"}),
        b"wpa": ("psk", {"keys": 0, "wpa": PSK, "password": PASSWORD}, PASSWORD, {"key-mgmt": "wpa-psk"}),
        b"wpa2": ("psk", {"keys": PSK}, PASSWORD, {"key-mgmt": "wpa-psk"}),
        b"wpa2 and 3": ("psk", {"keys": PSK | SAE}, PASSWORD, {"key-mgmt": "wpa-psk"}),
        b"wpa3": ("sae", {"keys": SAE}, PASSWORD, {"key-mgmt": "sae"}),
        b"wep": ("wep", {"keys": 0, "flags": PRIVACY}, None, None),
    }
    for ssid, (_, facts, _, _) in kinds.items():
        await manager.network(radio, ssid, **facts)  # type: ignore[arg-type]  # a table of all kinds
    assert {n.ssid: n.security for n in await port.networks(scan=True)} == {k: v[0] for k, v in kinds.items()}
    for ssid, (security, _, password, key) in kinds.items():
        if security == "wep":
            continue
        await port.join(ssid, password)
        profile = next(p for p in (await manager.profiles()).values() if p["802-11-wireless"]["ssid"] == ssid)
        security_part = profile.get("802-11-wireless-security")
        assert security_part == (None if key is None else {**key, **({"psk": password} if password else {})}), ssid


async def test_the_list_of_networks_ends(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    for index in range(WIFI_NETWORKS_MAX + 10):
        await manager.network(radio, b"%03d" % index, strength=index)
    found = await port.networks(scan=False)
    assert len(found) == WIFI_NETWORKS_MAX
    assert found[0].strength == WIFI_NETWORKS_MAX + 9


async def test_networks_without_a_name_are_left_out(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    for ssid in (b"", b"\0", b"\0" * 32, b"x" * 33, b"\0x"):
        await manager.network(radio, ssid)
    assert [network.ssid for network in await port.networks(scan=False)] == [b"\0x"]


async def test_a_scan_finds_what_was_not_heard_before(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"New", heard=False)
    assert await port.networks(scan=False) == ()
    assert [network.ssid for network in await port.networks(scan=True)] == [b"New"]
    await manager.mock("TakeNetworkAway", "oay", radio, b"New")
    assert await port.networks(scan=True) == ()


async def test_values_of_other_kinds_are_unknown_and_nothing_breaks(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    await port.join(b"Home", PASSWORD)
    objects = "/org/freedesktop/NetworkManager"
    [config] = [f"{objects}/IP4Config/{i}" for i in range(20) if await exists(manager, f"{objects}/IP4Config/{i}")]
    wrong = Variant("s", "what is this")
    for path, interface, name, value in (
        (config, names.IP4, "AddressData", Variant("i", 7)),
        (config, names.IP4, "AddressData", Variant("aa{sv}", [{"address": Variant("u", 7)}])),
        (config, names.IP4, "AddressData", Variant("aa{sv}", [{"address": Variant("s", "192.0.2.256")}])),
        (config, names.IP4, "AddressData", Variant("aa{sv}", [{"address": Variant("s", "127.0.0.1")}])),
        (config, names.IP4, "AddressData", Variant("aa{sv}", [{"address": Variant("s", "fe80::1")}])),
        (radio, names.DEVICE, "Ip4Config", Variant("u", 1)),
        (radio, names.WIRELESS, "ActiveAccessPoint", Variant("d", 0.5)),
        (radio, names.WIRELESS, "AccessPoints", Variant("as", ["/nowhere", "no path"])),
        (radio, names.WIRELESS, "AccessPoints", wrong),
        (radio, names.WIRELESS, "Mode", wrong),
        (radio, names.WIRELESS, "WirelessCapabilities", Variant("i", -1)),
        (radio, names.DEVICE, "State", Variant("b", True)),
        (radio, names.DEVICE, "DeviceType", wrong),
        (objects, names.MANAGER, "WirelessEnabled", wrong),
    ):
        await manager.mock("Spoil", "ossv", path, interface, name, value)
        assert not (await port.wifi()).connected or interface == names.WIRELESS
        await port.networks(scan=False)
    profile = {"connection": {"id": Variant("u", 1), "timestamp": wrong}, "802-11-wireless": {"ssid": Variant("u", 7)}}
    await manager.mock("SpoilProfiles", "a{sa{sv}}", profile)
    assert not (await port.wifi()).configured


async def exists(manager: Mocked, path: str) -> bool:
    """Whether there is such an object."""
    return path in (await manager.ask("/org/freedesktop", names.OBJECT_MANAGER, "GetManagedObjects"))[0]


async def test_a_bus_that_hangs_is_given_up_in_time_and_used_again(
    manager: Mocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    await manager.network(await manager.radio(), b"Home")
    in_time = bus.in_time
    async with hasty(manager, answer_s=0.2, settle_s=0) as port:
        # While it does not hang, it may take its time.
        with monkeypatch.context() as patience:
            patience.setattr(bus, "in_time", lambda work, _: in_time(work, DEADLINE_S))
            assert (await port.wifi()).radio
        manager.daemon.hang(on=True)
        try:
            said = []
            for _ in range(5):
                with pytest.raises(LinkError, match=r"0\.2 s") as told:
                    await port.wifi()
                said.append("message bus" in str(told.value))
            # One late answer may be a busy moment; after three, a new connection is tried.
            assert said == [False, False, False, True, True]
            with pytest.raises(LinkError):
                await port.join(b"Home", PASSWORD)
        finally:
            manager.daemon.hang(on=False)
    async with hasty(manager) as port:
        assert (await port.join(b"Home", PASSWORD)).connected


async def test_signals_of_somebody_else_are_not_believed(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home", behaviour="silent")
    stranger = await MessageBus(bus_address=manager.address).connect()
    joining = asyncio.create_task(port.join(b"Home", PASSWORD))
    await until_it_has(manager, "ActiveConnections")
    told = asyncio.create_task(port.changed())
    await port.wifi()
    for signature, body in (("uuu", [100, 50, 0]), ("uuu", [120, 50, 7]), ("s", ["nonsense"]), ("", [])):
        for path, interface in ((radio, names.DEVICE), ("/", names.SETTINGS), ("/", "org.freedesktop.DBus")):
            for member in ("StateChanged", "NameOwnerChanged"):
                lie = Message.new_signal(path, interface, member, signature, body)
                await stranger.send(lie)
                # To everybody, and to us alone.
                for number in range(1, 10):
                    await stranger.send(
                        Message(
                            message_type=MessageType.SIGNAL,
                            destination=f":1.{number}",
                            path=path,
                            interface=interface,
                            member=member,
                            signature=signature,
                            body=body,
                        )
                    )
    # Time enough to be taken in, and to tidy up.
    for _ in range(100):
        await port.wifi()
    assert not joining.done()
    joining.cancel()
    told.cancel()
    await asyncio.wait({joining, told})
    stranger.disconnect()
    await stranger.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library tells none


async def test_a_bus_that_ends_is_noticed_and_a_new_one_is_used(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.radio()
    await owners(manager, "Home", b"Home")
    before = await port.wifi()
    assert (before.radio, before.configured) == (True, True)
    told = asyncio.create_task(port.changed())
    await asyncio.sleep(0)
    await manager.close()
    manager.daemon.stop()
    await asyncio.wait_for(told, DEADLINE_S)
    for call in (port.wifi, port.changed):
        with pytest.raises(LinkError):
            await call()
    await manager.daemon.start()
    fresh = Mocked(manager.daemon)
    try:
        await fresh.start()
        # Another profile, under the path of the one before.
        await owners(fresh, "cable", b"", connection={"id": Variant("s", "cable"), "type": Variant("s", "bond")})
        assert await port.wifi() == Wifi()
        await fresh.radio()
        assert (await port.wifi()).radio
    finally:
        await fresh.close()


async def test_a_manager_that_ends_while_a_network_is_joined_is_told(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Home", behaviour="silent")
    joining = asyncio.create_task(port.join(b"Home", PASSWORD))
    await until_it_has(manager, "ActiveConnections")
    manager.stop()
    with pytest.raises(LinkError, match="NetworkManager"):
        await joining


async def until_it_has(manager: Mocked, name: str) -> None:
    """Until a property of NetworkManager is something."""
    path = "/org/freedesktop/NetworkManager"
    async with asyncio.timeout(DEADLINE_S):
        for _ in itertools.count():
            if (await manager.ask(path, names.PROPERTIES, "Get", "ss", names.MANAGER, name))[0].value:
                break


async def test_without_a_bus_it_says_what_to_do(tmp_path: Path) -> None:
    port = NetworkManagerPort(f"unix:path={tmp_path / 'nothing'}")
    for call in (port.wifi, port.changed, port.rejoin, port.close_access_point):
        with pytest.raises(LinkError, match="network-manager"):
            await call()
    await port.close()
    with pytest.raises(LinkError):
        await NetworkManagerPort("no address at all").wifi()


async def test_an_access_point_that_cannot_give_addresses_says_what_is_missing(
    manager: Mocked, port: NetworkManagerPort
) -> None:
    await manager.network(await manager.radio(), b"Home")
    await port.join(b"Home", PASSWORD)
    before = await manager.profiles()
    with pytest.raises(LinkError, match="dnsmasq-base"):
        await port.open_access_point("ngair-dns", None)
    assert await manager.profiles() == before


async def test_an_access_point_whose_address_was_dropped_does_not_stay(
    manager: Mocked, port: NetworkManagerPort
) -> None:
    await manager.radio()
    with pytest.raises(LinkError, match=r"192\.168\.4\.1"):
        await port.open_access_point("ngair-drop", None)
    assert await manager.profiles() == {}
    assert await port.wifi() == Wifi(radio=True)


async def test_a_radio_that_was_an_access_point_believes_its_next_scan(
    manager: Mocked, port: NetworkManagerPort
) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    before = await port.networks(scan=True)
    await port.open_access_point("ngair-7Q2D", None)
    assert await port.networks(scan=True) == before
    await port.close_access_point()
    await manager.mock("TakeNetworkAway", "oay", radio, b"Home")
    assert await port.networks(scan=True) == ()


async def test_our_own_access_point_is_not_offered(manager: Mocked, port: NetworkManagerPort) -> None:
    station = await manager.radio("wlan8", capabilities=0xBF)
    await manager.radio("wlan9")
    await port.open_access_point("ngair-7Q2D", None)
    for ssid in (b"ngair-7Q2D", b"Home"):
        await manager.network(station, ssid, keys=0)
    assert [network.ssid for network in await port.networks(scan=True)] == [b"Home"]


async def test_a_radio_that_cannot_be_an_access_point_says_so(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.radio(capabilities=0xBF)
    with pytest.raises(LinkError, match="access point"):
        await port.open_access_point("ngair-7Q2D", None)


async def test_a_radio_that_was_switched_off_is_switched_on(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio(state=20)
    await manager.network(radio, b"Home")
    assert not (await port.wifi()).radio, "it is on, and cannot be used"
    objects = "/org/freedesktop/NetworkManager"
    await manager.mock("Spoil", "ossv", objects, names.MANAGER, "WirelessEnabled", Variant("b", False))
    assert (await port.wifi()).radio
    looking = asyncio.create_task(port.networks(scan=False))
    await until_it_has(manager, "WirelessEnabled")
    await manager.mock("Spoil", "ossv", radio, names.DEVICE, "State", Variant("u", 30))
    assert [network.ssid for network in await looking] == [b"Home"]


async def test_a_radio_whose_switch_is_off_is_none(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.radio(state=20)
    for name in ("WirelessEnabled", "WirelessHardwareEnabled"):
        path = "/org/freedesktop/NetworkManager"
        await manager.mock("Spoil", "ossv", path, names.MANAGER, name, Variant("b", False))
    assert not (await port.wifi()).radio


async def test_a_kept_network_of_the_owners_is_tried_too(manager: Mocked, port: NetworkManagerPort) -> None:
    await manager.network(await manager.radio(), b"Home", keys=0)
    await owners(manager, "from the imager", b"Home")
    assert (await port.wifi()).configured
    await port.rejoin()
    assert (await port.wifi()).ssid == b"Home"


async def test_rejoining_tries_what_is_in_reach_and_gives_up(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    await manager.network(radio, b"Shed")
    await port.join(b"Home", PASSWORD)
    await port.join(b"Shed", PASSWORD)
    await manager.mock("TakeNetworkAway", "oay", radio, b"Shed")
    await manager.end_all()
    await port.rejoin()
    assert (await port.wifi()).ssid == b"Home"
    await manager.mock("TakeNetworkAway", "oay", radio, b"Home")
    await manager.end_all()
    await port.rejoin()
    assert not (await port.wifi()).connected
    assert len(await manager.profiles()) == 2


async def test_what_is_being_tried_already_is_left_to_it(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home", keys=0, behaviour="silent")
    profile = await owners(manager, "Home", b"Home")
    path = "/org/freedesktop/NetworkManager"
    [active] = await manager.ask(path, names.MANAGER, "ActivateConnection", "ooo", profile, radio, "/")
    await until_it_has(manager, "ActiveConnections")
    await port.rejoin()
    still = (await manager.ask(path, names.PROPERTIES, "Get", "ss", names.MANAGER, "ActiveConnections"))[0].value
    assert still == [active]


async def test_rejoining_while_the_only_radio_is_an_access_point_is_refused(
    manager: Mocked, port: NetworkManagerPort
) -> None:
    await manager.radio()
    await port.open_access_point("ngair-7Q2D", None)
    with pytest.raises(LinkError, match="access point"):
        await port.rejoin()


async def test_no_password_is_shown(
    manager: Mocked, port: NetworkManagerPort, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    await manager.network(radio, b"Nobody keeps this", password="the other secret")
    said = [repr(port)]
    for ssid, password in (
        (b"Home", "not the secret"),
        (b"Nobody keeps this", "the other secret"),
        (b"Home", PASSWORD),
    ):
        with contextlib.suppress(JoinError):
            try:
                await port.join(ssid, password)
            except JoinError as error:
                said += [repr(error), str(error), repr(error.__cause__), repr(error.__context__)]
                raise
    await port.open_access_point("ngair-7Q2D", "the way in")
    said += [repr(await port.wifi()), caplog.text]
    for password in ("not the secret", "the other secret", PASSWORD, "the way in"):
        assert not [text for text in said if password in text]


async def test_changes_of_strength_wake_nobody(manager: Mocked, port: NetworkManagerPort) -> None:
    radio = await manager.radio()
    await manager.network(radio, b"Home")
    await port.wifi()
    told = asyncio.create_task(port.changed())
    await port.networks(scan=True)
    await port.networks(scan=True)
    assert not told.done()
    await manager.radio("wlan8")
    await until(told.done)
    await told
