"""A connection that begins with TLS: under the guard from its first moment, and HTTP when the handshake is done."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable

from ngair.adapters.http.guard import Guard
from ngair.adapters.http.protocol import GuardedProtocol
from ngair.model.limits import HTTP_HEADER_TIMEOUT_S, HTTP_PARSE_MAX_BYTES


class Handshaking(asyncio.Protocol):
    """Negotiates TLS, for as long as a request may take at most, and hands the connection over."""

    def __init__(
        self, context_at: Callable[[str], ssl.SSLContext], guard: Guard, make: Callable[[], GuardedProtocol]
    ) -> None:
        """`context_at` gives what to negotiate by at an address of the box, `make` the protocol that is spoken then."""
        self._context_at = context_at
        self._guard = guard
        self._make = make
        self._wire: asyncio.BaseTransport | None = None
        self._task: asyncio.Task[None] | None = None
        """Held, for the loop holds tasks weakly."""
        self.active_at_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        loop = asyncio.get_running_loop()
        self._wire = transport
        self.active_at_s = loop.time()
        peer = transport.get_extra_info("peername")
        transport.pause_reading()
        self._guard.admit(self, str(peer[0]) if peer else "")
        self._task = loop.create_task(self._negotiate(transport))

    def sweep(self, now_s: float) -> None:
        """The handshake has a time of its own."""

    def drop(self) -> None:
        """Close it at once; it leaves the guard."""
        self._guard.leave(self)
        if isinstance(self._wire, asyncio.WriteTransport):
            self._wire.abort()

    async def _negotiate(self, transport: asyncio.Transport) -> None:
        early = _Early()
        secure: asyncio.Transport | None = None
        local = transport.get_extra_info("sockname")
        # Whoever speaks no TLS, or goes away, is no error of the box.
        with contextlib.suppress(OSError):
            secure = await asyncio.get_running_loop().start_tls(
                transport,
                early,
                self._context_at(str(local[0]) if local else ""),
                server_side=True,
                ssl_handshake_timeout=HTTP_HEADER_TIMEOUT_S,
                ssl_shutdown_timeout=HTTP_HEADER_TIMEOUT_S,
            )
        self._guard.leave(self)
        if secure is None or early.lost:
            transport.abort()
            return
        protocol = self._make()
        secure.set_protocol(protocol)
        protocol.connection_made(secure)
        early.hand_over(protocol)


class _Early(asyncio.BufferedProtocol):
    """Keeps what comes between the end of the handshake and the next turn of the loop: TLS gives one piece a turn."""

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(HTTP_PARSE_MAX_BYTES))
        self._data = b""
        self._ended = False
        self.lost = False

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._data += self._buffer[:nbytes]

    def eof_received(self) -> None:
        self._ended = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def hand_over(self, protocol: GuardedProtocol) -> None:
        """Give it to whom it is for."""
        data = self._data
        while data:
            buffer = protocol.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            protocol.buffer_updated(size)
            data = data[size:]
        if self._ended:
            protocol.eof_received()
