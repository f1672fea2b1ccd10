"""The HTTP server, run inside the program's own loop."""

from __future__ import annotations

import asyncio
import errno
import functools
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import uvicorn

from ngair.adapters.http.asgi import AsgiApp
from ngair.adapters.http.guard import Guard
from ngair.adapters.http.handshaking import Handshaking
from ngair.adapters.http.protocol import GuardedProtocol
from ngair.gateway.ports import LinkError
from ngair.model.limits import HTTP_BACKLOG


class Secure(NamedTuple):
    """Where to serve by TLS, and with which certificate."""

    listener: socket.socket
    context: ssl.SSLContext
    at: Callable[[str], ssl.SSLContext] | None = None
    """The one for whoever comes to an address of the box, where they differ."""


def bind(host: str, port: int, flag: str = "--http") -> socket.socket:
    """A listening socket; an empty host is every address, IPv6 too where there is any. Raises `LinkError`.

    `flag` is the setting that says where.
    """
    try:
        listener = _bind(host, port)
        # Connections inherit it. Else the second half of an answer waits 40 ms for the first to be acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except PermissionError as error:
        raise LinkError(
            f"port {port} needs rights that this user does not have: use {flag} :{8080 if port != 443 else 8443}, "
            "or a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE"
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LinkError(f"port {port} is in use by another program: stop it, or use {flag} :{port + 1}") from error
        raise LinkError(f"cannot listen on {host or 'any address'}, port {port}: {error.strerror or error}") from error


def _bind(host: str, port: int) -> socket.socket:
    if not host:
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=HTTP_BACKLOG)
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            host = "0.0.0.0"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=HTTP_BACKLOG)


async def serve(app: AsgiApp, listener: socket.socket, stop_timeout_s: float, secure: Secure | None = None) -> None:
    """Answer until cancelled; then every connection is closed within `stop_timeout_s`."""
    guard = Guard()
    config = uvicorn.Config(
        cast(Any, app),
        http=cast(Any, functools.partial(GuardedProtocol, guard=guard)),
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=HTTP_BACKLOG,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    await server.startup(sockets=[listener])
    if secure is not None:
        server.servers.append(await _serve_securely(server, secure, guard))
    try:
        while True:
            await server.on_tick(0)
            guard.sweep(asyncio.get_running_loop().time())
            await asyncio.sleep(_until_next_second_s())
    finally:
        await _stop(server, guard, listener, stop_timeout_s)


async def _serve_securely(server: uvicorn.Server, secure: Secure, guard: Guard) -> asyncio.Server:
    """Serve the same by TLS: the handshake is no part of a protocol to asyncio, so it would go on unguarded."""

    def make() -> GuardedProtocol:
        return GuardedProtocol(
            config=server.config, server_state=server.server_state, app_state=server.lifespan.state, guard=guard
        )

    def begin() -> Handshaking:
        return Handshaking(secure.at or (lambda address: secure.context), guard, make)

    return await asyncio.get_running_loop().create_server(begin, sock=secure.listener, backlog=HTTP_BACKLOG)


async def _stop(server: uvicorn.Server, guard: Guard, listener: socket.socket, timeout_s: float) -> None:
    """Half of the time for answers that are on their way, the other half for what is left of their tasks."""
    closing = asyncio.ensure_future(server.shutdown(sockets=[listener]))
    try:
        # Not asyncio.timeout: before Python 3.11.4 it is of no use in a task that is being cancelled.
        await asyncio.wait({closing}, timeout=timeout_s / 2)
    finally:
        closing.cancel()
        guard.drop_all()
    await asyncio.wait({closing, *server.server_state.tasks}, timeout=timeout_s / 2)


def _until_next_second_s() -> float:
    """The Date header is renewed with the clock's second: no document may be dated later (RFC 9110, 8.8.2.1)."""
    return 1 - time.time() % 1
