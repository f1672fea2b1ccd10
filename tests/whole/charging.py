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
CONTROL = f"ctek/ng-v2/controller/{SERIAL}/1/current"
METER_EACH_S = 0.5


class Watcher:
    """Hears everything on a broker, and finds it again when it was gone."""

    def __init__(self, port: int) -> None:
        self.setpoints: list[int] = []
        self.meterdata: list[Any] = []
        self.current_a: KnownPhases = (0, 0, 0)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#")
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == CONTROL:
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
        self.meter = Dongle()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tell)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.seen.stop()
        self.meter.close()

    def _tell(self) -> None:
        while not self._stop.wait(METER_EACH_S):
            if self.silent or not self.meter.connected:
                continue
            total = [house + car for house, car in zip(self.house_a, self.seen.current_a, strict=True)]
            with contextlib.suppress(OSError):
                self.meter.send(telegram_of((total[0], total[1], total[2])))


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
