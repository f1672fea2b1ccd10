"""One connection: uvicorn's HTTP protocol with bounds on what a request may cost, and an end that peers can read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Literal, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ngair.adapters.http.guard import Guard
from ngair.adapters.http.refusal import refusal
from ngair.model.limits import (
    HTTP_HEADER_MAX_BYTES,
    HTTP_HEADER_TIMEOUT_S,
    HTTP_IDLE_TIMEOUT_S,
    HTTP_PARSE_MAX_BYTES,
    HTTP_READ_MAX_BYTES,
    HTTP_STREAM_BUFFER_BYTES,
    UPLOAD_LEAST_BYTES,
    UPLOAD_LEAST_S,
    UPLOAD_READ_BYTES,
)

CONNECTION = "ngair.connection"
"""Where a scope has its connection."""

Part = Literal["none", "head", "body"]
"""Which part of a request is being received."""


class GuardedProtocol(HttpToolsProtocol, asyncio.BufferedProtocol):
    """A connection under a `Guard`. A request that comes whole costs next to nothing more than without.

    One that is too large, too slow or no HTTP is answered by an error, after the answers to what came before it. Then
    nothing more is taken: the peer gets the end of the answer, may finish sending into the void, and the connection is
    closed when it does or a moment later. (RFC 9112, 9.6: closing at once would destroy the answer on its way.)
    """

    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._wire: asyncio.Transport | None = None
        self._part: Part = "none"
        self._part_bytes = 0
        self._between_bytes = 0
        self._since_s = self.active_at_s = self.loop.time()
        self._waiting = b""
        self._half_closed = False
        self._ending = False
        self._ended = False
        self._last_words = b""
        self._streaming = False
        self._uploading = False
        self._buffer = _READ_BUFFER[:HTTP_READ_MAX_BYTES]

    # uvicorn too narrows what asyncio passes to the transport of a stream.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wire = transport
        if not self._closes_by_halves:
            # TLS gives some pieces in a row before whoever answers has begun: they must not look like too long a body.
            self._buffer = _READ_BUFFER[: HTTP_READ_MAX_BYTES // 4]
        facade = SimpleNamespace(write=transport.write, is_closing=transport.is_closing, close=self._close)
        self.transport = cast(asyncio.Transport, facade)
        self._guard.admit(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.leave(self)
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _READ_BUFFER if self._is_taking_upload else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        at_once = nbytes <= HTTP_PARSE_MAX_BYTES or self._is_taking_upload
        if at_once and not self.pipeline and not self._ending:
            self._parse(bytes(_READ_BUFFER[:nbytes]))
        elif not self._ending:
            self._waiting += _READ_BUFFER[:nbytes]
            self._parse_waiting()

    # uvicorn declares that it never answers; asyncio asks for an answer.
    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether to go on writing: the peer has asked everything, but not everything is answered.

        A stream never is: whoever says no more to it is gone, for all that can be told. Nor is a connection by TLS, of
        which Python's has no half.
        """
        self._give_up_body()
        self._half_closed = self._busy and not self._ended and not self._streaming and self._closes_by_halves
        return self._half_closed

    def on_headers_complete(self) -> None:
        """As uvicorn does, but what stands behind a body in chunks is no header (RFC 9110, 6.5.1)."""
        super().on_headers_complete()
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """As uvicorn does."""
        self._between_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """As uvicorn does, and also where the answer was sent before the request was whole."""
        self.cycle.more_body = False
        self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """As uvicorn does, but without its timer for each answer: the guard sees to idle connections."""
        self._uploading = False
        if self.pipeline:
            HttpToolsProtocol.on_response_complete(self)
        else:
            # The end of a body may have come in so large a piece that reading was paused for it.
            self.flow.resume_reading()
        if self._waiting:
            self._parse_waiting()
        if (self._ending or self._half_closed) and not self._busy:
            self._end()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        vars(self)["scope"][CONNECTION] = self

    def begin_stream(self) -> None:
        """The answer has no end: little of it may wait on its way, and a stop does not wait for it.

        Whoever sends it renews `active_at_s` with what the peer takes, so that one that does not read is idle.
        """
        self._streaming = True
        if self._wire is not None and not self._wire.is_closing():
            # With none at all, TLS in Python would find an empty buffer full.
            self._wire.set_write_buffer_limits(high=0 if self._closes_by_halves else 1, low=0)
            wire = self._wire.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, HTTP_STREAM_BUFFER_BYTES)

    def begin_upload(self) -> None:
        """The body of this request may be large and slow. To be called before anything is waited for.

        Nothing more is read until somebody asks for it; then a least rate is asked of the peer.
        """
        self._uploading = True
        if self._receiving() == "body":
            self.flow.pause_reading()
            if self._ending:
                # What came behind the head was no HTTP, and whoever takes the body was not there to be told.
                self._ending = False
                self.send_400_response("")

    def shutdown(self) -> None:
        """The program stops: finish the answer that is due, then close."""
        if self._busy and not self._streaming:
            super().shutdown()
        elif self._wire is not None:
            self._wire.close()

    def send_400_response(self, msg: str) -> None:
        if self._uploading:
            self._give_up_body()
        self.refuse(400, "This is no HTTP request that the box understands.")

    def refuse(self, status: int, detail: str) -> None:
        """Take nothing more. An error follows the answers that are due, unless it is about a request answered."""
        if self._ending:
            return
        if self._receiving() != "body" or self.cycle.disconnected:
            self._last_words = self._error(status, detail)
        self._stop_taking()
        if not self._busy:
            self._end()

    def sweep(self, now_s: float) -> None:
        """Close what takes too long over a request or over its own end, and what has long said nothing."""
        if self._uploading and not self._ending:
            self._sweep_upload(now_s)
            return
        overdue = now_s - self._since_s > HTTP_HEADER_TIMEOUT_S
        if now_s - self.active_at_s > HTTP_IDLE_TIMEOUT_S or (self._ending and overdue):
            self.drop()
        elif self._part != "none" and overdue:
            self._give_up_body()
            self.refuse(408, f"A request has to be complete within {HTTP_HEADER_TIMEOUT_S:g} s.")

    def _sweep_upload(self, now_s: float) -> None:
        """While the peer has nothing to do, it is not slow: it is verified, written, or held up by a slow disk."""
        self.active_at_s = now_s
        if self.flow.read_paused or not self._is_taking_upload or self._part_bytes >= UPLOAD_LEAST_BYTES:
            self._part_bytes = 0
            self._since_s = now_s
        elif now_s - self._since_s > UPLOAD_LEAST_S:
            self._give_up_body()
            self.refuse(408, f"An upload has to bring {UPLOAD_LEAST_BYTES >> 10} KiB in {UPLOAD_LEAST_S:g} s.")

    def _give_up_body(self) -> None:
        """Tell an application that waits for a body before it answers that there will be none, nor an answer."""
        if self._receiving() == "body" and not self.pipeline and not self.cycle.response_started:
            self.cycle.disconnected = self.cycle.response_complete = True
            self.cycle.message_event.set()

    def drop(self) -> None:
        """Close at once and without a word, even if the peer does not read."""
        self._guard.leave(self)
        if self._wire is not None:
            self._wire.abort()

    @property
    def _closes_by_halves(self) -> bool:
        """Whether the peer can be told that nothing more comes while it still sends: not by TLS."""
        return self._wire is not None and self._wire.can_write_eof()

    @property
    def _busy(self) -> bool:
        """Whether an answer is due."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_taking_upload(self) -> bool:
        """Whether what comes is an upload's: only then it is large, and holds no other requests to be queued."""
        return self._uploading and self._receiving() == "body"

    def _receiving(self) -> Part:
        """Which part of a request is not whole yet: its scope is made at the first byte, its cycle behind the head."""
        scope: object = self.scope
        if scope is not (self.cycle.scope if self.cycle else None):
            return "head"
        return "body" if self.cycle and self.cycle.more_body else "none"

    def _parse(self, data: bytes) -> None:
        cycle = self.cycle
        HttpToolsProtocol.data_received(self, data)
        if self.cycle is not cycle:
            cycle = self.cycle
            self._part = "none"
            self.active_at_s = self.loop.time()
            if self.parser.should_upgrade():
                # What follows is meant for a protocol that is not spoken here.
                cycle.keep_alive = False
            if not cycle.more_body and cycle.scope is self.scope:
                return
        if not self._ending:
            self._count(len(data))

    def _count(self, size: int) -> None:
        """Count the bytes of a part of a request that is not whole yet."""
        part = self._receiving()
        if part != self._part:
            self._part = part
            self._part_bytes = 0
            self._since_s = self.loop.time()
        self._part_bytes += size
        if self._uploading:
            # Reset by what is of the body, which is most of such a piece: so one more may come.
            self._between_bytes += size
            if part == "body" and self._between_bytes > UPLOAD_READ_BYTES + HTTP_HEADER_MAX_BYTES:
                self._give_up_body()
                self.refuse(431, f"Between what belongs to an upload {HTTP_HEADER_MAX_BYTES} bytes may stand.")
        if self._part_bytes > HTTP_HEADER_MAX_BYTES and not self._uploading:
            if part == "head":
                self.refuse(431, f"Request line and headers may have {HTTP_HEADER_MAX_BYTES} bytes together.")
            elif part == "body":
                self.refuse(413, f"The body of a request may have {HTTP_HEADER_MAX_BYTES} bytes.")

    def _parse_waiting(self) -> None:
        """Go on while uvicorn has nothing queued; the rest waits, and the peer with it."""
        while self._waiting and not self.pipeline:
            data, self._waiting = self._waiting[:HTTP_PARSE_MAX_BYTES], self._waiting[HTTP_PARSE_MAX_BYTES:]
            self._parse(data)
        if self._waiting:
            self.flow.pause_reading()

    def _error(self, status: int, detail: str) -> bytes:
        headers, body = refusal(status, detail, close=True)
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode("ascii")]
        lines += [b"%b: %b" % header for header in (*self.server_state.default_headers, *headers)]
        return b"\r\n".join((*lines, b"", body))

    def _close(self) -> None:
        """What uvicorn takes for the transport's `close`: after an answer that says so, after a long idle time."""
        self._stop_taking()
        self._end()

    def _stop_taking(self) -> None:
        self._ending = True
        self._waiting = b""
        self._since_s = self.loop.time()

    def _end(self) -> None:
        """Say the last, and that it was the last."""
        if self._ended or self._wire is None:
            return
        self._ended = True
        vars(self.transport)["is_closing"] = _yes
        if self._last_words:
            self._wire.write(self._last_words)
        if self._half_closed or self._receiving() == "none":
            self._wire.close()
            return
        self.flow.resume_reading()
        if self._closes_by_halves:
            with contextlib.suppress(OSError):
                self._wire.write_eof()


def _yes() -> bool:
    return True


_READ_BUFFER = memoryview(bytearray(UPLOAD_READ_BYTES))
"""One for all connections: what was read is taken out at once."""
