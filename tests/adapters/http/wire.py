"""A client that sends what it is told byte for byte, and says what came back: for all that no HTTP library would do."""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType
from typing import Self

import msgspec

from tests.program import DEADLINE_S, Answer

HOST = b"Host: 127.0.0.1\r\n"
MALFORMED = "an answer that is not HTTP"


class Wire:
    """One connection. Reading fails after a generous deadline, never quietly."""

    def __init__(self, address: tuple[str, int], source: str | None = None, receive_bytes: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket.settimeout(DEADLINE_S)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        try:
            if source is not None:
                self.socket.bind((source, 0))
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Send everything."""
        self.socket.sendall(data)

    def send_what_is_taken(self, data: bytes) -> None:
        """Send as much as the other side takes before it hangs up."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def ask(self, path: str = "/meter/", method: str = "GET", *headers: bytes) -> Answer:
        """A usual request and its answer."""
        self.send(request(path, method, *headers))
        return self.answer(method)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; `method` is that of its request, for the answer to HEAD has no body."""
        while b"\r\n\r\n" not in self._received:
            assert self._more(), f"closed within an answer: {self._received!r}"
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version == "HTTP/1.1", MALFORMED
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        assert len(headers) == len(fields), "a header came twice"
        without_body = method == "HEAD" or status in ("100", "204", "304")
        length = 0 if without_body else int(headers["content-length"])
        while len(self._received) < length:
            assert self._more(), "closed within a body"
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(status), headers, body)

    def answers_until_closed(self) -> list[Answer]:
        """Every answer until the other side closes."""
        answers = []
        while self._received or self._more():
            answers.append(self.answer())
        return answers

    def is_closed(self) -> bool:
        """Whether the other side closes without another byte."""
        return not self._received and not self._more()

    def finish_sending(self) -> None:
        """Say that nothing more will come."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close it."""
        self.socket.close()

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self._received += data
        return bool(data)


def request(path: str = "/meter/", method: str = "GET", *headers: bytes) -> bytes:
    """A usual request."""
    lines = [f"{method} {path} HTTP/1.1".encode("latin-1"), b"Host: 127.0.0.1", *headers]
    return b"\r\n".join((*lines, b"", b""))


def is_problem(answer: Answer, status: int) -> bool:
    """Whether an answer is an error as documented; fails if it is another."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert "date" in answer.headers
    document = msgspec.json.decode(answer.body)
    assert list(document) == ["type", "title", "status", "detail"]
    assert document["status"] == status
    assert document["detail"]
    return True


def in_pieces(data: bytes, count: int) -> list[bytes]:
    """Data cut into so many pieces, or fewer."""
    size = max(1, -(-len(data) // count))
    return [data[start : start + size] for start in range(0, len(data), size)]
