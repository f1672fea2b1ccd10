"""A simulated charger at a real broker: the only place of it that knows sockets and real time."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import aiomqtt

from ngair.model.backoff import Backoff
from ngair.model.limits import STOP_TIMEOUT_S
from ngair.sim.station.changes import Change, Watcher
from ngair.sim.station.messages import Publish
from ngair.sim.station.options import StationOptions
from ngair.sim.station.station import Station

OUTBOX_MAX = 256
"""What a broker that takes nothing may leave waiting; the oldest is dropped."""
INBOX_MAX = 1000
BROKER_TIMEOUT_S = 5.0
KEEPALIVE_S = 10
"""A broker that does not answer is left after one and a half of it (MQTT 3.1.1, 3.1.2.10)."""
STALL_MAX_S = 60.0
"""Time that the charger makes up for after a stall of the computer; the rest did not happen."""
CHANGES_EVERY_S = 1.0


class StationProgram:
    """Keeps a station at its broker until it is stopped. Its cars charge on while the broker is away."""

    def __init__(self, options: StationOptions, executor: ThreadPoolExecutor) -> None:
        """`executor` does what may hang: looking up the broker's name."""
        self._station = Station(options)
        self._executor = executor
        self._watcher = Watcher(self._station)
        self._outbox: deque[Publish] = deque(maxlen=OUTBOX_MAX)
        self._stirred = asyncio.Event()
        self._to_send = asyncio.Event()
        self._seen_s = time.monotonic()
        self._now_s = 0.0
        self._changes_at_s = CHANGES_EVERY_S
        self._is_linked: bool | None = None

    async def run(self, host: str, port: int, tell: Callable[[Change], None], warn: Callable[[str], None]) -> None:
        """Until SIGINT or SIGTERM. `tell` is given each change, `warn` a sentence when the link comes or goes."""
        self._host, self._port, self._tell, self._warn = host, port, tell, warn
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(self._executor)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        self._seen_s = time.monotonic()
        await _first_of(stop.wait(), self._live(), self._keep_link())

    async def _live(self) -> None:
        while True:
            self._stirred.clear()
            self._step()
            timer = asyncio.get_running_loop().call_later(self._station.due_s - self._now_s, self._stirred.set)
            try:
                await self._stirred.wait()
            finally:
                timer.cancel()

    def _look(self) -> None:
        seen_s = time.monotonic()
        self._now_s += min(seen_s - self._seen_s, STALL_MAX_S)
        self._seen_s = seen_s

    def _step(self) -> None:
        self._look()
        self._outbox.extend(self._station.step(self._now_s))
        self._to_send.set()
        if self._now_s >= self._changes_at_s:
            self._changes_at_s = self._now_s + CHANGES_EVERY_S / 2
            for change in self._watcher.changes(time.time()):
                self._tell(change)

    async def _keep_link(self) -> None:
        backoff = Backoff(Random())
        while True:
            try:
                await self._link()
                backoff.reset()
            except aiomqtt.MqttError as error:
                if self._is_linked:
                    backoff.reset()
                self._complain(error)
            await asyncio.sleep(backoff.next_s())

    async def _link(self) -> None:
        """One connection, until the charger restarts. Raises `MqttError`."""
        while not self._station.is_up:
            await self._sent_something()
        async with self._client() as client:
            for topic in self._station.subscriptions:
                await client.subscribe(topic)
            self._outbox.clear()
            self._outbox.extend(self._station.announcements())
            self._is_linked = True
            self._warn(f"{self._station.serial} is at the broker {self._host}:{self._port}; Ctrl-C ends it")
            await _first_of(self._send(client), self._receive(client))

    async def _send(self, client: aiomqtt.Client) -> None:
        while self._station.is_up:
            while self._outbox:
                message = self._outbox.popleft()
                await client.publish(message.topic, message.payload, retain=message.retain)
            await self._sent_something()

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                self._look()
                self._station.receive(message.topic.value, message.payload, self._now_s)
                self._stirred.set()

    async def _sent_something(self) -> None:
        self._to_send.clear()
        await self._to_send.wait()

    def _complain(self, error: aiomqtt.MqttError) -> None:
        """Once each time that the broker goes away."""
        if self._is_linked is False:
            return
        where, why = f"{self._host}:{self._port}", str(error) or "it does not answer"
        if self._is_linked:
            self._warn(f"the broker {where} is gone ({why}); tries again until it is back")
        else:
            self._warn(
                f"no broker at {where} ({why}): start one, for example mosquitto -p {self._port}, or correct --mqtt; "
                "tries again until there is one"
            )
        self._is_linked = False

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            identifier=f"CB{secrets.token_hex(8)}",
            timeout=BROKER_TIMEOUT_S,
            keepalive=KEEPALIVE_S,
            max_queued_incoming_messages=INBOX_MAX,
            logger=_SILENT,
        )


async def _first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Run them until one ends, and end the others. Raises what that one raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
        for task in done:
            # Asked for, so that the loop does not complain of failures that nobody wants to know any more.
            _ = task.cancelled() or task.exception()


_SILENT = logging.getLogger(f"{__name__}.mqtt")
"""The library's own log repeats what is told here."""
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
