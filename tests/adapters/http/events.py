"""A reader of server-sent events that keeps to the format byte by byte (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tests.adapters.http.wire import Wire, request


class Event(msgspec.Struct):
    """One event."""

    kind: str
    id: str
    data: Any


class EventReader:
    """The events of a stream that is open on a wire."""

    def __init__(self, wire: Wire, last: str = "", path: str = "/api/v1/stream") -> None:
        header = [f"Last-Event-ID: {last}".encode("latin-1")] if last else []
        wire.send(request(path, "GET", *header))
        self._wire = wire
        self._received = b""
        self._body = b""
        self.head = self._until(b"\r\n\r\n").decode("latin-1").lower()

    def next(self) -> Event:
        """The next event. Fails when the stream ends."""
        event = Event("message", "", None)
        while True:
            line = self._line()
            field, _, value = line.partition(": ")
            if field == "event":
                event.kind = value
            elif field == "id":
                event.id = value
            elif field == "data":
                event.data = msgspec.json.decode(value)
            elif not line and event.data is not None:
                return event

    def sites(self) -> Iterator[tuple[list[Any], Event]]:
        """Each site with the points that came before it."""
        points: list[Any] = []
        while True:
            event = self.next()
            if event.kind == "points":
                points += event.data
            else:
                assert event.kind == "site"
                yield points, event
                points = []

    def _line(self) -> str:
        while b"\n" not in self._body:
            size = int(self._until(b"\r\n"), 16)
            assert size, "the stream ended"
            while len(self._received) < size + 2:
                self._receive()
            self._body += self._received[:size]
            assert self._received[size : size + 2] == b"\r\n"
            self._received = self._received[size + 2 :]
        line, _, self._body = self._body.partition(b"\n")
        return line.decode("utf-8")

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._receive()
        found, _, self._received = self._received.partition(end)
        return found

    def _receive(self) -> None:
        data = self._wire.socket.recv(65536)
        assert data, "the stream was closed"
        self._received += data
