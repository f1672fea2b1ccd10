"""With a real NetworkManager: which profiles it takes, what it tells of cables, and that it may come and go.

It has no radio here, so nothing is joined: what needs one is tried with dbusmock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec
import pytest
from dbus_fast import Variant

from ngair.adapters.network_manager import NetworkManagerPort, names
from ngair.adapters.network_manager.activation import activation
from ngair.adapters.network_manager.bus import Bus, RefusedError, open_bus
from ngair.adapters.network_manager.failures import access_point_error, join_error
from ngair.adapters.network_manager.port import must_have_address
from ngair.adapters.network_manager.profiles import (
    Settings,
    access_point_profile,
    has_address,
    kept,
    network_profile,
    read_profile,
)
from ngair.adapters.network_manager.state import AccessPoint, Device, read_state
from ngair.gateway.ports import LinkError
from ngair.model.network import JoinFailure, Security, Wifi
from ngair.sim.radio import AIR
from tests.adapters.network_manager.real import Machine, machine
from tests.waiting import DEADLINE_S, until

IN_MEMORY = 0x2
PASSWORD = "correct horse battery"


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = machine(tmp_path_factory.mktemp("nm"))
    yield made
    made.end()


@pytest.fixture(name="bus")
async def _bus(box: Machine) -> AsyncIterator[Bus]:
    bus = await open_bus(box.address, DEADLINE_S, lambda: None)
    yield bus
    try:
        for path in await profiles(bus):
            await bus.call(path, names.PROFILE, "Delete")
    finally:
        await bus.close()


@pytest.fixture(name="port")
async def _port(box: Machine) -> AsyncIterator[NetworkManagerPort]:
    port = NetworkManagerPort(box.address)
    yield port
    await port.close()


async def profiles(bus: Bus) -> list[str]:
    """The paths of all that it has but its own of the loopback."""
    found = []
    for path in read_state(await bus.objects()).profiles:
        # One that is on its way out is gone when it is asked.
        with contextlib.suppress(RefusedError):
            if (await taken(bus, path))["connection"]["type"].value != "loopback":
                found.append(path)
    return found


async def add(bus: Bus, profile: Settings) -> str:
    """Give NetworkManager a profile."""
    reply = await bus.call(
        names.SETTINGS_PATH, names.SETTINGS, "AddConnection2", "a{sa{sv}}ua{sv}", profile, IN_MEMORY, {}
    )
    return str(reply[0])


async def taken(bus: Bus, path: str) -> dict[str, dict[str, Variant]]:
    """What it made of it."""
    reply = await bus.call(path, names.PROFILE, "GetSettings")
    assert isinstance(reply[0], dict)
    return reply[0]


@pytest.mark.parametrize("password", [None, PASSWORD, "a1" * 32])
async def test_it_takes_our_access_point(password: str | None, bus: Bus) -> None:
    path = await add(bus, access_point_profile("ngair-7Q2D", password))
    settings = await taken(bus, path)
    assert has_address(settings)
    assert settings["ipv4"]["method"].value == "shared"
    assert settings["ipv6"]["method"].value == "disabled"
    assert settings["802-11-wireless"]["mode"].value == "ap"
    assert settings["connection"]["autoconnect"].value is False
    profile = read_profile(path, settings)
    assert (profile.role, profile.ssid, profile.is_wifi) == ("access point", b"ngair-7Q2D", False)
    await must_have_address(bus, path)


SPOILT: dict[str, tuple[Callable[[Settings], object], str]] = {
    "a short password": (lambda p: p["802-11-wireless-security"].update(psk=Variant("s", "secret7")), "psk"),
    "a mode that is none": (lambda p: p["802-11-wireless"].update(mode=Variant("s", "acces-point")), "mode"),
    "a band that is none": (lambda p: p["802-11-wireless"].update(band=Variant("s", "7")), "band"),
    "a long name": (lambda p: p["802-11-wireless"].update(ssid=Variant("ay", b"x" * 33)), "ssid"),
    "no name": (lambda p: p["802-11-wireless"].pop("ssid"), "ssid"),
    "a type that is none": (lambda p: p["connection"].update(type=Variant("s", "802-11-wire")), "type"),
    "a way to addresses that is none": (lambda p: p["ipv4"].update(method=Variant("s", "share")), "method"),
    "a value of another kind": (lambda p: p["802-11-wireless"].update(ssid=Variant("u", 7)), "ssid"),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_it_refuses_an_access_point_that_cannot_be_and_we_tell_what_it_says(name: str, bus: Bus) -> None:
    spoil, named = SPOILT[name]
    profile = access_point_profile("ngair-7Q2D", PASSWORD)
    spoil(profile)
    with pytest.raises(RefusedError, match="NetworkManager refuses") as told:
        await add(bus, profile)
    assert named in str(told.value)
    assert PASSWORD not in str(told.value)
    assert "secret7" not in str(told.value)
    assert await profiles(bus) == []


@pytest.mark.parametrize(("address", "prefix"), [("192.168.4.256", 24), ("192.168.4.1", 99), ("10.42.0.1", 24)])
async def test_an_address_that_it_drops_without_a_word_is_missed(address: str, prefix: int, bus: Bus) -> None:
    profile = access_point_profile("ngair-7Q2D", None)
    wrong = [{"address": Variant("s", address), "prefix": Variant("u", prefix)}]
    profile["ipv4"]["address-data"] = Variant("aa{sv}", wrong)
    path = await add(bus, profile)
    with pytest.raises(LinkError, match=r"192\.168\.4\.1"):
        await must_have_address(bus, path)


def around(ssid: bytes, security: Security, *, owe: bool = False) -> AccessPoint:
    """A network that is heard."""
    return AccessPoint(path="/", ssid=ssid, strength=50, security=security, owe=owe)


@pytest.mark.parametrize("ssid", sorted({air.ssid for air in AIR}), ids=repr)
async def test_it_takes_networks_of_all_names(ssid: bytes, bus: Bus) -> None:
    for security, password, point in (
        ("open", None, around(ssid, "open")),
        ("open", None, around(ssid, "open", owe=True)),
        ("psk", PASSWORD, around(ssid, "psk")),
        ("sae", PASSWORD, around(ssid, "sae")),
        ("psk", PASSWORD, None),
        ("open", None, None),
    ):
        path = await add(bus, network_profile(ssid, security, password, point))  # type: ignore[arg-type]  # mypy widens the literals of a loop
        profile = read_profile(path, await taken(bus, path))
        assert (profile.ssid, profile.role, profile.hidden) == (ssid, "trial", point is None)
        assert not profile.is_a_network


async def test_a_network_is_kept_over_a_restart_and_a_trial_is_not(box: Machine, bus: Bus) -> None:
    trial = network_profile(b"caf\xe9", "psk", PASSWORD, None)
    path = await add(bus, trial)
    await bus.call(path, names.PROFILE, "Update2", "a{sa{sv}}ua{sv}", kept(trial), names.TO_DISK, {})
    [file] = box.run("sh", "-c", "ls${IFS}-l${IFS}/etc/NetworkManager/system-connections").splitlines()[1:]
    assert file.startswith("-rw-------")
    settings = await taken(bus, path)
    assert "autoconnect" not in settings["connection"], "not told, for it is what holds anyway: yes"
    assert settings["connection"]["autoconnect-retries"].value == 0
    assert "psk" not in settings["802-11-wireless-security"]
    box.stop()
    box.start()
    [found] = await profiles(bus)
    profile = read_profile(found, await taken(bus, found))
    assert (profile.ssid, profile.role, profile.is_a_network) == (b"caf\xe9", "network", True)
    secrets = await bus.call(found, names.PROFILE, "GetSecrets", "s", "802-11-wireless-security")
    assert secrets[0]["802-11-wireless-security"]["psk"].value == PASSWORD


def cable(address: str) -> Settings:
    """A wired connection."""
    data = Variant("aa{sv}", [{"address": Variant("s", address), "prefix": Variant("u", 24)}])
    return {
        "connection": {"id": Variant("s", "cable"), "type": Variant("s", "802-3-ethernet")},
        "ipv4": {"method": Variant("s", "manual"), "address-data": data},
        "ipv6": {"method": Variant("s", "disabled")},
    }


async def devices(bus: Bus) -> set[tuple[str, int]]:
    """Those that NetworkManager knows, and their states."""
    return {(device.interface, device.state) for device in read_state(await bus.objects()).devices}


async def eth0(bus: Bus) -> Device:
    """The cable's end."""
    return next(device for device in read_state(await bus.objects()).devices if device.interface == "eth0")


