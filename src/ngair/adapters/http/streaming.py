"""The live stream over HTTP: one task a reader, woken together, at most some times a second."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from ngair.adapters.http.asgi import Receive, Scope, Send, send_problem, until_gone
from ngair.adapters.http.protocol import CONNECTION, GuardedProtocol
from ngair.api.live import Live
from ngair.model.limits import STREAM_INTERVAL_S, STREAMS_MAX

MayStay = Callable[[], Awaitable[bool]]
"""Whether a reader who was let in would be let in now."""


class Streams:
    """The readers of the live stream."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._open = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._due = False
        self._woken_s = float("-inf")
        live.on_change = self._change

    async def answer(self, scope: Scope, receive: Receive, send: Send, may_stay: MayStay) -> None:
        """Answer a request for the stream: for as long as the reader stays, and may."""
        if self._open >= STREAMS_MAX:
            detail = f"{STREAMS_MAX} live streams are open already: close some, or read /api/v1/site instead."
            await send_problem(send, 503, detail, close=True)
            return
        # Already here: to send waits where the peer has not read what it asked for before.
        self._open += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            await self._hold(scope, receive, send, may_stay)
        finally:
            self._open -= 1

    async def _hold(self, scope: Scope, receive: Receive, send: Send, may_stay: MayStay) -> None:
        connection: GuardedProtocol | None = scope.get(CONNECTION)
        if connection is not None:
            connection.begin_stream()
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            await self._feed(connection, self._live.seen(_last_event(scope)), gone, send, may_stay)
        finally:
            gone.cancel()

    async def _feed(
        self,
        connection: GuardedProtocol | None,
        seen: int,
        gone: asyncio.Future[None],
        send: Send,
        may_stay: MayStay,
    ) -> None:
        loop = asyncio.get_running_loop()
        await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
        while not gone.done():
            # Waits until the reader has taken what it was sent. Only then is it seen what it gets next.
            await send(_NOTHING)
            if not await may_stay():
                await send({"type": "http.response.body", "body": b""})
                return
            version = self._live.version
            frame, seen = self._live.since(seen)
            if frame:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
                if connection is not None:
                    connection.active_at_s = loop.time()
            if self._live.version == version:
                await self._next(gone)

    async def _next(self, gone: asyncio.Future[None]) -> None:
        """Wait until there is something new, or the reader is gone."""
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake(_: object) -> None:
            if not news.done():
                news.set_result(None)

        self._waiting.add(news)
        gone.add_done_callback(wake)
        try:
            await news
        finally:
            self._waiting.discard(news)
            gone.remove_done_callback(wake)

    def _change(self) -> None:
        """Something is new. Readers are told at once, but not more often than the interval."""
        if self._due or not self._waiting:
            return
        self._due = True
        loop = asyncio.get_running_loop()
        loop.call_at(max(loop.time(), self._woken_s + STREAM_INTERVAL_S), self._wake)

    def _wake(self) -> None:
        self._due = False
        self._woken_s = asyncio.get_running_loop().time()
        waiting, self._waiting = self._waiting, set()
        for news in waiting:
            if not news.done():
                news.set_result(None)


def _last_event(scope: Scope) -> str:
    """The last event that the reader has: browsers send a header when they reconnect by themselves."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return bytes(value).decode("latin-1")
    with contextlib.suppress(ValueError):
        query = bytes(scope["query_string"]).decode("latin-1")
        return parse_qs(query, max_num_fields=8).get("last", [""])[-1]
    return ""


_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_RETRY = b"retry: 1000\n\n"
"""Browsers try again after a second."""
_NOTHING = {"type": "http.response.body", "body": b"", "more_body": True}
