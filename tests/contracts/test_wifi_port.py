"""What the gateway may expect of every radio (`gateway.ports.WifiPort`), tried on each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ngair.gateway.ports import JoinError, LinkError, WifiPort
from ngair.model.network import JoinFailure, Wifi
from ngair.sim.radio import (
    AIR,
    DUMB,
    GARDEN,
    HIDDEN,
    HOME,
    NEW,
    OFFICE,
    PASSWORD,
    VANISHING,
)
from tests.contracts.radios import RADIOS, Radio
from tests.waiting import DEADLINE_S

MakeRadio = Callable[..., Awaitable[Radio]]
JOINABLE = sorted({air.ssid for air in AIR if air.security in ("psk", "sae") and air.failure is None})
FAILURES: dict[str, tuple[bytes, str | None, JoinFailure]] = {
    "a wrong password": (HOME, "wrong battery staple", "wrong password"),
    "no password": (HOME, None, "wrong password"),
    "a password that none can be": (HOME, "7 chars", "wrong password"),
    "a password with an emoji": (HOME, "correct 🐎 battery", "wrong password"),
    "a wrong password of WPA3": (NEW, "wrong battery staple", "wrong password"),
    "a network that is gone": (VANISHING, PASSWORD, "not found"),
    "a network that never was": (b"Atlantis", PASSWORD, "not found"),
    "a network without DHCP": (DUMB, PASSWORD, "no address"),
    "a network with users": (OFFICE, PASSWORD, "not supported"),
    "a network of 1999": (b"Old printer", PASSWORD, "not supported"),
    "a password where there is none": (GARDEN, PASSWORD, "failed"),
}


@pytest.fixture(name="make", params=RADIOS)
async def _make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeRadio]:
    async with AsyncExitStack() as stack:

        async def make(radios: int = 1) -> Radio:
            return await stack.enter_async_context(RADIOS[request.param](tmp_path, radios))

        yield make


async def test_networks_are_told_by_their_bytes_each_once_the_strongest_first(make: MakeRadio) -> None:
    found = await (await make()).port.networks(scan=True)
    strongest = {air.ssid: air for air in sorted(AIR, key=lambda air: air.strength) if not air.hidden}
    expected = sorted(strongest.values(), key=lambda air: -air.strength)
    assert [(n.ssid, n.strength, n.security) for n in found] == [(n.ssid, n.strength, n.security) for n in expected]


async def test_before_anything_is_joined_nothing_is_configured(make: MakeRadio) -> None:
    assert await (await make()).port.wifi() == Wifi(radio=True)


async def test_every_name_is_joined_by_its_bytes(make: MakeRadio) -> None:
    port = (await make()).port
    for ssid in JOINABLE:
        joined = await port.join(ssid, PASSWORD)
        assert (joined.radio, joined.configured, joined.connected, joined.ssid) == (True, True, True, ssid)
        assert joined.addresses, ssid
        assert joined.rssi_dbm is not None, ssid
        assert -100 < joined.rssi_dbm < -50, ssid
        assert (await port.wifi()).ssid == ssid


async def test_an_open_network_is_joined_without_a_password(make: MakeRadio) -> None:
    assert (await (await make()).port.join(GARDEN, None)).connected


async def test_a_network_that_nobody_hears_is_joined_by_its_name(make: MakeRadio) -> None:
    port = (await make()).port
    assert HIDDEN not in [network.ssid for network in await port.networks(scan=False)]
    assert (await port.join(HIDDEN, PASSWORD)).ssid == HIDDEN


async def test_a_join_that_fails_says_why_and_keeps_nothing(make: MakeRadio) -> None:
    port = (await make()).port
    for case, (ssid, password, failure) in FAILURES.items():
        with pytest.raises(JoinError) as told:
            await port.join(ssid, password)
        assert told.value.failure == failure, case
        assert str(told.value), case
        if password is not None:
            assert password not in f"{told.value!s}{told.value!r}", case
        after = await port.wifi()
        assert (after.radio, after.configured, after.connected) == (True, False, False), case


async def test_a_join_that_fails_leaves_the_network_that_worked(make: MakeRadio) -> None:
    port = (await make()).port
    await port.join(HOME, PASSWORD)
    with pytest.raises(JoinError):
        await port.join(b"caf\xe9", "wrong battery staple")
    assert (await connected(port)).ssid == HOME


async def test_a_wrong_new_password_of_the_same_network_leaves_the_right_one(make: MakeRadio) -> None:
    radio = await make()
    await radio.port.join(HOME, PASSWORD)
    with pytest.raises(JoinError):
        await radio.port.join(HOME, "wrong battery staple")
    assert (await connected(radio.port)).ssid == HOME
    async with radio.lose():
        pass
    await radio.port.rejoin()
    assert (await connected(radio.port)).ssid == HOME


async def test_a_join_that_is_called_off_leaves_nothing(make: MakeRadio) -> None:
    port = (await make()).port
    for after_s in (0.0, 0.004, 0.008, 0.012, 0.016, 0.02):
        joining = asyncio.create_task(port.join(DUMB, PASSWORD))
        await asyncio.sleep(after_s)
        joining.cancel()
        await asyncio.wait({joining})
        assert joining.cancelled() or isinstance(joining.exception(), JoinError)
        assert not (await port.wifi()).configured
    assert (await port.join(HOME, PASSWORD)).connected


async def test_of_two_joins_at_once_the_second_waits_for_the_first(make: MakeRadio) -> None:
    port = (await make()).port
    first, second = await asyncio.gather(port.join(HOME, PASSWORD), port.join(b"caf\xe9", PASSWORD))
    assert (first.ssid, second.ssid) == (HOME, b"caf\xe9")


async def test_a_lost_network_is_joined_again_the_newest_first(make: MakeRadio) -> None:
    radio = await make()
    await radio.port.join(b"caf\xe9", PASSWORD)
    await radio.port.join(HOME, PASSWORD)
    async with radio.lose():
        lost = await radio.port.wifi()
        assert (lost.configured, lost.connected, lost.ssid, lost.addresses) == (True, False, b"", ())
    await radio.port.rejoin()
    assert (await radio.port.wifi()).connected


async def test_without_anything_kept_there_is_nothing_to_rejoin(make: MakeRadio) -> None:
    port = (await make()).port
    await port.rejoin()
    assert not (await port.wifi()).connected


async def test_the_access_point_is_no_network_of_the_house(make: MakeRadio) -> None:
    port = (await make()).port
    assert await port.open_access_point("ngair-7Q2D", None) == "192.168.4.1"
    assert await port.wifi() == Wifi(radio=True, is_access_point=True)
    assert b"ngair-7Q2D" not in [network.ssid for network in await port.networks(scan=False)]
    await port.close_access_point()
    await port.close_access_point()
    assert await port.wifi() == Wifi(radio=True)


async def test_networks_are_told_while_the_access_point_is_open(make: MakeRadio) -> None:
    port = (await make()).port
    before = await port.networks(scan=True)
    await port.open_access_point("ngair-7Q2D", "a good password")
    assert await port.networks(scan=True) == before


async def test_one_radio_gives_its_access_point_up_for_a_network_and_back(make: MakeRadio) -> None:
    port = (await make()).port
    assert not port.can_do_both
    await port.networks(scan=True)
    await port.open_access_point("ngair-7Q2D", None)
    assert (await port.join(HOME, PASSWORD)).connected
    await port.open_access_point("ngair-7Q2D", None)
    assert not (await port.wifi()).connected
    await port.close_access_point()
    await port.rejoin()
    assert (await connected(port)).ssid == HOME


async def test_two_radios_do_both(make: MakeRadio) -> None:
    port = (await make(2)).port
    assert port.can_do_both
    await port.open_access_point("ngair-7Q2D", None)
    with pytest.raises(JoinError):
        await port.join(HOME, "wrong battery staple")
    joined = await port.join(HOME, PASSWORD)
    assert joined.is_access_point
    assert "192.168.4.1" not in joined.addresses
    assert b"ngair-7Q2D" not in [network.ssid for network in await port.networks(scan=True)]
    await port.close_access_point()
    after = await port.wifi()
    assert (after.ssid, after.is_access_point) == (HOME, False)


@pytest.mark.parametrize(("name", "password"), [("", None), ("x" * 33, None), ("ngair-7Q2D", "7 chars")])
async def test_an_access_point_that_cannot_be_is_refused(name: str, password: str | None, make: MakeRadio) -> None:
    port = (await make()).port
    with pytest.raises(LinkError):
        await port.open_access_point(name, password)
    assert await port.wifi() == Wifi(radio=True)


async def test_changes_are_told(make: MakeRadio) -> None:
    radio = await make()
    told = asyncio.create_task(radio.port.changed())
    await asyncio.sleep(0)
    await radio.port.join(HOME, PASSWORD)
    await asyncio.wait_for(told, DEADLINE_S)
    again = asyncio.create_task(lost(radio.port))
    await asyncio.sleep(0)
    async with radio.lose():
        await asyncio.wait_for(again, DEADLINE_S)


async def test_closing_twice_is_no_fault(make: MakeRadio) -> None:
    port = (await make()).port
    await port.open_access_point("ngair-7Q2D", None)
    await port.close()
    await port.close()


async def connected(port: WifiPort) -> Wifi:
    """How things are once a network is up."""
    async with asyncio.timeout(DEADLINE_S):
        while not (await port.wifi()).connected:
            await port.changed()
    return await port.wifi()


async def lost(port: WifiPort) -> None:
    """Until the network is."""
    while (await port.wifi()).connected:
        await port.changed()
