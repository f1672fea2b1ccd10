"""The box on the local network by name: real sockets, on loopback and between hosts of a network made for the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ngair.adapters.mdns import MdnsAnnouncer
from tests.adapters import mdns_peer as peer
from tests.adapters.netns import Host, Lan, Script
from tests.adapters.netns import _lan_possible as _lan_possible

HERE = Path(__file__).parent
FIRST, SECOND, THIRD = "ctek-ng-air", "ctek-ng-air-2", "ctek-ng-air-3"
SERIAL_A, SERIAL_B = "AAAA000000000001", "BBBB000000000002"
FIRMWARE = "ngair.0.1.0-0-g0000000"

Line = dict[str, Any]
Test = Callable[[Line], object]


async def box(host: Host, serial: str, port: int = 8080, *interface: str) -> Script:
    return await host.start(str(HERE / "mdns_box.py"), serial, str(port), *interface)


async def laptop(lan: Lan, address: str = "192.0.2.99/24") -> Script:
    """A device that hears everything on the network."""
    started = await lan.host(address).start(str(HERE / "mdns_peer.py"), "lan0")
    await started.seen(lambda line: "ready" in line)
    return started


def named(label: str) -> Test:
    return lambda line: line.get("name") == f"{label}.local"


def logged(*words: str) -> Test:
    return lambda line: all(word in line.get("log", "") for word in words)


def says(name: str, type_: int, value: object, *, ttl: Callable[[int], bool] = bool) -> Test:
    """Whether a response has this record."""
    return lambda line: (
        line.get("response")
        and any(
            record["name"] == name and record["type"] == type_ and record["value"] == value and ttl(record["ttl"])
            for record in line["records"]
        )
    )


def addresses(line: Line, name: str) -> set[str]:
    return {r["value"] for r in line["records"] if r["name"] == name and r["type"] in {peer.A, peer.AAAA}}


async def ask(asker: Script, name: str, type_: int, expected: object) -> Line:
    """Ask until the answer is the expected one."""
    since = len(asker.lines)
    for _ in range(20):
        await asker.tell(ask=name, type=type_)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                return await asker.seen(says(name, type_, expected), since=since)
    pytest.fail(f"{name} never answered {expected}:\n" + "\n".join(map(str, asker.lines[since:])))


# --- on loopback, which needs no rights ------------------------------------------------------------------------------


async def test_a_plain_resolver_finds_host_and_service_on_loopback() -> None:
    names: asyncio.Queue[str | None] = asyncio.Queue()
    announcer = MdnsAnnouncer(
        port=8081,
        serial=SERIAL_A,
        firmware=FIRMWARE,
        profile="1.0",
        on_name=names.put_nowait,
        interfaces=["lo"],
    )
    running = asyncio.create_task(announcer.run())
    try:
        host = await asyncio.wait_for(names.get(), 30)
        # Somebody else's box may be on this machine's loopback too.
        assert host is not None
        assert host.startswith(FIRST)
        label = host.removesuffix(".local")
        answer = await asyncio.to_thread(peer.resolve, "lo", host, peer.A)
        assert says(host, peer.A, "127.0.0.1")(answer)
        service = f"{label}._http._tcp.local"
        answer = await asyncio.to_thread(peer.resolve, "lo", service, peer.SRV)
        assert says(service, peer.SRV, [host, 8081])(answer)
        answer = await asyncio.to_thread(peer.resolve, "lo", service, peer.TXT)
        assert says(service, peer.TXT, {"serial": SERIAL_A, "firmware": FIRMWARE, "profile": "1.0"})(answer)
        answer = await asyncio.to_thread(peer.resolve, "lo", "_http._tcp.local", peer.PTR)
        assert says("_http._tcp.local", peer.PTR, service)(answer)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert names.get_nowait() is None
    assert names.empty()


# --- between hosts ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("lan_possible")
async def test_two_boxes_have_two_names_and_the_second_says_so() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        first = await box(lan.host("192.0.2.1/24"), SERIAL_B, 80)
        await first.seen(named(FIRST))
        # The smaller serial, but the later one: who is there stays.
        second = await box(lan.host("192.0.2.2/24"), SERIAL_A, 8080)
        await second.seen(named(SECOND))
        assert any(logged(f"{FIRST}.local is taken", SERIAL_B, f"{SECOND}.local")(line) for line in second.lines)

        for label, address, port, serial in ((FIRST, "192.0.2.1", 80, SERIAL_B), (SECOND, "192.0.2.2", 8080, SERIAL_A)):
            answer = await ask(asker, f"{label}.local", peer.A, address)
            assert addresses(answer, f"{label}.local") == {address}
            service = f"{label}._http._tcp.local"
            await ask(asker, service, peer.SRV, [f"{label}.local", port])
            await ask(asker, service, peer.TXT, {"serial": serial, "firmware": FIRMWARE, "profile": "1.3"})
            await ask(asker, "_http._tcp.local", peer.PTR, service)
        assert [line["name"] for line in first.lines if "name" in line] == [f"{FIRST}.local"]
        assert not any(named(FIRST)(line) for line in second.lines)
        # Nothing to complain of, for the library either.
        assert all(
            line["logger"] == "ngair.adapters.mdns" for b in (first, second) for line in b.lines if "log" in line
        )


@pytest.mark.usefixtures("lan_possible")
async def test_boxes_that_start_together_never_end_with_one_name() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        hosts = [lan.host(f"192.0.2.{number}/24") for number in (1, 2, 3)]
        boxes = await asyncio.gather(*(box(host, f"{number}" * 16) for number, host in enumerate(hosts, 1)))
        names = set()
        for number, started in enumerate(boxes, 1):
            await started.seen(lambda line: line.get("name"))
            # Long enough for a second opinion, if they had all taken the same name.
            await asyncio.sleep(1)
            name = [line["name"] for line in started.lines if "name" in line][-1]
            answer = await ask(asker, name, peer.A, f"192.0.2.{number}")
            assert addresses(answer, name) == {f"192.0.2.{number}"}
            names.add(name)
        assert names == {f"{label}.local" for label in (FIRST, SECOND, THIRD)}


@pytest.mark.usefixtures("lan_possible")
async def test_when_two_networks_are_joined_the_larger_serial_gives_way() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        hosts = [lan.host("192.0.2.1/24"), lan.host("192.0.2.2/24")]
        for host in hosts:
            host.isolate(on=True)
        larger, smaller = await box(hosts[0], SERIAL_B), await box(hosts[1], SERIAL_A)
        await larger.seen(named(FIRST))
        await smaller.seen(named(FIRST))
        hosts[0].isolate(on=False)
        # Somebody asks, both answer, and so they learn of one another.
        await asker.tell(ask=f"{FIRST}.local", type=peer.A)
        await larger.seen(named(SECOND))
        assert [line["name"] for line in larger.lines if "name" in line] == [f"{FIRST}.local", None, f"{SECOND}.local"]
        assert any(logged(FIRST, "taken", SERIAL_A)(line) for line in larger.lines)
        answer = await ask(asker, f"{FIRST}.local", peer.A, "192.0.2.2")
        assert addresses(answer, f"{FIRST}.local") == {"192.0.2.2"}
        await ask(asker, f"{SECOND}.local", peer.A, "192.0.2.1")
        assert [line["name"] for line in smaller.lines if "name" in line] == [f"{FIRST}.local"]


@pytest.mark.usefixtures("lan_possible")
async def test_a_stranger_that_has_the_name_keeps_it() -> None:
    async with Lan() as lan:
        stranger = await laptop(lan)
        await stranger.tell(own=f"{FIRST}.local", address="192.0.2.99")
        started = await box(lan.host("192.0.2.1/24"), SERIAL_A)
        await started.seen(named(SECOND))
        await ask(stranger, f"{SECOND}.local", peer.A, "192.0.2.1")


@pytest.mark.usefixtures("lan_possible")
async def test_the_name_is_defended_when_a_stranger_probes_for_it() -> None:
    async with Lan() as lan:
        stranger = await laptop(lan)
        started = await box(lan.host("192.0.2.1/24"), SERIAL_A)
        await started.seen(named(FIRST))
        await stranger.seen(says(f"{FIRST}.local", peer.A, "192.0.2.1"))
        await asyncio.sleep(2)  # beyond the announcements, so that what comes now is the answer
        since = len(stranger.lines)
        await stranger.tell(probe=f"{FIRST}.local", address="192.0.2.99")
        await stranger.seen(says(f"{FIRST}.local", peer.A, "192.0.2.1"), since=since)
        assert [line["name"] for line in started.lines if "name" in line] == [f"{FIRST}.local"]


@pytest.mark.usefixtures("lan_possible")
async def test_addresses_follow_the_interface() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        host = lan.host()
        started = await box(host, SERIAL_A)
        await started.seen(logged("no network"))
        name = f"{FIRST}.local"

        host.add_address("192.0.2.1/24")
        await started.seen(named(FIRST))
        await ask(asker, name, peer.A, "192.0.2.1")

        since = len(asker.lines)
        host.add_address("198.51.100.7/24")
        host.add_address("2001:db8::7/64")
        announced = await asker.seen(says(name, peer.AAAA, "2001:db8::7"), since=since)
        assert addresses(announced, name) == {"192.0.2.1", "198.51.100.7", "2001:db8::7"}

        since = len(asker.lines)
        host.remove_address("192.0.2.1/24")
        left = {"198.51.100.7", "2001:db8::7"}
        await asker.seen(lambda line: line.get("response") and addresses(line, name) == left, since=since)

        # An echo of what it said before is not another box.
        await asker.tell(own=name, address="192.0.2.1")
        await asyncio.sleep(2)
        await ask(asker, name, peer.AAAA, "2001:db8::7")
        # All that time it was one name, and never taken back.
        assert [line["name"] for line in started.lines if "name" in line] == [name], started.lines


@pytest.mark.usefixtures("lan_possible")
async def test_the_address_in_the_boxes_own_access_point_is_told_only_while_it_has_no_other() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        host = lan.host()
        host.connect("point0", "192.168.4.1/24")
        started = await box(host, SERIAL_A)
        name = f"{FIRST}.local"
        await started.seen(named(FIRST))
        assert addresses(await ask(asker, name, peer.A, "192.168.4.1"), name) == {"192.168.4.1"}

        since = len(asker.lines)
        host.add_address("192.0.2.1/24")
        announced = await asker.seen(says(name, peer.A, "192.0.2.1"), since=since)
        assert addresses(announced, name) == {"192.0.2.1"}

        since = len(asker.lines)
        host.remove_address("192.0.2.1/24")
        await asker.seen(says(name, peer.A, "192.168.4.1"), since=since)
        assert [line["name"] for line in started.lines if "name" in line] == [name], started.lines


@pytest.mark.usefixtures("lan_possible")
async def test_a_cable_that_is_pulled_and_plugged_brings_the_name_back() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        host = lan.host("192.0.2.1/24")
        started = await box(host, SERIAL_A)
        await started.seen(named(FIRST))
        host.plug(on=False)
        await started.seen(lambda line: line.get("name", "") is None)
        since = len(asker.lines)
        host.plug(on=True)
        await asker.seen(says(f"{FIRST}.local", peer.A, "192.0.2.1"), since=since)


@pytest.mark.usefixtures("lan_possible")
async def test_a_box_with_two_interfaces_on_one_network_does_not_take_itself_for_another() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        host = lan.host("192.0.2.1/24")
        host.connect("lan1", "192.0.2.2/24")
        started = await box(host, SERIAL_A)
        await started.seen(named(FIRST))
        answer = await ask(asker, f"{FIRST}.local", peer.A, "192.0.2.2")
        assert addresses(answer, f"{FIRST}.local") >= {"192.0.2.1", "192.0.2.2"}
        since = len(asker.lines)
        await ask(asker, f"{FIRST}._http._tcp.local", peer.SRV, [f"{FIRST}.local", 8080])
        assert not any(logged("taken")(line) or logged("claims")(line) for line in started.lines)
        assert not any(q["type"] == peer.ANY for line in asker.lines[since:] for q in line.get("questions", ()))


@pytest.mark.usefixtures("lan_possible")
async def test_two_boxes_without_ipv4_have_two_names() -> None:
    async with Lan() as lan:
        first = await box(lan.host("2001:db8::1/64"), SERIAL_A)
        await first.seen(named(FIRST))
        second = await box(lan.host("2001:db8::2/64"), SERIAL_B)
        await second.seen(named(SECOND))


@pytest.mark.usefixtures("lan_possible")
async def test_goodbye_on_stop() -> None:
    async with Lan() as lan:
        asker = await laptop(lan)
        started = await box(lan.host("192.0.2.1/24"), SERIAL_A)
        await started.seen(named(FIRST))
        since = len(asker.lines)
        assert await started.stop() == 0
        service = f"{FIRST}._http._tcp.local"
        for name, type_, value in (
            (f"{FIRST}.local", peer.A, "192.0.2.1"),
            ("_http._tcp.local", peer.PTR, service),
            (service, peer.SRV, [f"{FIRST}.local", 8080]),
        ):
            await asker.seen(says(name, type_, value, ttl=lambda ttl: ttl == 0), since=since)
        assert started.lines[-1] == {"name": None}


@pytest.mark.usefixtures("lan_possible")
async def test_a_port_that_is_not_shared_is_told_and_tried_again() -> None:
    async with Lan() as lan:
        host = lan.host("192.0.2.1/24")
        holder = await host.start(str(HERE / "mdns_peer.py"), "hold")
        await holder.seen(lambda line: "ready" in line)
        started = await box(host, SERIAL_A)
        await started.seen(logged("5353", "without sharing", "avahi"))
        await asyncio.sleep(1.5)  # several more attempts
        assert sum(1 for line in started.lines if "log" in line) == 1, "one line, however often it is tried"
        await holder.kill()
        await started.seen(named(FIRST))
