"""`ngair sim charger` as a program at a real broker."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from tests.contracts.broker import Broker
from tests.contracts.wires import free_port
from tests.program import Box, clean_environment, wait_for

SERIAL = "CBWHOLE1"
CLIENT = f"ctek/ng-v2/client/{SERIAL}"
CONTROL = f"ctek/ng-v2/controller/{SERIAL}/1/current"
FAST = ("--speed", "60")
"""Cars take seconds for what takes them a minute."""


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@contextlib.contextmanager
def charger(port: int, *arguments: str) -> Iterator[Box]:
    """The program; killed at the end."""
    command = [sys.executable, "-X", "dev", "-m", "ngair", "sim", "charger", "--mqtt", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, "--serial", SERIAL, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    box = Box(process)
    try:
        yield box
    finally:
        box.stop(signal.SIGKILL)


@contextlib.asynccontextmanager
async def gateway(port: int) -> AsyncIterator[aiomqtt.Client]:
    """Somebody on the other side of the link, who hears all that the charger tells."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="test-gateway") as client:
        await client.subscribe(f"{CLIENT}/#")
        yield client


async def heard(client: aiomqtt.Client, topic: str, **values: Any) -> aiomqtt.Message:
    """The first message of a topic that has these values."""
    async for message in client.messages:
        if message.topic.value == topic and isinstance(message.payload, bytes):
            told = msgspec.json.decode(message.payload)
            if all(told[key] == value for key, value in values.items()):
                return message
    raise AssertionError("the messages ended")


def says(box: Box, text: str) -> None:
    wait_for(lambda: any(text in line for line in box.output + box.errors), lambda: f"{box.output} {box.errors}")


def told(box: Box, text: str) -> int:
    return sum(text in line for line in box.errors)


def complaints(box: Box) -> list[str]:
    """All that it has told on stderr, without what the interpreter's development mode says of a slow machine."""
    return [line for line in box.errors if not re.fullmatch(r"Executing <.*> took [0-9.]+ seconds\n", line)]


async def test_a_setpoint_is_obeyed_and_shown(broker: Broker) -> None:
    with charger(broker.port, "--echo", "--rotation", "TRS", *FAST) as box:
        async with gateway(broker.port) as client:
            await heard(client, f"{CLIENT}/1/update", State=2, Current=[16.0, 16.0, 16.0], MaxAllowedCurrent=16)
            await client.publish(CONTROL, "9")
            await heard(client, f"{CLIENT}/1/update", State=2, Current=[9.0, 9.0, 9.0], MaxAllowedCurrent=9)
        says(box, "outlet 1: charging, 9.0 9.0 9.0 A on L1 L2 L3, setpoint 9 A")
        async with gateway(broker.port) as late:
            station = await heard(late, f"{CLIENT}/configuration", StationPhaseRotation="TRS")
            outlet = await heard(late, f"{CLIENT}/1/configuration", FuseRating=16, PrimaryPhase=1)
            assert (station.retain, outlet.retain) == (True, True)


async def test_two_outlets_and_its_own_balancing(broker: Broker) -> None:
    with charger(broker.port, "--outlets", "2", "--balances", "--quiet", *FAST) as box:
        async with gateway(broker.port) as client:
            await client.subscribe("ctek/ng-v2/controller/#")
            await heard(client, f"{CLIENT}/2/update", State=2)
            await client.publish(f"ctek/client/{SERIAL}/sma/meterdata", '{"current":[1.0,2.0,3.0]}')
            own = [await anything(client, "controller") for _ in range(2)]
        assert [(topic[-9], payload) for topic, payload in sorted(own)] == [("1", b"6"), ("2", b"6")]
        assert box.stop(signal.SIGINT) == 0
        assert box.output == []


async def anything(client: aiomqtt.Client, part: str) -> tuple[str, bytes]:
    async for message in client.messages:
        if part in message.topic.value:
            assert isinstance(message.payload, bytes)
            return message.topic.value, message.payload
    raise AssertionError("the messages ended")


async def test_after_a_broker_s_restart_it_is_back_with_all_that_it_announces(broker: Broker) -> None:
    with charger(broker.port) as box:
        says(box, f"{SERIAL} is at the broker")
        for times in (1, 2):
            broker.kill()
            wait_for(lambda times=times: told(box, "is gone") == times)  # type: ignore[misc]  # a default of a lambda
            broker.start()
            async with gateway(broker.port) as client:
                await heard(client, f"{CLIENT}/1/configuration")
                await heard(client, f"{CLIENT}/1/update")
        # What it publishes may be heard before what it has said.
        wait_for(lambda: told(box, "is at the broker") == 3)
        assert told(box, "is gone") == 2


async def test_a_broker_that_hangs_for_a_moment_is_not_left(broker: Broker) -> None:
    with charger(broker.port) as box:
        says(box, "is at the broker")
        async with gateway(broker.port) as client:
            await heard(client, f"{CLIENT}/1/update")
            broker.pause()
            await asyncio.sleep(2)
            broker.go_on()
            await heard(client, f"{CLIENT}/1/update", State=2)
        assert len(complaints(box)) == 1


async def test_without_a_broker_it_says_so_once_and_waits_for_one(tmp_path: Path) -> None:
    port = free_port()
    with charger(port, *FAST) as box:
        says(box, f"no broker at 127.0.0.1:{port}")
        says(box, "outlet 1: charging")
        with Broker(tmp_path, port):
            async with gateway(port) as client:
                await heard(client, f"{CLIENT}/1/update")
        assert complaints(box)[0].endswith(
            f": start one, for example mosquitto -p {port}, or correct --mqtt; tries again until there is one\n"
        )
        assert told(box, "no broker") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["at a broker", "without one", "at one that hangs"])
def test_it_ends_cleanly(broker: Broker, where: str, number: signal.Signals) -> None:
    port = free_port() if where == "without one" else broker.port
    with charger(port) as box:
        says(box, "no broker at" if where == "without one" else "is at the broker")
        if where == "at one that hangs":
            broker.pause()
        assert box.stop(number) == 0
        assert len(complaints(box)) == 1, "no trace, no warning"


def test_changes_as_json(broker: Broker) -> None:
    with charger(broker.port, "--json", *FAST) as box:
        wait_for(lambda: any('"state":2' in line for line in box.output))
        changes = [msgspec.json.decode(line) for line in box.output]
        assert {(change["serial"], change["outlet"]) for change in changes} == {(SERIAL, 1)}
        assert changes[-1]["state_name"] == "charging"


def test_nobody_who_reads_is_no_reason_for_a_trace(broker: Broker) -> None:
    command = [sys.executable, "-m", "ngair", "sim", "charger", "--mqtt", f"127.0.0.1:{broker.port}", "--speed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert b"is at the broker" in process.stderr.readline()
            assert process.stdout.readline().endswith(b"\n")
            process.stdout.close()
            assert process.stderr.read() == b""
        finally:
            process.kill()


@pytest.mark.long
async def test_a_charger_that_restarts_leaves_its_broker_and_comes_back(broker: Broker) -> None:
    with charger(broker.port, "--restart-every", "30") as box:
        says(box, "is at the broker")
        await asyncio.sleep(25)
        says(box, f"{SERIAL} restarts")
        wait_for(lambda: told(box, "is at the broker") == 2)
        async with gateway(broker.port) as client:
            await heard(client, f"{CLIENT}/1/update")
