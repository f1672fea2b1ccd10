"""The whole program among clients that mean harm or know no better: bounded, never dead, never silent to the others."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import select
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ngair.model.limits import HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_PER_PEER
from tests.adapters.http.wire import HOST, Wire, is_problem, request
from tests.program import Box, running, wait_for

IDLE = 1000
"""Sockets that are opened and say nothing."""
OWN_DESCRIPTORS = 40
"""Files that the program has open for itself, with room to spare."""
GROWTH_MAX_MB = 60
"""What 200 connections may wait for, each with its buffers: far from what a peer could send in the same time."""


@pytest.fixture(name="box", scope="module")
def _box() -> Iterator[Box]:
    with running("demo") as box:
        box.until("/evse/", bool)
        yield box
        told = "".join(box.errors)
        assert box.process.poll() is None, told
        assert "Traceback" not in told
        assert "ERROR" not in told


@pytest.fixture(autouse=True)
def _alive(box: Box) -> Iterator[None]:
    """After every test the next client is answered, and what was opened is closed."""
    yield
    assert box.get("/meter/").status == 200
    wait_for(lambda: descriptors(box) < OWN_DESCRIPTORS)


@pytest.fixture(name="many", scope="module", autouse=True)
def _many() -> Iterator[None]:
    """Enough file descriptors for the test's own side."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * IDLE
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestSize:
    def test_twenty_kibibytes_of_headers(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(request("/meter/", "GET", *[b"X-%d: " % number + b"a" * 1000 for number in range(20)]))
            assert is_problem(wire.answer(), 431)
            assert wire.is_closed()

    def test_headers_without_end(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(b"GET /meter/ HTTP/1.1\r\n")
            for _ in range(1000):
                wire.send_what_is_taken(b"X: " + b"a" * 10_000 + b"\r\n")
            assert is_problem(wire.answer(), 431)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_gigabyte_announced(self, box: Box, method: str) -> None:
        with Wire(box.address) as wire:
            wire.send(request("/meter/", method, b"Content-Length: 1000000000"))
            assert wire.answer(method).status == (200 if method == "GET" else 405)
            for _ in range(300):
                wire.send_what_is_taken(b"a" * 100_000)
            assert wire.is_closed()

    def test_a_very_long_path(self, box: Box) -> None:
        with Wire(box.address) as wire:
            assert is_problem(wire.ask("/" + "%2e" * 4000), 404)
        with Wire(box.address) as wire:
            wire.send_what_is_taken(request("/" + "a" * 100_000))
            assert is_problem(wire.answer(), 431)


class TestTime:
    """Real seconds: the program's own clock closes these."""

    def test_slow_requests_are_closed_and_nobody_waits_for_them(self, box: Box) -> None:
        head, body, chunks, posted = (Wire(box.address) for _ in range(4))
        with head, body, chunks, posted:
            body.send(request("/meter/", "GET", b"Content-Length: 10000"))
            chunks.send(request("/meter/", "GET", b"Transfer-Encoding: chunked"))
            posted.send(request("/upload/x", "POST", b"Content-Length: 10000"))
            assert body.answer().status == 200
            assert chunks.answer().status == 200
            assert is_problem(posted.answer(), 401)
            trickle = iter(request("/meter/", "GET", b"X: " + b"a" * 10_000))

            def answered() -> bool:
                head.send_what_is_taken(bytes([next(trickle)]))
                body.send_what_is_taken(b"a")
                chunks.send_what_is_taken(b"1\r\na\r\n")
                posted.send_what_is_taken(b"a")
                assert box.get("/meter/").status == 200
                return all(has_something_to_read(wire) for wire in (head, body, chunks, posted))

            wait_for(answered)
            assert is_problem(head.answer(), 408)
            for wire in (head, body, chunks, posted):
                assert wire.is_closed()


class TestForm:
    @pytest.mark.parametrize(
        "data",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"NO HTTP\r\n\r\n",
            b"GET /meter\x00/ HTTP/1.1\r\n\r\n",
            "GET /mätare/ HTTP/1.1\r\n\r\n".encode(),
            b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET /meter/ HTTP/1.1\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
            b"CONNECT example.com:443 HTTP/1.1\r\n" + HOST + b"\r\n",
        ],
    )
    def test_what_is_no_http(self, box: Box, data: bytes) -> None:
        with Wire(box.address) as wire:
            wire.send(data)
            assert is_problem(wire.answer(), 400)
            assert wire.is_closed()

    @pytest.mark.parametrize(
        "path",
        ["//", "//meter/", "/../../etc/passwd", "/%2e%2e/", "/%00", "/%ff", "/%", "/meter/%0d%0aX:%20y", "/\\meter"],
    )
    def test_a_path_that_is_none(self, box: Box, path: str) -> None:
        with Wire(box.address) as wire:
            assert is_problem(wire.ask(path), 404)

    @pytest.mark.parametrize("target", ["http://evil.example/meter/", "http://[::1]/meter/", "http://a:1/meter/?x"])
    def test_a_target_with_a_host(self, box: Box, target: str) -> None:
        with Wire(box.address) as wire:
            assert wire.ask(target).status == 200

    def test_a_foreign_host_changes_nothing(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(b"POST /api/v1/site HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}")
            assert is_problem(wire.answer(), 421)

    def test_nonsense_in_chunks(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(request("/meter/", "POST", b"Transfer-Encoding: chunked") + b"zz\r\n\r\n")
            assert is_problem(wire.answer(), 405)
            assert wire.is_closed()

    def test_expect_continue(self, box: Box) -> None:
        with Wire(box.address) as wire:
            answer = wire.ask("/upload/x", "POST", b"Content-Length: 5", b"Expect: 100-continue")
            assert is_problem(answer, 401)

    def test_http_1_0(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(b"GET /meter/ HTTP/1.0\r\n\r\n")
            assert [answer.status for answer in wire.answers_until_closed()] == [200]

    def test_a_web_socket(self, box: Box) -> None:
        with Wire(box.address) as wire:
            headers = (
                b"Upgrade: websocket",
                b"Connection: Upgrade",
                b"Sec-WebSocket-Key: x",
                b"Sec-WebSocket-Version: 13",
            )
            assert wire.ask("/meter/", "GET", *headers).status == 200
            assert wire.is_closed()

    def test_random_bytes(self, box: Box) -> None:
        chance = random.Random(20231009)
        for _ in range(200):
            with Wire(box.address) as wire:
                wire.send_what_is_taken(mutated(chance))
        assert box.get("/meter/").status == 200


class TestNumber:
    def test_a_thousand_requests_in_a_row(self, box: Box) -> None:
        with Wire(box.address) as wire:
            wire.send(request() * 1000)
            wire.finish_sending()
            assert [answer.status for answer in wire.answers_until_closed()] == [200] * 1000

    def test_thirty_one_at_once(self, box: Box) -> None:
        with opened(box, 31) as wires:
            for wire in wires:
                wire.send(request())
            assert [wire.answer().status for wire in wires] == [200] * 31

    def test_a_thousand_idle_from_one_peer(self, box: Box) -> None:
        with opened(box, IDLE):
            assert_others_are_served(box)
            wait_for(lambda: descriptors(box) <= HTTP_CONNECTIONS_PER_PEER + OWN_DESCRIPTORS)

    def test_a_thousand_idle_from_many_peers(self, box: Box) -> None:
        with opened(box, IDLE, lambda number: f"127.0.1.{1 + number % 50}"):
            assert_others_are_served(box)
            wait_for(lambda: descriptors(box) <= HTTP_CONNECTIONS_MAX + OWN_DESCRIPTORS)

    def test_a_thousand_that_have_begun_a_request(self, box: Box) -> None:
        with opened(box, IDLE, lambda number: f"127.0.2.{1 + number % 250}", b"GET /meter/ HTTP/1.1\r\nX: a"):
            assert_others_are_served(box)

    def test_memory_with_clients_that_never_read(self, box: Box) -> None:
        """Each asks for more than any buffer holds, and takes nothing."""
        begun_mb = memory_mb(box)
        with opened(
            box, 2 * HTTP_CONNECTIONS_MAX, lambda number: f"127.0.3.{1 + number % 10}", request("/") * 400, 4096
        ):
            assert_others_are_served(box)
            assert memory_mb(box) - begun_mb < GROWTH_MAX_MB

    def test_memory_with_clients_that_never_stop_asking(self, box: Box) -> None:
        begun_mb = memory_mb(box)
        with opened(box, 20) as wires:
            for wire in wires:
                wire.socket.setblocking(False)
            for _ in range(200):
                for wire in wires:
                    with contextlib.suppress(BlockingIOError):
                        wire.socket.send(request() * 1000)
            assert_others_are_served(box)
            assert memory_mb(box) - begun_mb < GROWTH_MAX_MB

    def test_connections_that_come_and_go_leave_nothing(self, box: Box) -> None:
        def churn() -> None:
            for _ in range(1000):
                with Wire(box.address) as wire:
                    wire.send(b"GET /meter/ HTTP/1.1\r\n")

        churn()
        begun_mb = memory_mb(box)
        churn()
        assert memory_mb(box) - begun_mb < 10


@contextlib.contextmanager
def opened(
    box: Box,
    count: int,
    source: Callable[[int], str | None] = lambda number: None,
    data: bytes = b"",
    receive_bytes: int | None = None,
) -> Iterator[list[Wire]]:
    """Connections that are held open from this side, each with something said."""
    wires: list[Wire] = []
    try:
        for number in range(count):
            wires.append(Wire(box.address, source(number), receive_bytes))
            if data:
                wires[-1].send_what_is_taken(data)
        yield wires
    finally:
        for wire in wires:
            wire.close()


def assert_others_are_served(box: Box) -> None:
    """New clients, one after another, from a peer of their own and from the same."""
    for _ in range(3):
        assert box.get("/meter/").status == 200
        with Wire(box.address, "127.0.0.99") as wire:
            assert wire.ask().status == 200


def descriptors(box: Box) -> int:
    return len(os.listdir(f"/proc/{box.process.pid}/fd"))  # noqa: PTH208 - links that vanish while listed


def memory_mb(box: Box) -> float:
    pages = int(Path(f"/proc/{box.process.pid}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def has_something_to_read(wire: Wire) -> bool:
    """Whether an answer or the end has come."""
    return bool(select.select([wire.socket], [], [], 0)[0])


def mutated(chance: random.Random) -> bytes:
    """A request with some bytes changed, cut out, or put in; or nothing but noise."""
    data = bytearray(
        chance.choice([request(), request("/x", "POST", b"Content-Length: 3") + b"abc", chance.randbytes(300)])
    )
    for _ in range(chance.randrange(8)):
        where = chance.randrange(len(data) + 1)
        data[where : where + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    return bytes(data)
