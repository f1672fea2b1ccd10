"""What the gateway may expect of every charger link (`gateway.ports.ChargerPort`), tried on four wires.

A new link is one more class in `LINKS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ngair.adapters.mqtt import MqttChargerPort
from ngair.gateway.ports import ChargerPort
from ngair.model.charging import OutletState
from ngair.model.events import ChargerLost, ChargerSeen
from tests.contracts.broker import Broker
from tests.contracts.broker_charger import BrokerCharger
from tests.contracts.steered import FastClock, House, in_fast_time
from tests.contracts.tcp_wires import TCP_WIRES, TcpWire
from tests.waiting import until

SEEDS = (1, pytest.param(2, marks=pytest.mark.long))


class Link:
    """A charger, a wire and our port at the other end of it."""

    port: ChargerPort
    charger: BrokerCharger

    def __init__(self, folder: Path, wire: TcpWire, clock: FastClock) -> None:
        self.folder = folder
        self.wire = wire
        self.clock = clock

    async def start(self) -> None:
        """Be there."""

    async def restart(self) -> None:
        """The charger loses its power for a moment."""

    async def close(self) -> None:
        """Leave nothing behind."""


class MqttLink(Link):
    """`adapters.mqtt`: the charger is a broker, a real mosquitto."""

    async def start(self) -> None:
        self._broker = Broker(self.folder)
        self._broker.start()
        self._stack = contextlib.AsyncExitStack()
        await self.wire.start(self._broker.port)
        self.charger = await self._stack.enter_async_context(BrokerCharger(self._broker.port).plugged_in())
        self.port = MqttChargerPort(
            "127.0.0.1", self.wire.port, self.clock, pinned=None, keep_pin=lambda _: None, random=random.Random(1)
        )

    async def restart(self) -> None:
        self._broker.kill()
        await asyncio.sleep(0.1)
        self._broker.start()

    async def close(self) -> None:
        await self._stack.aclose()
        self._broker.kill()
        await self.wire.close()


LINKS: dict[str, type[Link]] = {"mqtt": MqttLink}


@pytest.fixture(name="link", params=[(link, wire) for link in LINKS for wire in TCP_WIRES], ids=" on ".join)
async def _link(
    request: pytest.FixtureRequest, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Link]:
    kind, wire = request.param
    in_fast_time(monkeypatch)
    link = LINKS[kind](tmp_path, TCP_WIRES[wire](seed), FastClock())
    await link.start()
    yield link
    await link.close()


@pytest.fixture(name="seed")
def _seed() -> int:
    return 1


async def test_states_arrive(link: Link) -> None:
    async with House(link.clock, link.port).lived_in() as house:
        for state, current_a in ((2, [7.0, 7.5, 8.0]), (4, [0.0, 0.0, 0.0]), (2, [15.5, 0.5, 0.0])):
            link.charger.state, link.charger.current_a = state, current_a
            wanted = (OutletState(state), tuple(current_a))
            await until(lambda wanted=wanted: wanted in shown(house), lambda: house.site.charge_boxes)  # type: ignore[misc]  # a default of a lambda
    legal_events(house)


async def test_setpoints_arrive(link: Link) -> None:
    async with House(link.clock, link.port).lived_in() as house:
        for setpoint_a in (6, 16, 9, 0, 12):
            house.decide(setpoint_a)
            await until(lambda: has(link, setpoint_a), lambda: link.charger.setpoints)  # noqa: B023 - awaited here
    assert set(link.charger.setpoints[1]) <= set(house.decided)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_it_comes_back_with_the_newest_setpoint(link: Link, seed: int) -> None:
    chance = random.Random(seed)
    async with House(link.clock, link.port).lived_in() as house:
        await until(lambda: shown(house), lambda: house.events)
        for _ in range(6):
            for _ in range(chance.randint(1, 3)):
                house.decide(chance.choice((0, 6, 7, 10, 13, 16)))
                await asyncio.sleep(chance.uniform(0, 0.2))
            await chance.choice((link.wire.cut, link.restart))()
        house.decide(11)
        await until(lambda: has(link, 11), lambda: link.charger.setpoints)
        await settled(link)
        assert has(link, 11)
        assert set(link.charger.setpoints[1]) <= set(house.decided)
        await until(lambda: all(box.connected for box in house.site.charge_boxes))
    legal_events(house)
    assert any(isinstance(event, ChargerLost) for event in house.events)


async def test_it_ends_when_it_is_told_to_and_begins_again(link: Link) -> None:
    house = House(link.clock, link.port)
    for setpoint_a in (8, 14):
        async with house.lived_in():
            house.decide(setpoint_a)
            await until(lambda: has(link, setpoint_a), lambda: link.charger.setpoints)  # noqa: B023 - awaited here


def shown(house: House) -> list[tuple[OutletState, tuple[float, ...]]]:
    """What the site has of the outlets."""
    return [(outlet.state, outlet.current_a) for box in house.site.charge_boxes for outlet in box.outlets]


def has(link: Link, setpoint_a: int) -> bool:
    """Whether the charger goes by this setpoint."""
    return link.charger.setpoints[1][-1:] == [setpoint_a]


async def settled(link: Link) -> None:
    """Wait for a repetition of the setpoint: whatever was under way before it has arrived."""
    before = len(link.charger.setpoints[1])
    await until(lambda: len(link.charger.setpoints[1]) > before, lambda: link.charger.setpoints)


def legal_events(house: House) -> None:
    """Nobody is lost who was not there; whoever is there is the charger."""
    there = False
    for event in house.events:
        if isinstance(event, ChargerSeen):
            there = event.charge_box.connected
        elif isinstance(event, ChargerLost):
            assert there
            there = False
    assert {box.serial for box in house.site.charge_boxes} == {"CB00TEST0001"}
