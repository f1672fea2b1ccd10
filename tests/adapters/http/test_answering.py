"""Whether the program answers is asked over real connections, and only an answer of its own counts."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from ngair.adapters.certificate import made
from ngair.adapters.http.answering import answers
from ngair.adapters.http.asgi import Receive, Scope, Send
from ngair.adapters.http.server import Secure, bind
from ngair.adapters.tls import server_context
from tests.adapters.http.serving import Serving, serving
from tests.contracts.wires import free_port
from tests.program import DEADLINE_S


class Says:
    """An application that answers everything with one status."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": self._status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def at(address: tuple[str, int]) -> socket.socket:
    """A socket that says of itself that it serves there."""
    return _Named(address)


class _Named(socket.socket):
    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__()
        self._address = address
        self.close()

    def getsockname(self) -> tuple[str, int]:
        return self._address


@pytest.mark.parametrize(
    ("status", "healthy"),
    [(200, True), (401, True), (403, True), (404, False), (421, False), (500, False), (302, False)],
)
def test_the_status_itself_or_that_it_is_locked(status: int, healthy: bool) -> None:
    app = Says(status)
    with serving(app) as server:
        assert asyncio.run(answers(at(server.address), DEADLINE_S)) is healthy
    assert app.asked == ["/status/"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_who_serves_everywhere_is_asked_on_the_loopback(host: str) -> None:
    with serving(Says(200)) as server:
        assert asyncio.run(answers(at((host, server.address[1])), DEADLINE_S))


def test_nobody_there() -> None:
    assert not asyncio.run(answers(at(("127.0.0.1", free_port())), DEADLINE_S))


def test_one_that_takes_the_connection_and_says_nothing() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert not asyncio.run(answers(listener, timeout_s=0.05))


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1", b"SSH-2.0-something\r\n"])
def test_one_that_speaks_something_else(said: bytes) -> None:
    with bind("127.0.0.1", 0) as listener:
        speaking = threading.Thread(target=_say, args=(listener, said))
        speaking.start()
        assert not asyncio.run(answers(listener, DEADLINE_S))
        speaking.join()


def test_by_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "tls.pem"
    path.write_bytes(made(["ctek-ng-air.local"], [], 1.8e9))
    listener = bind("127.0.0.1", 0)
    address = listener.getsockname()
    server = Serving(Says(200), Secure(listener, server_context(path, path)))
    server.start()
    try:
        assert asyncio.run(answers(at(address), DEADLINE_S, tls=True))
        assert not asyncio.run(answers(at(address), timeout_s=0.2))
        assert not asyncio.run(answers(at(server.address), timeout_s=0.2, tls=True))
    finally:
        server.stop()


def _say(listener: socket.socket, said: bytes) -> None:
    listener.setblocking(True)
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(said)
