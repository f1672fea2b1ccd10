"""Requests in a row, without waiting for the answers: answered in order, with little waiting in memory."""

from __future__ import annotations

import asyncio

import pytest

from ngair.adapters.http.asgi import Receive, Scope, Send
from ngair.model.limits import HTTP_HEADER_MAX_BYTES, HTTP_HEADER_TIMEOUT_S, HTTP_PARSE_MAX_BYTES
from tests.adapters.http.serving import Serving, send_until_stuck, serving
from tests.adapters.http.wire import is_problem, request
from tests.program import wait_for

LATE_S = HTTP_HEADER_TIMEOUT_S + 0.5


class TestRow:
    """Requests in a row, without waiting for the answers."""

    def test_a_thousand_are_answered_in_order(self, server: Serving) -> None:
        paths = [("/meter/", "/evse/", "/x")[number % 3] for number in range(1000)]
        with server.wire() as wire:
            wire.send(b"".join(request(path) for path in paths))
            for path in paths:
                answer = wire.answer()
                assert answer.status == (404 if path == "/x" else 200)
                assert path != "/evse/" or answer.body == b"[]"

    def test_all_are_answered_though_the_peer_sends_no_more(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request() * 1000)
            wire.finish_sending()
            assert [answer.status for answer in wire.answers_until_closed()] == [200] * 1000

    def test_one_and_the_end_of_sending(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request())
            wire.finish_sending()
            assert [answer.status for answer in wire.answers_until_closed()] == [200]

    def test_half_a_request_and_the_end_of_sending(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request() * 3 + b"GET /me")
            wire.finish_sending()
            assert [answer.status for answer in wire.answers_until_closed()] == [200] * 3
            wait_for(lambda: not server.clients())

    def test_what_waits_is_bounded_whatever_is_sent(self, server: Serving) -> None:
        """The queue of a peer that does not read: a few requests and one reading's bytes, however many it sends."""
        with server.wire() as wire:
            send_until_stuck(server, wire, b"GET /big HTTP/1.1\r\nHost:a\r\n\r\n" * 1000)
            connection = server.connection(wire)
            wait_for(lambda: server.inside(lambda: connection.flow.write_paused))
            queued, waiting = server.inside(lambda: (len(connection.pipeline), len(connection._waiting)))
            assert 0 < queued <= HTTP_PARSE_MAX_BYTES // 18 + 1
            assert waiting <= HTTP_HEADER_MAX_BYTES

    def test_what_waits_is_bounded_while_all_is_read(self, server: Serving) -> None:
        with server.wire() as wire:
            connection = server.connection(wire)
            most = 0
            for _ in range(50):
                wire.send(request() * 50)
                most = max(most, server.inside(lambda: len(connection.pipeline)))
                for _ in range(50):
                    assert wire.answer().status == 200
            assert most <= HTTP_PARSE_MAX_BYTES // 18 + 1

    def test_what_waits_is_bounded_while_it_comes_in_small_pieces(self) -> None:
        gate = Gate()
        piece = b"GET / HTTP/1.1\r\nHost:a\r\n\r\n" * (HTTP_PARSE_MAX_BYTES // 26)
        with serving(gate.app) as server, server.wire() as wire:
            connection = server.connection(wire)
            for _ in range(20):
                wire.send(piece)
                gate.let_through(server, 1)
                assert wire.answer().status == 200
            assert server.inside(lambda: len(connection.pipeline)) <= HTTP_PARSE_MAX_BYTES // 18 + 1
            server.hang_up()
            gate.let_through(server, 1)

    @pytest.mark.parametrize("data", [request(), request() + b"GET /me"])
    def test_who_ends_sending_still_gets_the_answer_that_is_due(self, data: bytes) -> None:
        gate = Gate()
        with serving(gate.app) as server, server.wire() as wire:
            wire.send(data)
            wire.finish_sending()
            wait_for(lambda: not server.clients() or server.connection(wire)._half_closed)
            gate.let_through(server, 1)
            assert [answer.status for answer in wire.answers_until_closed()] == [200]
            wait_for(lambda: not server.clients())

    def test_who_ends_sending_still_gets_all_answers_that_are_due(self) -> None:
        gate = Gate()
        with serving(gate.app) as server, server.wire() as wire:
            wire.send(request() * 3)
            wire.finish_sending()
            gate.let_through(server, 1)
            assert wire.answer().status == 200
            wait_for(lambda: not server.clients() or server.connection(wire)._half_closed)
            gate.let_through(server, 2)
            assert [answer.status for answer in wire.answers_until_closed()] == [200, 200]

    def test_an_error_waits_for_the_answers_before_it(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request() * 5 + b"NO HTTP\r\n\r\n" + request())
            assert [wire.answer().status for _ in range(5)] == [200] * 5
            assert is_problem(wire.answer(), 400)
            assert wire.is_closed()

    @pytest.mark.parametrize(
        "last",
        [
            request("/meter/", "GET", b"Connection: close"),
            request("/meter/", "POST"),
            b"GET /meter/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ],
        ids=["said by the peer", "said by us", "HTTP/1.0"],
    )
    @pytest.mark.parametrize("more", [request(), request() * 3, request() * 100, b"GET /me", request() + b"GET /me"])
    def test_nothing_is_answered_behind_the_last(self, server: Serving, last: bytes, more: bytes) -> None:
        with server.wire() as wire:
            wire.send(last + more)
            assert wire.answer().headers["connection"] == "close"
            assert wire.is_closed()
        wait_for(lambda: not server.clients())

    def test_nothing_is_worked_on_behind_the_last(self) -> None:
        gate = Gate(open_for=1000)
        with serving(gate.app) as server, server.wire() as wire:
            wire.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + request() * 200)
            assert wire.answer().headers["connection"] == "close"
            assert wire.is_closed()
            wire.close()
            wait_for(lambda: not server.clients())
            assert gate.asked == 1

    def test_a_slow_request_behind_others_is_408_behind_their_answers(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request() * 5 + b"GET /meter/ HT")
            assert [wire.answer().status for _ in range(5)] == [200] * 5
            server.later(LATE_S)
            assert is_problem(wire.answer(), 408)


class Gate:
    """An application that answers when it is let."""

    def __init__(self, open_for: int = 0) -> None:
        self._open = asyncio.Semaphore(open_for)
        self.asked = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing, when let."""
        self.asked += 1
        await self._open.acquire()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def let_through(self, server: Serving, count: int) -> None:
        """Let some answers go."""
        for _ in range(count):
            server.inside(self._open.release)
