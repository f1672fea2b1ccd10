"""A house in real time around the real program: a broker, a charger as a program, a meter that sees its car."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ngair.model.phases import KnownPhases
from tests.contracts.broker import Broker
from tests.contracts.programs import Dongle
from tests.meter.telegrams import telegram_of
from tests.program import clean_environment, wait_for

SERIAL = "CBTEST0001"
SERIAL_BESIDE = "CBTEST0002"
METER_EACH_S = 0.5


class Watcher:
    """Hears everything on a broker, and finds it again when it was gone."""

    def __init__(self, port: int) -> None:
        self.setpoints: list[int] = []
        self._came_s: list[float] = []
        """When each of them came, by the wall clock."""
        self.meterdata: list[Any] = []
        self.current_a: KnownPhases = (0, 0, 0)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#")
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def setpoints_before(self, wall_s: float, first: int) -> set[int]:
        """All that came before a moment, from the one with this number on."""
        came = zip(self.setpoints, self._came_s, strict=False)
        return {setpoint_a for setpoint_a, came_s in list(came)[first:] if came_s < wall_s}

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith("ctek/ng-v2/controller/") and message.topic.endswith("/1/current"):
            self._came_s.append(time.time())
            self.setpoints.append(int(message.payload))
        elif message.topic.endswith("/meterdata"):
            self.meterdata.append(msgspec.json.decode(message.payload))
        elif message.topic.endswith("/1/update"):
            one, two, three = msgspec.json.decode(message.payload)["Current"]
            self.current_a = (one, two, three)


class LivingHouse:
    """Its meter sends what the house and the car draw."""

    def __init__(self, port: int) -> None:
        self.house_a: KnownPhases = (2, 2, 2)
        self.silent = False
        self.seen = Watcher(port)
        self.beside: Watcher | None = None
        """Another charger, on a broker of its own."""
        self.meter = Dongle()
        self.garage = Dongle()
        """The meter of a sub-fuse above the first charger."""
        self.garage_a: KnownPhases = (1, 1, 1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tell)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        for watcher in self._watchers():
            watcher.stop()
        self.meter.close()
        self.garage.close()

    def _tell(self) -> None:
        while not self._stop.wait(METER_EACH_S):
            if self.silent:
                continue
            _send(self.meter, self.house_a, *(watcher.current_a for watcher in self._watchers()))
            _send(self.garage, self.garage_a, self.seen.current_a)

    def _watchers(self) -> list[Watcher]:
        return [self.seen] if self.beside is None else [self.seen, self.beside]


def _send(meter: Dongle, *currents: KnownPhases) -> None:
    one, two, three = (sum(of_phase) for of_phase in zip(*currents, strict=True))
    if meter.connected:
        with contextlib.suppress(OSError):
            meter.send(telegram_of((one, two, three)))


@contextlib.contextmanager
def charger_program(port: int, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`ngair sim charger` on a broker of this machine. Killed at the end."""
    command = [sys.executable, "-m", "ngair", "sim", "charger", "--mqtt", f"127.0.0.1:{port}", "--serial", SERIAL]
    process = subprocess.Popen(
        [*command, "--quiet", "--speed", "5", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def living_house(folder: Path, *charger: str) -> Iterator[tuple[LivingHouse, Broker, list[str]]]:
    """The house, its charger's broker, and the arguments of a box in it."""
    with Broker(folder) as broker, charger_program(broker.port, *charger):
        house = LivingHouse(broker.port)
        arguments = ["run", "--meter", f"tcp://127.0.0.1:{house.meter.port}"]
        arguments += ["--charger", f"mqtt://127.0.0.1:{broker.port}", "--main-fuse", "25", "--mdns", "off"]
        arguments += ["--data", str(folder / "data"), "--raise-after", "0", "--restart-after", "0"]
        try:
            yield house, broker, arguments
        finally:
            house.stop()


def until_setpoint(house: LivingHouse, amps: int) -> None:
    """Wait until the last setpoint on the broker is this one."""
    wait_for(lambda: house.seen.setpoints[-1:] == [amps], lambda: f"{amps} A not in {house.seen.setpoints}")


def stays(house: LivingHouse, most_a: int, seconds: float) -> None:
    """No setpoint above this for a while."""
    count = len(house.seen.setpoints)
    time.sleep(seconds)
    assert all(amps <= most_a for amps in house.seen.setpoints[count:])
