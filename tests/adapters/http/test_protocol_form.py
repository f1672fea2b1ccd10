"""What is no HTTP, or HTTP that is not spoken here: answered as an error, and never the end of the server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.limits import HTTP_HEADER_TIMEOUT_S
from tests.adapters.http.serving import Serving
from tests.adapters.http.wire import HOST, Wire, in_pieces, is_problem, request

LATE_S = HTTP_HEADER_TIMEOUT_S + 0.5


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
