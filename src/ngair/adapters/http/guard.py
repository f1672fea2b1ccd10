"""What a client may cost: bytes and seconds for a request, connections for a peer, connections for all."""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ngair.api.problems import CONTENT_TYPE, problem
from ngair.model.limits import (
    HTTP_CONNECTIONS_MAX,
    HTTP_CONNECTIONS_PER_PEER,
    HTTP_HEADER_MAX_BYTES,
    HTTP_HEADER_TIMEOUT_S,
    HTTP_IDLE_TIMEOUT_S,
)


class Guard:
    """The connections that are open. When there are too many, the one that has been idle longest goes."""

    def __init__(self) -> None:
        self.connections: dict[GuardedProtocol, str] = {}
        self._peers: Counter[str] = Counter()

    def admit(self, connection: GuardedProtocol, peer: str) -> None:
        """Take a new connection in, at the cost of an old one if need be."""
        if self._peers[peer] >= HTTP_CONNECTIONS_PER_PEER:
            self._close_oldest(peer)
        elif len(self.connections) >= HTTP_CONNECTIONS_MAX:
            self._close_oldest(None)
        self.connections[connection] = peer
        self._peers[peer] += 1

    def leave(self, connection: GuardedProtocol) -> None:
        """Forget a connection. Safe to call twice."""
        peer = self.connections.pop(connection, None)
        if peer is not None:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    def sweep(self, now_s: float) -> None:
        """Close what takes too long over a request and what has long said nothing. Called once a second."""
        for connection in list(self.connections):
            since_s = connection.loose_since_s
            if since_s is not None and now_s - since_s > HTTP_HEADER_TIMEOUT_S:
                connection.refuse(408, f"A request has to be complete within {HTTP_HEADER_TIMEOUT_S:g} s.")
            elif now_s - connection.active_at_s > HTTP_IDLE_TIMEOUT_S:
                connection.drop()

    def _close_oldest(self, peer: str | None) -> None:
        candidates = [c for c, its_peer in self.connections.items() if peer is None or its_peer == peer]
        min(candidates, key=lambda c: (c.busy, c.active_at_s)).drop()


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds on what it reads. A request that comes whole costs next to nothing more."""

    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._loose_bytes = 0
        self.active_at_s = self.loop.time()
        self.loose_since_s: float | None = None
        """Since when bytes are held that no request follows from yet."""

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._guard.admit(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.active_at_s = self.loop.time()
        if self._loose_bytes or len(data) > HTTP_HEADER_MAX_BYTES:
            self._receive_bounded(data)
            return
        cycle = self.cycle
        HttpToolsProtocol.data_received(self, data)
        if self.cycle is cycle:
            self._count_loose(len(data))

    def _receive_bounded(self, data: bytes) -> None:
        """Hand on no more at a time than a request may still have."""
        while data and not self.transport.is_closing():
            room = HTTP_HEADER_MAX_BYTES - self._loose_bytes
            cycle = self.cycle
            super().data_received(data[:room])
            if self.cycle is cycle:
                self._count_loose(len(data[:room]))
            else:
                self._loose_bytes, self.loose_since_s = 0, None
            data = data[room:]

    def _count_loose(self, size: int) -> None:
        """Count bytes that completed no request, unless an answer waits for them as its request's body."""
        if self.busy and self.cycle.more_body:
            return
        if not self._loose_bytes:
            self.loose_since_s = self.active_at_s
        self._loose_bytes += size
        if self._loose_bytes >= HTTP_HEADER_MAX_BYTES:
            self.refuse(431, f"Request line and headers may have {HTTP_HEADER_MAX_BYTES} bytes together.")

    def send_400_response(self, msg: str) -> None:
        self.refuse(400, "This is no HTTP request that the box understands.")

    def refuse(self, status: int, detail: str) -> None:
        """Answer an error, unless another answer has begun, and close."""
        if not self.busy and not self.transport.is_closing():
            body = problem(status, detail)
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {CONTENT_TYPE.decode()}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()
        self._guard.leave(self)

    def drop(self) -> None:
        """Close without a word, at once, even if the peer does not read."""
        self._guard.leave(self)
        self.transport.abort()
