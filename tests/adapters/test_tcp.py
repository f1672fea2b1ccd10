"""A meter behind a TCP socket, on sockets of this machine. What holds for every port is in `contracts/`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from ngair.adapters import tcp
from ngair.adapters.tcp import TcpPort
from ngair.gateway.ports import LinkError
from tests.contracts.wires import free_port

DEADLINE_S = 60.0


@pytest.fixture(name="listener")
def _listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        yield listener


@contextlib.contextmanager
def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: Any) -> Iterator[None]:
    """Let every name have these addresses, or this error."""

    async def getaddrinfo(self: object, host: str, port: int, **_: Any) -> list[Any]:
        if isinstance(addresses[0], Exception):
            raise addresses[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        yield


async def test_a_refused_connection_is_told() -> None:
    number = free_port()
    with pytest.raises(LinkError) as refused:
        await TcpPort("127.0.0.1", number).connect()
    assert str(refused.value) == (
        f"tcp://127.0.0.1:{number} cannot be reached (Connection refused): is the dongle on, and the port right?"
    )


async def test_an_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with resolved(monkeypatch, error), pytest.raises(LinkError, match=r"cannot be reached \(Name or service not known"):
        await TcpPort("dongle.invalid", 2000).connect()


async def test_the_first_address_that_answers_is_taken(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    with resolved(monkeypatch, ("127.0.0.1", free_port()), listener.getsockname()):
        link = await TcpPort("dongle.invalid", 1).connect()
    accepted, _ = listener.accept()
    accepted.sendall(b"/")
    accepted.close()
    async with asyncio.timeout(DEADLINE_S):
        assert await link.read() == b"/"
    await link.close()


async def test_a_silent_address_does_not_stand_before_one_that_works(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    monkeypatch.setattr(tcp, "CONNECT_TIMEOUT_S", 0.6)
    with silent_address() as silent:
        with resolved(monkeypatch, silent, listener.getsockname()):
            link = await TcpPort("dongle.invalid", 1).connect()
        await link.close()
        with resolved(monkeypatch, silent), pytest.raises(LinkError, match="it does not answer"):
            await TcpPort("dongle.invalid", 1).connect()


async def test_a_connection_that_is_reset_is_told(listener: socket.socket) -> None:
    link = await TcpPort("127.0.0.1", listener.getsockname()[1]).connect()
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(LinkError, match=r"broke off \(Connection reset by peer\)"):
            await link.read()
    await link.close()


async def test_a_dead_peer_is_noticed_by_the_system_too(listener: socket.socket) -> None:
    link = await TcpPort("127.0.0.1", listener.getsockname()[1]).connect()
    mine = link._writer.get_extra_info("socket")
    assert mine.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    await link.close()


@pytest.mark.parametrize(
    ("host", "name"), [("p1.example", "tcp://p1.example:23"), ("fe80::1%eth0", "tcp://[fe80::1%eth0]:23")]
)
def test_its_name_is_a_url(host: str, name: str) -> None:
    assert TcpPort(host, 23).name == name


@contextlib.contextmanager
def silent_address() -> Iterator[tuple[str, int]]:
    """One where nobody answers: its listener's queue is full."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()
