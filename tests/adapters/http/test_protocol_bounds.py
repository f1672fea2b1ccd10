"""What one connection may cost in bytes, in time and in number, and that each peer can read its answer to the end."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ngair.adapters.http.asgi import Message, Receive, Scope, Send
from ngair.model.limits import (
    HTTP_CONNECTIONS_PER_PEER,
    HTTP_HEADER_MAX_BYTES,
    HTTP_HEADER_TIMEOUT_S,
    HTTP_IDLE_TIMEOUT_S,
    HTTP_PARSE_MAX_BYTES,
)
from tests.adapters.http.serving import Serving, serving, wait_until_received
from tests.adapters.http.wire import HOST, in_pieces, is_problem, request
from tests.program import wait_for

LATE_S = HTTP_HEADER_TIMEOUT_S + 0.5


class TestSize:
    @pytest.mark.parametrize("pieces", [1, 7, 1000])
    def test_too_large_a_head_is_431_however_it_comes(self, server: Serving, pieces: int) -> None:
        data = request("/meter/", "GET", b"X: " + b"a" * (20 * 1024))
        with server.wire() as wire:
            for piece in in_pieces(data, pieces):
                wire.send_what_is_taken(piece)
            assert is_problem(wire.answer(), 431)
            assert wire.is_closed()

    def test_many_small_headers_count_as_well(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send_what_is_taken(b"GET /meter/ HTTP/1.1\r\n" + b"a:b\r\n" * 10_000)
            assert is_problem(wire.answer(), 431)

    def test_a_long_target_counts_as_well(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send_what_is_taken(request("/" + "a" * 20_000))
            assert is_problem(wire.answer(), 431)

    def test_the_answer_survives_megabytes_that_nobody_reads(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send_what_is_taken(b"GET /meter/ HTTP/1.1\r\nX: " + b"a" * 5_000_000)
            assert is_problem(wire.answer(), 431)

    @pytest.mark.parametrize("pieces", [1, 16])
    def test_a_head_within_the_bound_is_answered(self, server: Serving, pieces: int) -> None:
        filling = HTTP_HEADER_MAX_BYTES - 2 * HTTP_PARSE_MAX_BYTES
        with server.wire() as wire:
            for _ in range(3):
                for piece in in_pieces(request("/meter/", "GET", b"X: " + b"a" * filling), pieces):
                    wire.send(piece)
                assert wire.answer().status == 200

    def test_requests_in_a_row_are_not_counted_together(self, server: Serving) -> None:
        one = request("/meter/", "GET", b"X: " + b"a" * 3000)
        with server.wire() as wire:
            wire.send(one * 40)
            assert [wire.answer().status for _ in range(40)] == [200] * 40

    @pytest.mark.parametrize("framing", [b"Content-Length: 1000000000", b"Transfer-Encoding: chunked"])
    def test_a_large_body_of_a_get_ends_the_connection_behind_the_answer(self, server: Serving, framing: bytes) -> None:
        piece = b"1000\r\n" + b"a" * 0x1000 + b"\r\n"
        with server.wire() as wire:
            wire.send(request("/meter/", "GET", framing))
            assert wire.answer().status == 200
            wire.send_what_is_taken(piece * 100)
            assert wire.is_closed()

    @pytest.mark.parametrize("framing", [b"Content-Length: 1000000000", b"Transfer-Encoding: chunked"])
    def test_a_large_body_of_a_post_is_refused_at_once(self, server: Serving, framing: bytes) -> None:
        with server.wire() as wire:
            wire.send(request("/upload/x", "POST", framing))
            assert is_problem(wire.answer(), 403)
            wire.send_what_is_taken((b"1000\r\n" + b"a" * 0x1000 + b"\r\n") * 500)
            assert wire.is_closed()

    def test_the_answer_to_a_post_survives_its_body(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send_what_is_taken(request("/meter/", "POST", b"Content-Length: 20000000") + b"a" * 20_000_000)
            assert is_problem(wire.answer(), 405)
            assert wire.is_closed()

    def test_a_small_body_of_a_get_is_passed_over(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request("/meter/", "GET", b"Content-Length: 10000") + b"a" * 10_000)
            assert wire.answer().status == 200
            wire.send(request("/meter/", "GET", b"X: " + b"b" * 8000))
            assert wire.answer().status == 200, "the body counts for nothing in the next head"
            chunks = b"3\r\nabc\r\n" * 100 + b"0\r\nTrailer: x\r\n\r\n"
            wire.send(request("/meter/", "GET", b"Transfer-Encoding: chunked") + chunks)
            assert wire.answer().status == 200
            assert wire.ask("/meter/").status == 200

    def test_an_application_that_waits_for_a_body_gets_a_small_one(self) -> None:
        with serving(echo) as server, server.wire() as wire:
            wire.send(request("/", "POST", b"Content-Length: 5") + b"ab")
            wire.send(b"cde")
            assert wire.answer().body == b"abcde"


class TestTime:
    @pytest.mark.parametrize(
        "begun", [b"G", b"GET /meter/ HTTP/1.1\r\n", b"GET /meter/ HTTP/1.1\r\nX: a", b"\r\nP", b"GET /\r\n"]
    )
    def test_a_slow_head_is_408(self, server: Serving, begun: bytes) -> None:
        with server.wire() as wire:
            wire.send(begun)
            wait_until_received(server, wire, "head")
            server.exactly_later(wire, HTTP_HEADER_TIMEOUT_S - 1)
            server.later(LATE_S)
            assert is_problem(wire.answer(), 408)
            assert wire.is_closed()

    def test_trickling_bytes_win_no_time(self, server: Serving) -> None:
        with server.wire() as wire:
            for byte in b"GET /meter/":
                wire.send(bytes([byte]))
                wait_until_received(server, wire, "head")
            server.later(LATE_S)
            assert is_problem(wire.answer(), 408)

    def test_a_slow_body_of_an_answered_request_ends_without_a_second_answer(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request("/meter/", "GET", b"Content-Length: 5") + b"ab")
            assert wire.answer().status == 200
            server.later(LATE_S)
            assert wire.is_closed()

    def test_a_body_that_came_behind_its_answer_leaves_an_idle_connection(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request("/meter/", "GET", b"Content-Length: 5") + b"ab")
            assert wire.answer().status == 200
            wire.send(b"cde")
            wait_until_received(server, wire, "none")
            server.later(LATE_S)
            assert wire.ask("/meter/").status == 200

    def test_a_request_in_time_is_not_disturbed(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(b"GET /meter/ HTTP/1.1\r\n")
            wait_until_received(server, wire, "head")
            server.exactly_later(wire, HTTP_HEADER_TIMEOUT_S - 1)
            wire.send(HOST + b"\r\n")
            assert wire.answer().status == 200
            server.later(LATE_S)
            assert wire.ask("/meter/").status == 200

    def test_an_idle_connection_is_closed_after_a_long_time(self, server: Serving) -> None:
        with server.wire() as silent, server.wire() as asked:
            assert asked.ask("/meter/").status == 200
            server.exactly_later(asked, HTTP_IDLE_TIMEOUT_S - 1)
            assert asked.ask("/meter/").status == 200
            server.later(HTTP_IDLE_TIMEOUT_S + 0.5)
            assert silent.is_closed()
            assert asked.is_closed()

    def test_a_peer_that_does_not_take_its_end_is_cut_off(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(b"NO HTTP\r\n\r\n")
            assert is_problem(wire.answer(), 400)
            assert wire.is_closed()
            assert server.clients(), "the peer may finish sending"
            server.later(LATE_S)
            wait_for(lambda: not server.clients())

    def test_an_answer_that_nobody_takes_is_given_up(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request("/big") * 100)
            wait_for(lambda: server.connection(wire).flow.write_paused)
            server.later(HTTP_IDLE_TIMEOUT_S + 0.5)
            wait_for(lambda: not server.clients())

    def test_a_refusal_behind_answers_that_nobody_takes_is_given_up(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(request("/big") * 20 + b"\x01")
            wait_for(lambda: server.connection(wire).flow.write_paused)
            assert server.clients(), "the answers may still be taken"
            server.later(LATE_S)
            wait_for(lambda: not server.clients())


class TestPeers:
    def test_more_than_allowed_close_the_longest_idle(self, server: Serving) -> None:
        wires = [server.wire() for _ in range(HTTP_CONNECTIONS_PER_PEER)]
        assert wires[0].ask("/meter/").status == 200
        more = server.wire()
        assert wires[1].is_closed()
        for wire in (wires[0], *wires[2:], more):
            assert wire.ask("/meter/").status == 200

    def test_another_peer_is_not_disturbed(self, server: Serving) -> None:
        with server.wire("127.0.0.2") as other:
            wires = [server.wire("127.0.0.3") for _ in range(HTTP_CONNECTIONS_PER_PEER + 10)]
            assert other.ask("/meter/").status == 200
            assert wires[-1].ask("/meter/").status == 200

    def test_what_refuses_to_read_its_refusal_is_still_counted(self, server: Serving) -> None:
        """Else a thousand of them would hold a thousand file descriptors."""
        wires = [server.wire() for _ in range(HTTP_CONNECTIONS_PER_PEER)]
        for wire in wires:
            wire.send(request("/big") * 20 + b"\x01")
        assert len(server.clients()) == HTTP_CONNECTIONS_PER_PEER
        for _ in range(10):
            server.wire()
        assert len(server.clients()) == HTTP_CONNECTIONS_PER_PEER


def test_answers_are_sent_at_once(server: Serving) -> None:
    """Without this the body waits 40 ms behind its own headers."""
    with server.wire() as wire:
        accepted = server.connection(wire).transport.__dict__["write"].__self__.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_answer_leaves_no_timer_behind(server: Serving) -> None:
    """One a request would have to be cancelled by the next; the guard sees to idle connections."""
    with server.wire() as wire:
        for _ in range(5):
            assert wire.ask().status == 200
        assert server.connection(wire).timeout_keep_alive_task is None


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the body that was sent."""
    body = b""
    message: Message = {"more_body": True}
    while message["more_body"]:
        message = await receive()
        body += message["body"]
        await asyncio.sleep(0)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