async def test_a_trial_is_seen_to_come_up_and_leaves_nothing(bus: Bus) -> None:
    with activation(bus, await eth0(bus)) as trial:
        await trial.begin_new(cable("192.0.2.9"), {})
        assert await trial.has_come_up(DEADLINE_S)
        assert (await eth0(bus)).is_up
        await trial.undo(None)
    assert await profiles(bus) == []
    assert not (await eth0(bus)).is_up


async def test_a_trial_that_is_kept_stays_when_it_ends(bus: Bus) -> None:
    profile = cable("192.0.2.12")
    with activation(bus, await eth0(bus)) as trial:
        await trial.begin_new(profile, {})
        assert await trial.has_come_up(DEADLINE_S)
        profile["connection"]["uuid"] = (await taken(bus, trial.profile))["connection"]["uuid"]
        kept_now = kept(profile)
        await bus.call(trial.profile, names.PROFILE, "Update2", "a{sa{sv}}ua{sv}", kept_now, names.TO_DISK, {})
        await bus.call(names.MANAGER_PATH, names.MANAGER, "DeactivateConnection", "o", trial.progress.active)
        assert not await trial.has_stayed_up(DEADLINE_S)
    assert await profiles(bus) == [trial.profile]


NO_ANSWER = Variant("i", 1)
FAILING: dict[str, tuple[Settings, JoinFailure]] = {
    "without DHCP": (
        {
            "connection": {"id": Variant("s", "cable"), "type": Variant("s", "802-3-ethernet")},
            "ipv4": {"method": Variant("s", "auto"), "dhcp-timeout": NO_ANSWER, "may-fail": Variant("b", False)},
            "ipv6": {"method": Variant("s", "disabled")},
        },
        "no address",
    ),
    "without a password": (
        {
            "connection": {"id": Variant("s", "cable"), "type": Variant("s", "802-3-ethernet")},
            "802-1x": {"eap": Variant("as", ["md5"]), "identity": Variant("s", "box")},
            "ipv4": {"method": Variant("s", "auto")},
            "ipv6": {"method": Variant("s", "disabled")},
        },
        "wrong password",
    ),
}


