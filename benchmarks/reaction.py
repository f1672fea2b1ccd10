"""From the last byte of an overload telegram on the wire to the lower setpoint at the charger's broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import fastcrc

from benchmarks.clients import free_port
from benchmarks.programs import ours
from benchmarks.row import Row, quantile, row

SAMPLES = 500
GOAL_MS = 20
PEER = "aiomqtt: publish to the same broker and back"
SERIAL = "BENCHCHARGER01"
SETPOINTS = f"ctek/ng-v2/controller/{SERIAL}/1/current"
CLIENT = f"ctek/ng-v2/client/{SERIAL}"
FUSE_A = 25
GIVE_UP_S = 60.0
"""Until the box is sure when the meter measured, it takes some 15 s to give the car all."""
CAR_A = 16
"""The car draws this all the time: none follows within the second that a round takes (IEC 61851-1 allows five)."""
LOWEST_A = 6
TELEGRAM_EVERY_S = 0.21
"""No faster than the box sends setpoints at all."""


def measure() -> list[Row]:
    """A real meter on TCP, a real mosquitto, the real program; the raise delays are 0 to have many samples."""
    broker = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if broker is None:
        raise SystemExit("the reaction is measured with a real broker: install mosquitto")
    with _mosquitto(broker) as port, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(GIVE_UP_S)
        meter_url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        pace = ("--raise-after", "0", "--restart-after", "0", "--margin", "0")
        charger = ("--charger", f"mqtt://127.0.0.1:{port}", "--main-fuse", str(FUSE_A), "--mdns", "off")
        with ours(meter_url, *charger, *pace):
            meter, _ = listener.accept()
            with meter:
                meter.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ours_ms, floor_ms = asyncio.run(_samples(meter, port))
    return [
        row("overload telegram to the lower setpoint, p50", _p(ours_ms, 0.5), PEER, _p(floor_ms, 0.5), "ms"),
        row(
            f"  p99 of {len(ours_ms)}",
            _p(ours_ms, 0.99),
            PEER,
            _p(floor_ms, 0.99),
            "ms",
            goal=f"p99 < {GOAL_MS} ms",
            met=_p(ours_ms, 0.99) < GOAL_MS,
        ),
    ]


async def _samples(meter: socket.socket, port: int) -> tuple[list[float], list[float]]:
    """Rounds: the house takes an ampere more each time, then the car is given all again; in turn the round trip."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        house = _House(meter, client)
        await client.subscribe([(SETPOINTS, 0), ("bench/bare", 0)])
        await house.begin()
        ours_ms: list[float] = []
        floor_ms: list[float] = []
        while len(ours_ms) < SAMPLES:
            await house.relieve()
            await asyncio.sleep(TELEGRAM_EVERY_S)
            for setpoint_a in range(CAR_A - 1, LOWEST_A - 1, -1):
                ours_ms.append(await house.overload_ms(setpoint_a))
                floor_ms.append(await house.bare_ms())
                await asyncio.sleep(TELEGRAM_EVERY_S)
        return ours_ms, floor_ms


class _House:
    """A meter, and a charger with a car on three phases."""

    def __init__(self, meter: socket.socket, client: aiomqtt.Client) -> None:
        self._meter = meter
        self._client = client
        self._messages = client.messages
        self._setpoint_a = 0
        self._second = 0

    async def begin(self) -> None:
        """Be found."""
        station = {"FW": "bench", "StationPhaseRotation": "RST"}
        outlet = {"FuseRating": CAR_A, "MinAllowedCurrent": LOWEST_A, "PhaseConnected": [True] * 3, "PrimaryPhase": 1}
        await self._client.publish(f"{CLIENT}/configuration", json.dumps(station), retain=True)
        await self._client.publish(f"{CLIENT}/1/configuration", json.dumps(outlet), retain=True)

    async def relieve(self) -> None:
        """Little in use besides the car, until it is given all."""
        update = {"State": 2, "EvUsesPhase": [1, 1, 1], "MaxAllowedCurrent": CAR_A, "Current": [CAR_A] * 3}
        end_s = time.monotonic() + GIVE_UP_S
        while self._setpoint_a < CAR_A:
            if time.monotonic() > end_s:
                raise SystemExit(f"the car is given {self._setpoint_a} A and no more")
            await self._client.publish(f"{CLIENT}/1/update", json.dumps(update))
            self._meter.sendall(self._telegram(2))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELEGRAM_EVERY_S):
                    await self._newest()

    async def overload_ms(self, left_a: int) -> float:
        """All but the telegram's last byte, a pause in which the box takes it in, then the last byte."""
        telegram = self._telegram(FUSE_A - left_a)
        self._meter.sendall(telegram[:-1])
        await asyncio.sleep(0.003)
        began_s = time.perf_counter()
        self._meter.sendall(telegram[-1:])
        async with asyncio.timeout(GIVE_UP_S):
            while self._setpoint_a > left_a:
                await self._newest()
        return (time.perf_counter() - began_s) * 1000

    async def bare_ms(self) -> float:
        """The same client's own message, there and back."""
        began_s = time.perf_counter()
        await self._client.publish("bench/bare", b"10")
        async with asyncio.timeout(GIVE_UP_S):
            while (await anext(self._messages)).topic.value != "bench/bare":
                pass
        return (time.perf_counter() - began_s) * 1000

    async def _newest(self) -> None:
        message = await anext(self._messages)
        if message.topic.value == SETPOINTS:
            self._setpoint_a = int(bytes(message.payload))

    def _telegram(self, other_a: float) -> bytes:
        """A short telegram (DSMR P1 5.0.2) of a house that draws this besides the car, a phase."""
        self._second += 1
        minute, second = divmod(self._second, 60)
        amps = other_a + CAR_A
        body = "\r\n".join(
            (
                "/NGA5\\BENCHMARK-11",
                "",
                f"0-0:1.0.0(26011219{minute % 60:02d}{second:02d}W)",
                f"1-0:1.7.0({3 * 0.230 * amps:06.3f}*kW)",
                "1-0:2.7.0(00.000*kW)",
                *(f"1-0:{phase}2.7.0(230.0*V)" for phase in (3, 5, 7)),
                *(f"1-0:{phase}1.7.0({amps:05.1f}*A)" for phase in (3, 5, 7)),
                *(f"1-0:{phase}1.7.0({0.230 * amps:06.3f}*kW)" for phase in (2, 4, 6)),
                *(f"1-0:{phase}2.7.0(00.000*kW)" for phase in (2, 4, 6)),
                "!",
            )
        ).encode("ascii")
        return body + f"{fastcrc.crc16.arc(body):04X}\r\n".encode("ascii")


@contextlib.contextmanager
def _mosquitto(command: str) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        configuration = Path(folder) / "mosquitto.conf"
        configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_dest none\n"
        )
        process = subprocess.Popen([command, "-c", str(configuration)], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    end_s = time.monotonic() + GIVE_UP_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.01)
        else:
            return


_p = quantile
