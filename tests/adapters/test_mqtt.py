"""The port of a charger that is an MQTT broker, on a real mosquitto that is killed, paused and flooded."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import random
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiomqtt
import pytest

from ngair.adapters import mqtt
from ngair.adapters.mqtt import MqttChargerPort
from ngair.adapters.threads import Threads
from ngair.model.charging import OutletState
from ngair.model.limits import MQTT_PACKET_MAX_BYTES
from tests.adapters.brokers import ACCEPTED, FakeBroker, held, listening, nothing_is_left
from tests.contracts.broker import Broker
from tests.contracts.broker_charger import BrokerCharger
from tests.contracts.steered import BOX, FastClock, House, in_fast_time
from tests.contracts.wires import free_port
from tests.waiting import DEADLINE_S, until

SERIAL = "CB00TEST0001"


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    in_fast_time(monkeypatch)


class Pins(list[str]):
    """Serial numbers that were kept, by a folder that may be full."""

    full = False

    def keep(self, serial: str) -> None:
        self.append(serial)
        if self.full:
            raise OSError("No space left on device")


def port_to(
    port: int, clock: FastClock, *, pins: Pins | None = None, pinned: str | None = None, host: str = "127.0.0.1"
) -> MqttChargerPort:
    keep = (Pins() if pins is None else pins).keep
    return MqttChargerPort(host, port, clock, pinned=pinned, keep_pin=keep, random=random.Random())


@contextlib.asynccontextmanager
async def steered(broker: Broker, *, outlets: int = 1, speed: float = 20) -> AsyncIterator[tuple[House, BrokerCharger]]:
    """A charger that is found and told its first setpoint."""
    clock = FastClock(speed)
    house = House(clock, port_to(broker.port, clock))
    house.decide(16)
    async with BrokerCharger(broker.port, outlets=outlets).plugged_in() as charger, house.lived_in():
        await until(lambda: all(setpoints[-1:] == [16] for setpoints in charger.setpoints.values()))
        yield house, charger


async def test_a_charger_is_found_by_what_it_left_there_and_its_number_is_kept(broker: Broker) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        station = f"ctek/ng-v2/client/{SERIAL}/configuration"
        await client.publish(station, json.dumps({"FW": "r3.2.2", "StationPhaseRotation": "STR"}), retain=True)
    clock, pins = FastClock(), Pins()
    house = House(clock, port_to(broker.port, clock, pins=pins))
    async with house.lived_in():
        await until(lambda: pins == [SERIAL])
        async with BrokerCharger(broker.port, outlets=2).plugged_in():
            await until(lambda: [len(box.outlets) for box in house.site.charge_boxes] == [2])
    [box] = house.site.charge_boxes
    assert (box.serial, box.endpoint, box.port) == (SERIAL, "mqtt://127.0.0.1", broker.port)
    assert box.pinned
    assert pins == [SERIAL]


async def test_the_box_is_bound_to_one_charger(broker: Broker) -> None:
    clock, pins = FastClock(), Pins()
    house = House(clock, port_to(broker.port, clock, pins=pins, pinned="OTHER-0001"))
    house.decide(10)
    async with house.lived_in(), BrokerCharger(broker.port).plugged_in() as stranger:
        async with BrokerCharger(broker.port, "OTHER-0001").plugged_in() as charger:
            await until(lambda: charger.setpoints[1][-1:] == [10])
        assert stranger.setpoints[1] == []
    assert [box.serial for box in house.site.charge_boxes] == ["OTHER-0001"]
    assert pins == []


async def test_a_number_that_cannot_be_kept_is_no_reason_not_to_charge(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    clock, pins = FastClock(), Pins()
    pins.full = True
    house = House(clock, port_to(broker.port, clock, pins=pins))
    house.decide(9)
    async with BrokerCharger(broker.port).plugged_in() as charger, house.lived_in():
        await until(lambda: charger.setpoints[1][-1:] == [9])
    assert "cannot keep to which charger the box is bound: No space left on device" in caplog.text


async def test_the_house_is_mirrored_on_both_trees_each_ten_seconds(broker: Broker) -> None:
    async with steered(broker) as (_, charger):
        both = [f"ctek/client/{SERIAL}/sma/meterdata", f"ctek/nga/{BOX.serial}/meterdata"]
        await until(lambda: all(len(charger.heard.get(topic, [])) >= 4 for topic in both))
        announced = (f"ctek/client/{SERIAL}/sma/adapterinfo", f"ctek/nga/{SERIAL}/adapterinfo")
        assert all(json.loads(charger.heard[topic][0])["serialno"] == BOX.serial for topic in announced)
    told = json.loads(charger.heard[both[0]][0])
    assert told == {"activePowerIn": 5, "activePowerOut": 0, "current": [7, 8, 9], "voltage": [230, 231, 232]}
    repeated = len(charger.setpoints[1])
    assert abs(len(charger.heard[both[0]]) - len(charger.heard[both[1]])) <= 1
    # Each 13 s the setpoint, each 10 s the mirror: neither is sent with every site that is followed.
    assert repeated <= len(charger.heard[both[0]]) + 1


async def test_two_outlets_each_have_their_own_setpoint(broker: Broker) -> None:
    async with steered(broker, outlets=2) as (house, charger):
        house.decide(7)
        await until(lambda: [setpoints[-1] for setpoints in charger.setpoints.values()] == [7, 7])


async def test_two_chargers_on_two_brokers_do_not_disturb_each_other(broker: Broker, tmp_path: Path) -> None:
    clock = FastClock()
    with Broker(tmp_path) as other:
        house = House(clock, port_to(broker.port, clock), port_to(other.port, clock))
        house.decide(16)
        async with (
            BrokerCharger(broker.port).plugged_in() as one,
            BrokerCharger(other.port, "CB00TEST0002").plugged_in() as two,
            house.lived_in(),
        ):
            await until(lambda: one.setpoints[1][-1:] == two.setpoints[1][-1:] == [16])
            other.kill()
            await until(lambda: {box.serial: box.connected for box in house.site.charge_boxes}["CB00TEST0002"] is False)
            house.decide(8)
            await until(lambda: one.setpoints[1][-1:] == [8])
            assert next(box for box in house.site.charge_boxes if box.serial == SERIAL).connected
            other.start()
            await until(lambda: two.setpoints[1][-1:] == [8])


async def test_a_broker_that_dies_while_charging_is_told_once_and_steered_again_when_it_is_back(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ngair")
    async with steered(broker) as (house, charger):
        for setpoint_a in (9, 13):
            caplog.clear()
            broker.kill()
            await until(lambda: not house.site.charge_boxes[0].connected)
            assert house.site.charge_boxes[0].outlets[0].state is OutletState.UNAVAILABLE
            assert house.site.charge_boxes[0].outlets[0].current_a == (7.0, 7.5, 8.0)
            charger.setpoints[1].clear()
            charger.heard.clear()
            for passing_a in (6, 16, setpoint_a):
                house.decide(passing_a)
                await asyncio.sleep(0.3)
            broker.start()
            await until(lambda: charger.setpoints[1][-1:] == [setpoint_a])  # noqa: B023 - awaited here
            # What was decided meanwhile is past.
            assert set(charger.setpoints[1]) == {setpoint_a}
            await until(lambda: f"ctek/client/{SERIAL}/sma/adapterinfo" in charger.heard)
            lines = [r.getMessage() for r in caplog.records if r.name == "ngair"]
            assert len(lines) == 2, lines
            assert lines[0].startswith(f"charger link lost: mqtt://127.0.0.1:{broker.port} ")
            assert lines[0].endswith(
                ": is the charger on, in the same network, and its link to a Nanogrid Air switched on?"
            )
            assert lines[1] == f"charger link mqtt://127.0.0.1:{broker.port} is back"


async def test_a_paused_broker_is_noticed_and_steered_again_when_it_goes_on(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ngair.adapters.mqtt_session.MQTT_KEEPALIVE_S", 1)
    monkeypatch.setattr("ngair.adapters.mqtt_session.CONNECT_TIMEOUT_S", 0.5)
    async with steered(broker) as (house, charger):
        broker.pause()
        try:
            house.decide(10)
            await until(lambda: not house.site.charge_boxes[0].connected)
            house.decide(6)
            await asyncio.sleep(1)
        finally:
            broker.go_on()
        await until(lambda: house.site.charge_boxes[0].connected)
        before = len(charger.setpoints[1])
        await until(lambda: len(charger.setpoints[1]) > before + 1)
        assert charger.setpoints[1][-1] == 6


async def test_it_stops_while_the_broker_is_paused(broker: Broker) -> None:
    asyncio.get_running_loop().set_default_executor(Threads())
    before = held()
    clock = FastClock()
    house = House(clock, port_to(broker.port, clock))
    try:
        async with BrokerCharger(broker.port).plugged_in() as charger:
            async with house.lived_in():
                house.decide(10)
                await until(lambda: charger.setpoints[1])
                broker.pause()
                house.decide(16)
            broker.go_on()
    finally:
        broker.go_on()
    gc.collect()
    await nothing_is_left(before)


async def test_a_flood_costs_no_memory_and_does_not_hold_up_a_setpoint(broker: Broker) -> None:
    async with steered(broker) as (house, charger):
        flood = asyncio.create_task(_flood(broker.port))
        before_kb = _resident_kb()
        setpoint_a, answered = 6, 0
        while not flood.done():
            house.decide(setpoint_a)
            await until(lambda: charger.setpoints[1][-1] == setpoint_a or flood.done())  # noqa: B023 - awaited here
            answered += 1
            setpoint_a = 6 + answered % 10
            await asyncio.sleep(0)
        sent = await flood
        assert _resident_kb() - before_kb < 60_000
        assert answered > 3
        house.decide(16)
        await until(lambda: charger.setpoints[1][-1] == 16)
        await until(lambda: house.site.charge_boxes[0].connected)
    assert sent == FLOOD


@pytest.mark.long
async def test_a_hundred_thousand_messages_of_a_kilobyte(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.adapters.test_mqtt.FLOOD", 100_000)
    await test_a_flood_costs_no_memory_and_does_not_hold_up_a_setpoint(broker)


async def test_large_messages_are_left_out_and_told(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    async with steered(broker) as (house, charger):
        async with aiomqtt.Client("127.0.0.1", broker.port, timeout=DEADLINE_S) as client:
            for size in (MQTT_PACKET_MAX_BYTES, 2**20, 2**25):
                await client.publish(f"ctek/ng-v2/client/{SERIAL}/configuration", bytes(size), retain=True)
        await until(lambda: "messages on mqtt://" in caplog.text)
        house.decide(8)
        await until(lambda: charger.setpoints[1][-1] == 8)
        assert "charger link lost" not in caplog.text
        # What is retained comes again with every connection, and must not end one.
        clock = FastClock()
        again = House(clock, port_to(broker.port, clock, pinned=SERIAL))
        before_kb = _resident_kb()
        async with again.lived_in():
            await until(lambda: any(box.connected for box in again.site.charge_boxes))
        assert _resident_kb() - before_kb < 20_000
        assert "charger link lost" not in caplog.text


async def test_a_setpoint_waits_for_nothing_but_its_turn(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with steered(broker) as (house, charger):
        monkeypatch.setattr(mqtt, "MQTT_TICK_S", 1e6)
        monkeypatch.setattr(mqtt, "MQTT_INBOX_PAUSE_S", 1e6)
        for setpoint_a in (12, 9, 6, 0):
            house.decide(setpoint_a)
            await until(lambda: charger.setpoints[1][-1] == setpoint_a)  # noqa: B023 - awaited here


@pytest.mark.parametrize(
    ("answers", "closes"),
    [(b"", True), (b"", False), (b"\x20\x02\x00\x05", True), (b"HTTP/1.1 400\r\n", True), (ACCEPTED, True)],
)
async def test_what_is_no_charger_is_told_once_and_tried_again(
    answers: bytes, closes: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ngair.adapters.mqtt_session.CONNECT_TIMEOUT_S", 0.1)
    caplog.set_level(logging.DEBUG, "ngair")
    asyncio.get_running_loop().set_default_executor(Threads())
    before = held()
    clock = FastClock()
    async with listening(FakeBroker(answers, closes=closes)) as fake:
        house = House(clock, port_to(fake.port, clock, pinned=SERIAL))
        async with house.lived_in():
            await until(lambda: len(fake.heard) >= 4)
    await nothing_is_left(before)
    assert [r.getMessage()[:18] for r in caplog.records if r.name == "ngair"] == ["charger link lost:"]


async def test_nobody_there_is_tried_again_until_somebody_is(tmp_path: Path) -> None:
    clock, number = FastClock(), free_port()
    house = House(clock, port_to(number, clock))
    house.decide(6)
    async with house.lived_in():
        await asyncio.sleep(0.3)
        with Broker(tmp_path, number) as broker:
            async with BrokerCharger(broker.port).plugged_in() as charger:
                await until(lambda: set(charger.setpoints[1]) == {6})


async def test_a_charger_on_ipv6_is_reached() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    fake = FakeBroker(ACCEPTED)
    server = await asyncio.start_server(fake.serve, "::1", 0)
    clock = FastClock()
    port = port_to(server.sockets[0].getsockname()[1], clock, host="::1")
    assert port.name == f"mqtt://[::1]:{server.sockets[0].getsockname()[1]}"
    async with House(clock, port).lived_in():
        await until(lambda: fake.heard and b"MQTT" in fake.heard[0])
    server.close()
    await server.wait_closed()


FLOOD = 10_000


async def _flood(port: int) -> int:
    """States of the charger by a stranger, a kilobyte each, as fast as they go; how many were sent."""
    update = {"State": 2, "EvUsesPhase": [1, 1, 1], "MaxAllowedCurrent": 16, "Current": [7.0, 7.5, 8.0], "x": "x" * 900}
    payload = json.dumps(update)
    async with aiomqtt.Client("127.0.0.1", port) as client:
        for number in range(FLOOD):
            await client.publish(f"ctek/ng-v2/client/{SERIAL}/{1 + number % 3}/update", payload)
    return FLOOD


def _resident_kb() -> int:
    gc.collect()
    text = Path("/proc/self/status").read_text("ascii")
    return int(text.split("VmRSS:")[1].split()[0])


async def test_how_the_link_fares_is_told_before_any_charger_is_found(broker: Broker) -> None:
    clock = FastClock()
    port = port_to(broker.port, clock)
    broker.kill()
    house = House(clock, port)
    async with house.lived_in():
        await until(lambda: port.name in house.site.charger_links)
        lost = house.site.charger_links[port.name]
        assert (lost.link, "cannot be reached" in lost.detail, "is the charger on" in lost.detail) == (
            "lost",
            True,
            True,
        )
        broker.start()
        await until(lambda: house.site.charger_links[port.name].link == "silent")
        assert "no charger has told anything" in house.site.charger_links[port.name].detail
        async with BrokerCharger(broker.port).plugged_in():
            await until(lambda: house.site.charger_links[port.name].link == "up")
            assert house.site.charger_links[port.name].detail == ""
