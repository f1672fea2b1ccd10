"""Requests with parameters: checked, looked up in a thread, answered. The loop never waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import msgspec

from ngair.adapters.http.asgi import OF_THE_MOMENT, Receive, Scope, Send, send_document, send_problem, until_gone
from ngair.adapters.http.protocol import CONNECTION, GuardedProtocol
from ngair.api.export import EXPORT_TYPES, Export, export, json_pieces
from ngair.api.history import Sources
from ngair.api.queries import EXPORT, Endpoint, Query, asked
from ngair.api.spreadsheet import csv_pieces
from ngair.api.times import UnfitError, local_day
from ngair.gateway.ports import Clock, HistoryReader
from ngair.model.limits import (
    EXPORT_PORTION_ROWS,
    EXPORTS_MAX,
    HISTORY_READS_MAX,
    HISTORY_READS_WAITING_MAX,
    HISTORY_WAIT_S,
)
from ngair.model.prices import Prices
from ngair.model.site import Site

Answer = TypeVar("Answer")
log = logging.getLogger("ngair.http")


class Asking:
    """Answers what is asked of the memory, and of whatever else has parameters."""

    def __init__(
        self,
        site: Callable[[], Site],
        reader: Callable[[], HistoryReader | None],
        clock: Clock,
        zone: tzinfo,
        prices: Prices | None = None,
        others: Mapping[str, Callable[[Any], msgspec.Struct | None]] | None = None,
    ) -> None:
        """`reader` gives `None` while there is no memory. `others` answer for endpoints that are no `Query`, by path.

        They are called in a thread with the parameters, and give `None` for what is not there; they raise
        `UnfitError`, `OSError`.
        """
        self._site = site
        self._reader = reader
        self._clock = clock
        self._zone = zone
        self._currency = prices.currency if prices else None
        self._others = others or {}
        self._turns = Turns()
        self._turns_of_others = Turns()
        """Of their own: a disk that hangs must not keep anybody from looking at the box."""
        self._exports = 0

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether this is where an endpoint is answered."""
        return isinstance(endpoint, Query) or endpoint is EXPORT or endpoint.path in self._others

    async def answer(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of them."""
        try:
            params = asked(endpoint, scope["query_string"])
            if endpoint is EXPORT:
                await self._export(params, scope, receive, send)
                return
            if isinstance(endpoint, Query):
                body = await self._turns.take(partial(_encoded, partial(endpoint.answer, self._sources()), params))
            else:
                body = await self._turns_of_others.take(partial(_encoded, self._others[endpoint.path], params))
        except UnfitError as error:
            await send_problem(send, 422, str(error), close=False)
        except NoMemoryError as error:
            await send_problem(send, 503, str(error), close=False)
        except OSError as error:
            await send_problem(send, 503, self._unread(error), close=False)
        else:
            if body is None:
                await send_problem(send, 404, "There is no such thing on this box.", close=False)
            else:
                await send_document(send, body, *self._content(endpoint))

    def _sources(self) -> Sources:
        reader = self._reader()
        if reader is None:
            memory = self._site().memory
            raise NoMemoryError(memory.detail or _NO_MEMORY.get(memory.state, _NO_MEMORY["failing"]))
        return Sources(history=reader, zone=self._zone, currency=self._currency, wall_s=self._clock.wall_s())

    def _unread(self, error: OSError) -> str:
        memory = self._site().memory
        if memory.detail or memory.state == "starting":
            return memory.detail or _NO_MEMORY["starting"]
        return f"The memory cannot be read ({error.strerror or error}): try again, or look at the box's disk."

    def _content(self, endpoint: Endpoint) -> tuple[bytes, *tuple[tuple[bytes, bytes], ...]]:
        content_type = next(iter(endpoint.content)).encode("ascii")
        if not endpoint.file_name:
            return (content_type,)
        day = local_day(self._clock.wall_s(), self._zone)
        return content_type, _attached(endpoint.file_name.format(serial=self._site().box.serial, day=day))

    async def _export(self, params: Any, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = export(self._sources(), self._site().box, params)
        start = {"type": "http.response.start", "status": 200, "headers": _export_headers(wanted)}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        if self._exports >= EXPORTS_MAX:
            raise NoMemoryError(f"{EXPORTS_MAX} exports are on their way already: wait until one is done.")
        self._exports += 1
        pieces = json_pieces(wanted) if wanted.form == "json" else csv_pieces(wanted)
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            # Before it is said that all is well, for a memory that cannot be read.
            first = await asyncio.to_thread(_portion, pieces)
            await send(start)
            await self._send_pieces(first, pieces, gone, scope, send)
        finally:
            self._exports -= 1
            gone.cancel()
            with contextlib.suppress(OSError, ValueError):
                await asyncio.to_thread(pieces.close)

    async def _send_pieces(
        self, portion: bytes, pieces: Iterator[bytes], gone: asyncio.Future[None], scope: Scope, send: Send
    ) -> None:
        """Send portions as fast as the other side takes them; it has to take one before the guard finds it idle."""
        connection: GuardedProtocol | None = scope.get(CONNECTION)
        while portion and not gone.done():
            await send({"type": "http.response.body", "body": portion, "more_body": True})
            if connection is not None:
                connection.active_at_s = asyncio.get_running_loop().time()
            try:
                portion = await asyncio.to_thread(_portion, pieces)
            except OSError as error:
                # An answer that is cut off must not look whole.
                log.warning("an export was cut off: %s", error)
                if connection is not None:
                    connection.drop()
                return
        await send({"type": "http.response.body", "body": b""})


class NoMemoryError(Exception):
    """There is nothing to be looked up in, or too many want to. The text says what to do."""


class Turns:
    """Calls that take their time, each in a thread: a few at once, some wait, the others are refused."""

    def __init__(self, at_once: int = HISTORY_READS_MAX, waiting: int = HISTORY_READS_WAITING_MAX) -> None:
        self._free = at_once
        self._waiting_max = waiting
        self._waiting: deque[asyncio.Future[bool]] = deque()

    async def take(self, work: Callable[[], Answer]) -> Answer:
        """What a call gives, when its turn has come. Raises `NoMemoryError` where that is not soon."""
        if not self._free:
            await self._wait()
        else:
            self._free -= 1
        try:
            return await asyncio.to_thread(work)
        finally:
            self._next()

    async def _wait(self) -> None:
        if len(self._waiting) >= self._waiting_max:
            raise NoMemoryError(_BUSY)
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        late = loop.call_later(HISTORY_WAIT_S, _tell, turn, False)
        try:
            if not await turn:
                raise NoMemoryError(_BUSY)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self._next()
            raise
        finally:
            late.cancel()
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)

    def _next(self) -> None:
        """Give a turn that is over to who waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1


def _tell(turn: asyncio.Future[bool], granted: bool) -> None:
    if not turn.done():
        turn.set_result(granted)


def _encoded(answer: Callable[[Any], msgspec.Struct | None], params: Any) -> bytes | None:
    document = answer(params)
    return None if document is None else _ENCODER.encode(document)


def _portion(pieces: Iterator[bytes]) -> bytes:
    return b"".join(islice(pieces, EXPORT_PORTION_ROWS))


def _export_headers(wanted: Export) -> list[tuple[bytes, bytes]]:
    content_type = EXPORT_TYPES[wanted.form].encode("ascii")
    return [(b"content-type", content_type), *OF_THE_MOMENT, _attached(wanted.file_name)]


def _attached(file_name: str) -> tuple[bytes, bytes]:
    return b"content-disposition", f'attachment; filename="{file_name}"'.encode("ascii")


_ENCODER = msgspec.json.Encoder()
_BUSY = "Too many questions wait for the memory already: ask again in a moment."
_NO_MEMORY = {
    "off": "This box has no memory: history is switched off in its settings.",
    "starting": "The memory is not open yet: ask again in a moment.",
    "failing": "The memory cannot be read: look at the box's disk.",
}
