"""Listening, dating, and stopping: whoever is connected and whatever they do not do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from unittest import mock

import pytest

from ngair.adapters.http import server as module
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asgi import Message, Receive, Scope, Send
from ngair.adapters.http.server import bind
from ngair.api.publisher import Publisher
from ngair.gateway.ports import LinkError
from ngair.model.limits import HTTP_BACKLOG, HTTP_CONNECTIONS_MAX, STOP_TIMEOUT_S
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import Wire, request
from tests.api.houses import site
from tests.program import wait_for

HAS_IPV6 = Path("/proc/net/if_inet6").exists() and "00000000000000000000000000000001" in Path(
    "/proc/net/if_inet6"
).read_text("ascii")


@pytest.fixture(name="server")
def _server() -> Iterator[Serving]:
    publisher = Publisher()
    publisher.refresh(site(), 10.0, time.time())
    publisher.put("/big", b"x" * 500_000, "text/plain", 1e9)
    with serving(local_api(publisher)) as server:
        yield server


class TestBind:
    def test_one_address(self) -> None:
        with bind("127.0.0.1", 0) as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            assert listener.getsockname()[1] > 0

    @pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
    def test_every_address_is_both_families(self) -> None:
        with bind("", 0) as listener:
            port = listener.getsockname()[1]
            for address in ("127.0.0.1", "::1"):
                Wire((address, port)).close()

    def test_every_address_without_ipv6(self) -> None:
        create = socket.create_server

        def without_ipv6(address: tuple[str, int], **options: object) -> socket.socket:
            if options["family"] == socket.AF_INET6:
                raise OSError(97, "Address family not supported by protocol")
            # Whatever options there are, they are only handed on.
            return create(address, **options)  # type: ignore[arg-type]

        with mock.patch.object(socket, "create_server", without_ipv6), bind("", 0) as listener:
            Wire(("127.0.0.1", listener.getsockname()[1])).close()

    @pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
    def test_an_ipv6_address(self) -> None:
        with bind("::1", 0) as listener:
            Wire(("::1", listener.getsockname()[1])).close()

    def test_a_port_in_use_is_told_with_the_remedy(self) -> None:
        with bind("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            with pytest.raises(LinkError, match=rf"port {port} is in use .* --http :{port + 1}"):
                bind("127.0.0.1", port)

    def test_a_port_without_rights_is_told_with_the_remedy(self) -> None:
        refused = mock.Mock(side_effect=PermissionError(13, "Permission denied"))
        with mock.patch.object(socket, "create_server", refused), pytest.raises(LinkError, match="--http :8080"):
            bind("127.0.0.1", 80)

    def test_a_foreign_address_is_told(self) -> None:
        with pytest.raises(LinkError, match=r"cannot listen on 192\.0\.2\.1, port 0: "):
            bind("192.0.2.1", 0)

    def test_a_burst_fits_into_the_file_descriptors_of_a_process(self) -> None:
        """asyncio accepts as many in one go as wait, before the guard can close any."""
        assert HTTP_BACKLOG + HTTP_CONNECTIONS_MAX < 1024 - 100


class TestDate:
    def test_no_document_is_dated_after_the_answer(self, server: Serving) -> None:
        with server.wire() as wire:
            headers = wire.ask("/meter/").headers
        assert parsedate_to_datetime(headers["last-modified"]) <= parsedate_to_datetime(headers["date"])

    def test_the_date_is_renewed_with_each_second(self, server: Serving) -> None:
        with server.wire() as wire:
            dates = {wire.ask("/meter/").headers["date"]}

            def renewed() -> bool:
                dates.add(wire.ask("/meter/").headers["date"])
                return len(dates) == 3

            wait_for(renewed)

    @pytest.mark.parametrize(("wall_s", "wait_s"), [(1000.0, 1.0), (1000.25, 0.75), (1000.999, 0.001)])
    def test_it_waits_for_the_next_second_of_the_clock(self, wall_s: float, wait_s: float) -> None:
        with mock.patch("time.time", return_value=wall_s):
            assert module._until_next_second_s() == pytest.approx(wait_s)


class TestStop:
    """A stop that hangs would fail in `Serving.stop`."""

    def test_it_may_take_less_than_two_seconds(self) -> None:
        assert STOP_TIMEOUT_S < 2

    def test_nobody_connected(self, server: Serving) -> None:
        server.stop()

    def test_idle_clients_are_closed(self, server: Serving) -> None:
        silent, asked = server.wire(), server.wire()
        assert asked.ask().status == 200
        server.stop()
        assert silent.is_closed()
        assert asked.is_closed()

    @pytest.mark.parametrize(
        "begun",
        [
            b"GET /me",
            b"GET /meter/ HTTP/1.1\r\nHost: a\r\n",
            request("/meter/", "GET", b"Content-Length: 9") + b"a",
            b"\x01",
        ],
    )
    def test_half_sent_requests_are_closed(self, server: Serving, begun: bytes) -> None:
        wire = server.wire()
        wire.send(begun)
        server.stop()
        wire.answers_until_closed()

    def test_clients_that_do_not_read_are_cut_off(self, server: Serving) -> None:
        wires = [server.wire() for _ in range(5)]
        for wire in wires:
            wire.send(request("/big") * 20)
        for wire in wires:
            wait_for(lambda wire=wire: server.connection(wire).flow.write_paused)  # type: ignore[misc]
        server.stop()

    def test_an_answer_on_its_way_is_finished(self) -> None:
        released = asyncio.Event()
        begun = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            begun.set()
            await released.wait()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

        with serving(slow) as server:
            wire = server.wire()
            wire.send(request())
            wait_for(lambda: server.inside(begun.is_set))
            server.inside(lambda: asyncio.get_running_loop().call_later(0.2, released.set))
            server.stop()
            assert wire.answer().body == b"ok"
            assert wire.is_closed()

    def test_a_stream_without_end_is_cut_off(self) -> None:
        ended: list[str] = []

        async def stream(scope: Scope, receive: Receive, send: Send) -> None:
            message: Message = {"type": "http.response.start", "status": 200, "headers": []}
            await send(message)
            with contextlib.suppress(asyncio.CancelledError):
                while (await receive())["type"] != "http.disconnect":
                    pass
                for _ in range(20):
                    await asyncio.sleep(0)
                ended.append("tidied up")

        with serving(stream) as server:
            wire = server.wire()
            wire.send(request())
            wait_for(lambda: server.connection(wire).cycle is not None)
            server.stop()
            assert ended == ["tidied up"], "its task ended by itself before the loop did"

    def test_nobody_new_is_let_in(self, server: Serving) -> None:
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            Wire(server.address)
