"""What hangs on the other end of a byte port, so that one suite holds for every port.

A new port is one more class here and its name in `WIRES`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import termios
import tty
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from ngair.adapters.replay import ReplayPort
from ngair.adapters.serial import SerialPort
from ngair.adapters.tcp import TcpPort
from ngair.gateway.ports import BytePort
from ngair.model.line import Line
from ngair.model.urls import BAUD_RATES
from ngair.sim.options import Options
from ngair.sim.ports import Drive, SimMeterPort
from ngair.sim.world import World


class Wire:
    """A meter at the other end of a port. What a port needs nothing for stays as it is here."""

    vanishes = True
    """Whether its other end can go away."""
    waits = True
    """Whether nothing comes before it is sent."""

    def __init__(self, folder: Path, portions: Sequence[bytes]) -> None:
        self.portions = list(portions)
        self.port: BytePort

    async def start(self) -> None:
        """Be there."""

    async def opened(self) -> None:
        """The port has connected."""

    async def send(self) -> bytes:
        """Make the meter send its next portion, and tell which."""
        return self.portions.pop(0)

    async def vanish(self) -> None:
        """The other end goes away."""

    async def close(self) -> None:
        """Leave nothing behind."""


class Pty:
    """A serial line: a pseudo terminal, under a name that stays when another takes its place, as by-id names do."""

    def __init__(self, device: Path) -> None:
        self.device = device
        self._ends: tuple[int, int] | None = None

    def plug_in(self) -> None:
        """Make the device."""
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        self.device.symlink_to(os.ttyname(self._ends[1]))

    def unplug(self) -> None:
        """Take the device away."""
        if self._ends is not None:
            self.device.unlink()
            for end in self._ends:
                os.close(end)
        self._ends = None

    def speed(self) -> int:
        """At which whoever opened the line reads it, as seen from the meter's end."""
        assert self._ends is not None
        speed = termios.tcgetattr(self._ends[0])[4]
        return next(rate for rate in BAUD_RATES if getattr(termios, f"B{rate}") == speed)

    def reset(self) -> None:
        """As it is made: the C library refuses a parity on a pseudo terminal, unless something else is set with it."""
        assert self._ends is not None
        attributes = termios.tcgetattr(self._ends[1])
        attributes[4] = attributes[5] = termios.B38400
        termios.tcsetattr(self._ends[1], termios.TCSANOW, attributes)

    def offer(self, data: bytes) -> None:
        """Send what fits: without a reader the rest is lost, as on a wire."""
        assert self._ends is not None
        os.set_blocking(self._ends[0], False)
        with contextlib.suppress(BlockingIOError):
            os.write(self._ends[0], data)

    def write(self, data: bytes) -> None:
        """Send all of it; waits for a reader when the line's buffer is full."""
        assert self._ends is not None
        while data:
            data = data[os.write(self._ends[0], data) :]


class SerialWire(Wire):
    """`adapters.serial` on a pseudo terminal."""

    def __init__(self, folder: Path, portions: Sequence[bytes]) -> None:
        super().__init__(folder, portions)
        self._pty = Pty(folder / "meter")
        self.port = SerialPort(str(self._pty.device), Line(115200))

    async def start(self) -> None:
        self._pty.plug_in()

    async def send(self) -> bytes:
        data = self.portions.pop(0)
        await asyncio.to_thread(self._pty.write, data)
        return data

    async def vanish(self) -> None:
        self._pty.unplug()

    async def close(self) -> None:
        self._pty.unplug()


class TcpWire(Wire):
    """`adapters.tcp` on a socket of this machine."""

    def __init__(self, folder: Path, portions: Sequence[bytes]) -> None:
        super().__init__(folder, portions)
        self._number = free_port()
        self._server: asyncio.Server | None = None
        self._accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = TcpPort("127.0.0.1", self._number)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._number)

    async def opened(self) -> None:
        self._writers.append(await self._accepted.get())

    async def send(self) -> bytes:
        data = self.portions.pop(0)
        self._writers[-1].write(data)
        return data

    async def vanish(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
                await writer.wait_closed()
            self._writers.clear()
            await self._server.wait_closed()
        self._server = None

    async def close(self) -> None:
        await self.vanish()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted.put_nowait(writer)


class ReplayWire(Wire):
    """`adapters.replay`: each opening plays the recording from its beginning, which comes by itself and ends so."""

    waits = False

    def __init__(self, folder: Path, portions: Sequence[bytes]) -> None:
        super().__init__(folder, portions)
        self._next = iter(self.portions)
        path = folder / "recording.txt"
        path.write_bytes(b"".join(portions))
        self.port = ReplayPort(path, speed=3600)

    async def opened(self) -> None:
        self._next = iter(self.portions)

    async def send(self) -> bytes:
        return next(self._next)


class SimWire(Wire):
    """The simulated meter; it sends what a twin of its house sends, whatever it was asked to."""

    vanishes = False

    def __init__(self, folder: Path, portions: Sequence[bytes]) -> None:
        super().__init__(folder, portions)
        options = Options(speed=64)
        self._clock = _HandClock()
        self._twin = World(options)
        self._drive = Drive(World(options), self._clock)
        self.port = SimMeterPort(self._drive, "sim:")

    async def opened(self) -> None:
        # Its time starts when it is first looked at.
        await self._drive.catch_up()

    async def send(self) -> bytes:
        # Eight simulated seconds: a binary fraction of a real one, so that rounding takes none away.
        self._clock.now_s += 8 / 64
        return b"".join(self._twin.advance(8))


class _HandClock:
    """Moves when told."""

    def __init__(self) -> None:
        self.now_s = 1024.0

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_s(self) -> float:
        return self.now_s


def free_port() -> int:
    """A TCP port of this machine that nobody listens on, for whoever is to listen there later.

    Held here meanwhile, so that neither another process of tests nor the system gives it away: who listens on it,
    sharing the address as all servers here do, can; to connect to it before is refused.
    """
    _HELD.rotate()
    number: int = _HELD[0].getsockname()[1]
    return number


def _held() -> socket.socket:
    """A port that is bound and not listened on; below those that the system gives away by itself."""
    while True:
        held = socket.socket()
        try:
            held.bind(("127.0.0.1", random.SystemRandom().randrange(20_000, 32_000)))
        except OSError:
            held.close()
            continue
        # Only now: with it, a port that another process holds like this would have been taken for free.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return held


_HELD = deque(_held() for _ in range(50))
"""More than any test uses. All from the start: tests look at what this process has open before and after."""

WIRES: dict[str, type[Wire]] = {"serial": SerialWire, "tcp": TcpWire, "replay": ReplayWire, "sim": SimWire}
VANISHING = [name for name, wire in WIRES.items() if wire.vanishes]