@pytest.mark.parametrize("name", FAILING)
async def test_a_trial_that_fails_says_why_and_leaves_nothing(name: str, bus: Bus) -> None:
    profile, failure = FAILING[name]
    with activation(bus, await eth0(bus)) as trial:
        await trial.begin_new(profile, {})
        assert not await trial.has_come_up(DEADLINE_S)
        await trial.undo(None)
    assert join_error(trial.progress, b"Home", secured=True).failure == failure
    assert await profiles(bus) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="left out, for dnsmasq needs more rights than a namespace's root has")
async def test_our_access_points_address_is_given_and_addresses_are_given_out(box: Machine, bus: Bus) -> None:
    # NetworkManager shares on a cable as it does on a radio.
    with activation(bus, await eth0(bus)) as shared:
        await shared.begin_new(access_point_profile("ngair-7Q2D", None), {})
        assert await shared.has_come_up(DEADLINE_S)
        assert (await eth0(bus)).addresses == ("192.168.4.1",)
        assert "192.168.4.1/24" in box.run("ip", "-4", "address", "show", "dev", "eth0")
        assert "--dhcp-range=192.168.4.10,192.168.4.254" in box.run("ps", "-ww", "-e", "-o", "args")
        assert await shared.has_stayed_up(0.2)
        await shared.undo(None)


