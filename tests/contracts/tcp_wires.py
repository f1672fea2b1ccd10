"""Wires between two programs on TCP: one that carries all, and three as they are in houses."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

CUTS = 8
"""So often a lossy wire breaks; then it holds, so that a test can see what it comes to."""
CUT_WITHIN_BYTES = 1500
DELAY_S = 0.15

Send = Callable[[bytes], Awaitable[None]]


class TcpWire:
    """Carries whatever connects to `port` to `target`, another port of this machine. This one changes nothing."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.port = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._target = 0

    async def start(self, target: int) -> None:
        """Begin to carry."""
        self._target = target
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await self.cut()

    async def carry(self, reader: asyncio.StreamReader, send: Send) -> None:
        """One direction of one connection, until it ends."""
        while data := await reader.read(65536):
            await send(data)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._connect(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both directions; when one ends, both break as by a reset."""
        writers = [writer]
        try:
            with contextlib.suppress(OSError):
                other_reader, other = await asyncio.open_connection("127.0.0.1", self._target)
                writers.append(other)
                ways = [
                    asyncio.ensure_future(self.carry(reader, _sender(other))),
                    asyncio.ensure_future(self.carry(other_reader, _sender(writer))),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for end in writers:
                end.transport.abort()


class ByteByByte(TcpWire):
    """Every byte comes alone."""

    async def carry(self, reader: asyncio.StreamReader, send: Send) -> None:
        while data := await reader.read(65536):
            for at in range(len(data)):
                await send(data[at : at + 1])
                await asyncio.sleep(0)


class Lossy(TcpWire):
    """Breaks in the middle of anything."""

    cuts = CUTS

    async def carry(self, reader: asyncio.StreamReader, send: Send) -> None:
        left = self.random.randint(1, CUT_WITHIN_BYTES)
        while data := await reader.read(65536):
            if self.cuts > 0 and len(data) > left:
                self.cuts -= 1
                await send(data[:left])
                return
            left -= len(data)
            await send(data)


class Delayed(TcpWire):
    """Everything comes in order and late."""

    async def carry(self, reader: asyncio.StreamReader, send: Send) -> None:
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due_s, data = await under_way.get()
                await asyncio.sleep(due_s - loop.time())
                await send(data)

        arriving = asyncio.ensure_future(arrive())
        try:
            while data := await reader.read(65536):
                under_way.put_nowait((loop.time() + self.random.uniform(0, DELAY_S), data))
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)


TCP_WIRES: dict[str, type[TcpWire]] = {
    "clean": TcpWire,
    "byte by byte": ByteByByte,
    "lossy": Lossy,
    "delayed": Delayed,
}


def _sender(writer: asyncio.StreamWriter) -> Send:
    async def send(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    return send
