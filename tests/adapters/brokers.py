"""Brokers that are none: what may listen on a port that is taken for a charger's."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from tests.waiting import until

ACCEPTED = b"\x20\x02\x00\x00"
"""CONNACK (OASIS MQTT 3.1.1, 3.2)."""
FAREWELL = b"\xe0\x00"
"""DISCONNECT."""


class FakeBroker:
    """Answers the first bytes of every connection with the same bytes, then keeps or closes it."""

    def __init__(self, answers: bytes, *, closes: bool = False) -> None:
        self.answers = answers
        self.closes = closes
        self.port = 0
        self.heard: list[bytearray] = []
        """By connection."""
        self.ended = 0
        """Connections that the other side has ended."""
        self.broken = 0
        """Of them, by a reset."""
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = bytearray()
        self.heard.append(heard)
        self.writers.append(writer)
        try:
            heard += await reader.read(4096)
            writer.write(self.answers)
            while not self.closes and (data := await reader.read(4096)):
                heard += data
        except ConnectionError:
            self.broken += 1
        self.ended += 1
        writer.close()


@contextlib.asynccontextmanager
async def listening(broker: FakeBroker, port: int = 0) -> AsyncIterator[FakeBroker]:
    """Let it listen."""
    server = await asyncio.start_server(broker.serve, "127.0.0.1", port)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        for writer in broker.writers:
            writer.close()
        for writer in broker.writers:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()


def held() -> set[object]:
    """What this process holds: where its open files lead, its threads, and its tasks but for who asks."""
    found: set[object] = {*threading.enumerate(), *asyncio.all_tasks()} - {asyncio.current_task()}
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(entry.readlink()))
    return found


async def nothing_is_left(before: set[object]) -> None:
    """See that this process holds no more than before, some turns later. A thread ends after what it was there for."""
    for _ in range(100):
        await asyncio.sleep(0)
    left = held() - before
    ending = [one for one in left if isinstance(one, threading.Thread)]
    assert len(ending) == len(left), left
    await until(lambda: not any(thread.is_alive() for thread in ending), lambda: ending)
