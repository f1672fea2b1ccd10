"""The HTTP server in a thread of the test's own process, for tests that look at it from both sides."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar, cast
from unittest import mock

from ngair.adapters.http import server as module
from ngair.adapters.http.asgi import AsgiApp
from ngair.adapters.http.guard import Guard
from ngair.adapters.http.protocol import GuardedProtocol
from ngair.adapters.http.server import Secure, bind, serve
from tests.adapters.http.wire import Wire
from tests.program import DEADLINE_S, wait_for

Result = TypeVar("Result")


class StillGuard(Guard):
    """A guard whose clock stands still, so that a slow machine changes nothing; tests move it."""

    def sweep(self, now_s: float) -> None:
        """The server's own look at the clock."""

    def look(self, now_s: float) -> None:
        """The test's."""
        super().sweep(now_s)


class Complaints(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self._kept.append(record.getMessage())


class Serving:
    """A server that runs."""

    def __init__(self, app: AsgiApp, secure: Secure | None = None) -> None:
        self._app = app
        self._secure = secure
        self._listener = bind("127.0.0.1", 0)
        self.address: tuple[str, int] = self._listener.getsockname()
        self.guard = StillGuard()
        self._wires: list[Wire] = []
        self.complaints: list[str] = []
        """What the loop reported as unhandled, and what was logged as an error."""
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._task: asyncio.Task[None]

    def start(self) -> None:
        """Serve."""
        self._thread.start()
        assert self._started.wait(DEADLINE_S)

    def stop(self) -> None:
        """Stop, as the program does."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def hang_up(self) -> None:
        """End every connection, from both sides."""
        for wire in self._wires:
            wire.close()
        self._wires.clear()
        if self._thread.is_alive():
            self.inside(self.guard.drop_all)

    def inside(self, work: Callable[[], Result]) -> Result:
        """Call something in the server's own loop."""

        async def call() -> Result:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(DEADLINE_S)

    def later(self, seconds: float) -> None:
        """Let the guard look at the clock as if these seconds had passed, beside those that did."""
        self.inside(lambda: self.guard.look(self._loop.time() + seconds))

    def exactly_later(self, wire: Wire, seconds: float) -> None:
        """As if these seconds, and no more, had passed since a connection did what it is measured from."""
        one = self.connection(wire)
        self.inside(lambda: self.guard.look((one.active_at_s if one._part == "none" else one._since_s) + seconds))

    def wire(self, source: str | None = None) -> Wire:
        """A connection that the server has accepted; closed at the end of the test at the latest."""
        wire = Wire(self.address, source)
        self._wires.append(wire)
        mine = wire.socket.getsockname()[:2]
        wait_for(lambda: mine in self.clients())
        return wire

    def clients(self) -> set[tuple[str, int] | None]:
        """The far ends of all connections that the guard holds."""
        return self.inside(lambda: {cast(GuardedProtocol, one).client for one in self.guard.connections})

    def connection(self, wire: Wire) -> GuardedProtocol:
        """The server's side of a connection."""
        mine = wire.socket.getsockname()[:2]
        held = self.inside(lambda: [cast(GuardedProtocol, one) for one in self.guard.connections])
        [connection] = [one for one in held if one.client == mine]
        return connection

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda loop, context: self.complaints.append(str(context)))
        with mock.patch.object(module, "Guard", return_value=self.guard):
            self._task = asyncio.create_task(serve(self._app, self._listener, 1.5, self._secure))
            await asyncio.sleep(0)
            self._started.set()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


@contextlib.contextmanager
def serving(app: AsgiApp) -> Iterator[Serving]:
    """An application served on a free port of this machine. Nothing may go wrong unseen."""
    server = Serving(app)
    listening = Complaints(server.complaints)
    logging.getLogger().addHandler(listening)
    server.start()
    try:
        yield server
    finally:
        server.hang_up()
        server.stop()
        logging.getLogger().removeHandler(listening)
    assert server.complaints == []


def send_until_stuck(server: Serving, wire: Wire, data: bytes) -> None:
    """Send again and again until the server reads no more, and nothing fits in between."""
    connection = server.connection(wire)
    wire.socket.setblocking(False)
    rest, taken = data, 1
    while taken or not server.inside(lambda: connection.flow.read_paused):
        try:
            taken = wire.socket.send(rest)
        except BlockingIOError:
            taken = 0
            time.sleep(0.01)
        rest = rest[taken:] or data
    wire.socket.settimeout(DEADLINE_S)


def wait_until_received(server: Serving, wire: Wire, part: str) -> None:
    """Wait until the server has so much of a request: `head`, `body`, or `none` of one that is not whole."""
    wait_for(lambda: server.connection(wire)._part == part)