async def test_an_access_point_without_its_ports_is_seen_to_fail(box: Machine, bus: Bus) -> None:
    # That of an access point before this one ends a moment after its device.
    await until(lambda: ":53 " not in box.run("ss", "-Hltn"))
    # As where the owner runs a DNS server that listens everywhere.
    assert box.run("dnsmasq", "--conf-file=/dev/null", "--port=53", "--pid-file=/run/other.pid", "--no-resolv") == ""
    try:
        with activation(bus, await eth0(bus)) as shared:
            await shared.begin_new(access_point_profile("ngair-7Q2D", None), {})
            assert not (await shared.has_come_up(DEADLINE_S) and await shared.has_stayed_up(DEADLINE_S))
            await shared.undo(None)
        assert "port 53" in str(access_point_error(shared.progress))
    finally:
        box.run("sh", "-c", "kill${IFS}$(cat${IFS}/run/other.pid)")
    assert await profiles(bus) == []


async def test_what_lives_as_long_as_our_connection_ends_with_it(box: Machine, bus: Bus) -> None:
    ours = await open_bus(box.address, DEADLINE_S, lambda: None)
    with activation(ours, await eth0(ours)) as bound:
        await bound.begin_new(cable("192.0.2.10"), {"bind-activation": Variant("s", "dbus-client")})
        assert await bound.has_come_up(DEADLINE_S)
    with bus.watch() as watch:
        await ours.close()
        while await profiles(bus):
            await watch.more(DEADLINE_S)


def seen(box: Machine) -> Wifi:
    """What the port says on that machine."""
    return msgspec.json.decode(box.look(), type=Wifi)


async def test_a_cable_counts_once_it_has_an_address(box: Machine, bus: Bus) -> None:
    assert seen(box) == Wifi()
    with activation(bus, await eth0(bus)) as trial:
        await trial.begin_new(cable("192.0.2.11"), {})
        assert await trial.has_come_up(DEADLINE_S)
    assert seen(box) == Wifi(configured=True, connected=True, addresses=("192.0.2.11",))


async def test_a_cable_that_others_look_after_counts_too_and_bridges_inside_do_not(box: Machine, bus: Bus) -> None:
    for command in (
        "ip link add out0 type veth peer name out1",
        "ip link set out1 up",
        "ip link set out0 up",
        "ip address add 192.0.2.33/24 dev out0",
        "ip link add docker0 type bridge",
        "ip link set docker0 up",
        "ip address add 172.17.0.1/16 dev docker0",
    ):
        assert box.run(*command.split()) == ""
    try:
        # The system tells NetworkManager, and that may come after whoever asks.
        told = {("out0", names.UNMANAGED), ("docker0", names.ACTIVATED)}
        async with asyncio.timeout(DEADLINE_S):
            with bus.watch() as watch:
                while not told <= await devices(bus):
                    await watch.more(DEADLINE_S)
        assert seen(box) == Wifi(configured=True, connected=True, addresses=("192.0.2.33",))
    finally:
        box.run("ip", "link", "del", "out0")
        box.run("ip", "link", "del", "docker0")
    assert seen(box) == Wifi()


async def test_without_a_radio_it_says_so(port: NetworkManagerPort) -> None:
    assert not (await port.wifi()).radio
    assert await port.networks(scan=True) == ()
    for call in (port.join(b"Home", PASSWORD), port.open_access_point("ngair-7Q2D", None)):
        with pytest.raises(LinkError, match="radio"):
            await call
    await port.rejoin()
    await port.close_access_point()


async def test_it_may_stop_and_come_back(box: Machine, port: NetworkManagerPort) -> None:
    assert await port.wifi() == Wifi()
    told = asyncio.create_task(port.changed())
    await asyncio.sleep(0)
    box.stop()
    await asyncio.wait_for(told, DEADLINE_S)
    with pytest.raises(LinkError, match="not running"):
        await port.wifi()
    told = asyncio.create_task(port.changed())
    await asyncio.sleep(0)
    box.start()
    await asyncio.wait_for(told, DEADLINE_S)
    assert await port.wifi() == Wifi()
