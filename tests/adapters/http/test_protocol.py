"""What one connection may cost, and that each peer can read its answer to the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.http.app import Message, Receive, Scope, Send, local_api
from ngair.adapters.http.protocol import PARSE_MAX_BYTES
from ngair.api.publisher import Publisher
from ngair.model.limits import (
    HTTP_CONNECTIONS_PER_PEER,
    HTTP_HEADER_MAX_BYTES,
    HTTP_HEADER_TIMEOUT_S,
    HTTP_IDLE_TIMEOUT_S,
)
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import HOST, Wire, is_problem, request
from tests.api.houses import site
from tests.program import wait_for

LATE_S = HTTP_HEADER_TIMEOUT_S + 0.5
BIG_PAGE = b"x" * 500_000


@pytest.fixture(name="server")
def _server(served: Serving) -> Iterator[Serving]:
    """The server, without connections of the test before."""
    yield served
    served.hang_up()


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[Serving]:
    publisher = Publisher()
    publisher.refresh(site(), 10.0, 1e9)
    publisher.put("/big", BIG_PAGE, "text/plain", 1e9)
    with serving(local_api(publisher)) as server:
        yield server


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
        filling = HTTP_HEADER_MAX_BYTES - 2 * PARSE_MAX_BYTES
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
            server.later(HTTP_HEADER_TIMEOUT_S - 1)
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
            server.later(HTTP_HEADER_TIMEOUT_S - 1)
            wire.send(HOST + b"\r\n")
            assert wire.answer().status == 200
            server.later(LATE_S)
            assert wire.ask("/meter/").status == 200

    def test_an_idle_connection_is_closed_after_a_long_time(self, server: Serving) -> None:
        with server.wire() as silent, server.wire() as asked:
            assert asked.ask("/meter/").status == 200
            server.later(HTTP_IDLE_TIMEOUT_S - 1)
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
            wire.send_until_stuck(b"GET /big HTTP/1.1\r\nHost:a\r\n\r\n" * 1000)
            connection = server.connection(wire)
            queued, waiting = server.inside(lambda: (len(connection.pipeline), len(connection._waiting)))
            assert 0 < queued <= PARSE_MAX_BYTES // 18 + 1
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
            assert most <= PARSE_MAX_BYTES // 18 + 1

    def test_what_waits_is_bounded_while_it_comes_in_small_pieces(self) -> None:
        gate = Gate()
        piece = b"GET / HTTP/1.1\r\nHost:a\r\n\r\n" * (PARSE_MAX_BYTES // 26)
        with serving(gate.app) as server, server.wire() as wire:
            connection = server.connection(wire)
            for _ in range(20):
                wire.send(piece)
                gate.let_through(server, 1)
                assert wire.answer().status == 200
            assert server.inside(lambda: len(connection.pipeline)) <= PARSE_MAX_BYTES // 18 + 1
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


class TestForm:
    @pytest.mark.parametrize(
        "data",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"NO HTTP\r\n\r\n",
            b"GET /meter\x00/ HTTP/1.1\r\n\r\n",
            "GET /mätare/ HTTP/1.1\r\n\r\n".encode(),
            b"GET /meter/ HTTP/9.9\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"FOO /meter/ HTTP/1.1\r\n" + HOST + b"\r\n",
            b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET http://127.0.0.1 HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET meter HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET /meter/ HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n: x\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b" folded\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
            b"POST /meter/ HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
            b"GET /meter/ HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n",
        ],
    )
    def test_what_is_no_http_is_400(self, server: Serving, data: bytes) -> None:
        with server.wire() as wire:
            wire.send(data)
            assert is_problem(wire.answer(), 400)
            assert wire.is_closed()

    @pytest.mark.parametrize(
        "chunks", [b"zz\r\n\r\n", b"-1\r\n", b"5\r\nab", b"1\r\nab\r\n", b"\r\n", b"1" * 40 + b"\r\n"]
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_nonsense_in_chunks_ends_the_connection_behind_the_answer(
        self, server: Serving, method: str, chunks: bytes
    ) -> None:
        with server.wire() as wire:
            wire.send(request("/meter/", method, b"Transfer-Encoding: chunked") + chunks)
            assert wire.answer().status == (200 if method == "GET" else 405)
            server.later(LATE_S)
            assert wire.is_closed()

    @pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.0", b"nonsense"])
    def test_no_other_protocol_is_spoken(self, server: Serving, upgrade: bytes) -> None:
        headers = (b"Upgrade: " + upgrade, b"Connection: Upgrade", b"Sec-WebSocket-Key: x", b"HTTP2-Settings: x")
        with server.wire() as wire:
            answer = wire.ask("/meter/", "GET", *headers)
            assert answer.status == 200
            assert answer.headers["connection"] == "close", "or the peer would wait for the next answer in vain"
            assert wire.is_closed()

    def test_expect_continue_is_answered_by_the_final_answer(self, server: Serving) -> None:
        with server.wire() as wire:
            answer = wire.ask("/upload/x", "POST", b"Content-Length: 100000", b"Expect: 100-continue")
            assert is_problem(answer, 403)
            assert answer.headers["connection"] == "close"

    def test_empty_lines_before_a_request_are_passed_over(self, server: Serving) -> None:
        with server.wire() as wire:
            wire.send(b"\r\n\r\n" + request())
            assert wire.answer().status == 200

    def test_http_1_0_in_pieces(self, server: Serving) -> None:
        with server.wire() as wire:
            for byte in b"GET /meter/ HTTP/1.0\r\n\r\n":
                wire.send(bytes([byte]))
            assert [answer.status for answer in wire.answers_until_closed()] == [200]

    @given(data=st.binary(max_size=3000))
    def test_no_bytes_kill_it(self, served: Serving, data: bytes) -> None:
        survives(served, data)

    @given(
        parts=st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        request(),
                        request("/x", "POST", b"Content-Length: 3"),
                        request("/big", "HEAD"),
                        b"GET ",
                        b" HTTP/1.1\r\n",
                        b"HTTP/1.0\r\n\r\n",
                        b"Host: a\r\n",
                        b"Transfer-Encoding: chunked\r\n",
                        b"Upgrade: websocket\r\nConnection: upgrade\r\n",
                        b"\r\n",
                        b"\r\n\r\n",
                        b"5\r\nabcde\r\n",
                        b"0\r\n\r\n",
                        b"//",
                        b"%",
                        b"http://",
                        b":",
                    ]
                ),
                st.binary(max_size=20),
            ),
            max_size=30,
        ),
        cuts=st.integers(1, 5),
    )
    def test_no_requests_kill_it(self, served: Serving, parts: list[bytes], cuts: int) -> None:
        survives(served, *in_pieces(b"".join(parts), cuts))


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


def survives(server: Serving, *pieces: bytes) -> None:
    """Send anything; whatever is answered is HTTP and no 500, and the next client is answered."""
    with Wire(server.address) as wire:
        for piece in pieces:
            wire.send_what_is_taken(piece)
        try:
            wire.finish_sending()
        except OSError:
            return
        received = b""
        try:
            while data := wire.socket.recv(65536):
                received += data
        except ConnectionError:
            pass
        assert not received or received.startswith(b"HTTP/1.1 ")
        assert b"HTTP/1.1 5" not in received
    with Wire(server.address) as wire:
        assert wire.ask("/meter/").status == 200


def wait_until_received(server: Serving, wire: Wire, part: str) -> None:
    wait_for(lambda: server.connection(wire)._part == part)


def in_pieces(data: bytes, count: int) -> list[bytes]:
    size = max(1, -(-len(data) // count))
    return [data[start : start + size] for start in range(0, len(data), size)]
