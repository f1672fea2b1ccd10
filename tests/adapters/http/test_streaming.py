"""The live stream over real sockets: readers who come back, who are slow, who never read, who are too many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import pytest

from ngair.adapters.http import streaming as module
from ngair.adapters.http.app import local_api
from ngair.adapters.http.protocol import GuardedProtocol
from ngair.api.live import STREAM
from ngair.api.publisher import Publisher
from ngair.model.limits import HTTP_IDLE_TIMEOUT_S, HTTP_STREAM_BUFFER_BYTES
from ngair.model.site import Site, apply
from tests.adapters.http.events import EventReader
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import Wire, is_problem, request
from tests.api.houses import READING, seen, site, telegram
from tests.program import wait_for

MANY = range(1, 301)


class House:
    """A house whose meter sends when the test says so; the number of its telegram is its power."""

    def __init__(self) -> None:
        self.publisher = Publisher("run")
        self.sent = 0
        self._site: Site = site("1.0", [seen()])

    def send(self) -> None:
        """One telegram more."""
        self.sent += 1
        reading = msgspec.structs.replace(READING, power_import_w=self.sent)
        self._site = apply(self._site, telegram(reading, at_s=float(self.sent)))
        self.publisher.refresh(self._site, float(self.sent), time.time())


@pytest.fixture(name="house")
def _house() -> House:
    return House()


@pytest.fixture(name="server")
def _server(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setattr(module, "STREAM_INTERVAL_S", 0.01)
    house.send()
    with serving(local_api(house.publisher)) as server:
        yield server


def powers(points: list[list[float]]) -> list[float]:
    return [point[1] for point in points]


def test_the_site_at_once_and_whenever_it_changes(server: Serving, house: House) -> None:
    reader = EventReader(server.wire())
    assert "content-type: text/event-stream" in reader.head
    assert "cache-control: no-store" in reader.head
    sites = reader.sites()
    for number in (1, 2, 3):
        points, event = next(sites)
        assert powers(points) == [number]
        assert event.data["meter"]["reading"]["power_import_w"] == number
        assert event.id == f"run-{number}"
        server.inside(house.send)


def test_who_comes_back_has_missed_no_point(server: Serving, house: House) -> None:
    wire = server.wire()
    _, event = next(EventReader(wire).sites())
    wire.close()
    for _ in range(50):
        server.inside(house.send)
    points, again = next(EventReader(server.wire(), last=event.id).sites())
    assert powers(points) == list(range(2, 52))
    assert again.id == "run-51"
    points, _ = next(EventReader(server.wire(), path=f"{STREAM}?last={again.id}").sites())
    assert points == []
    points, _ = next(EventReader(server.wire(), last="another-51").sites())
    assert powers(points) == list(range(1, 52)), "another run's events say nothing about this one's"


def test_a_slow_reader_loses_states_but_no_point_and_slows_nobody(server: Serving, house: House) -> None:
    slow = Wire(server.address, receive_bytes=4096)
    reader = EventReader(slow)
    quick = EventReader(server.wire()).sites()
    next(quick)
    sites = reader.sites()
    got, _ = next(sites)
    for number in MANY[1:]:
        server.inside(house.send)
        points, event = next(quick)
        assert powers(points) == [number]
    connection = server.connection(slow)
    assert connection._wire is not None
    assert server.inside(connection._wire.get_write_buffer_size) < 2 * HTTP_STREAM_BUFFER_BYTES
    states = 1
    while event.data["meter"]["reading"]["power_import_w"] != house.sent or len(got) != house.sent:
        points, event = next(sites)
        got += points
        states += 1
    assert powers(got) == list(MANY)
    assert states < house.sent / 2, "a reader who is slow gets the newest state, not all of them"
    slow.close()


def test_who_never_reads_is_dropped_as_idle_and_who_reads_is_not(server: Serving, house: House) -> None:
    stuck, reading = Wire(server.address, receive_bytes=4096), server.wire()
    EventReader(stuck)
    sites = EventReader(reading).sites()
    next(sites)
    connection = server.connection(stuck)

    def is_stuck() -> bool:
        server.inside(house.send)
        next(sites)
        return server.inside(lambda: connection.flow.write_paused)

    wait_for(is_stuck)
    server.inside(house.send)
    next(sites)
    idle_s = HTTP_IDLE_TIMEOUT_S + 1

    def wait_long() -> None:
        connection.active_at_s -= idle_s
        server.guard.look(asyncio.get_running_loop().time())

    # At once: what the system still takes of it would be a sign of life.
    server.inside(wait_long)
    assert stuck.socket.getsockname() not in server.clients()
    server.inside(house.send)
    assert next(sites)[1].data["meter"]["reading"]["power_import_w"] == house.sent
    stuck.close()


def test_what_a_reader_takes_keeps_its_connection_from_being_idle(server: Serving, house: House) -> None:
    wire = server.wire()
    sites = EventReader(wire).sites()
    next(sites)
    connection = server.connection(wire)
    server.inside(lambda: setattr(connection, "active_at_s", 0.0))
    server.inside(house.send)
    next(sites)
    wait_for(lambda: connection.active_at_s > 0)


def test_too_many_are_told_so_and_those_that_go_make_room(
    server: Serving, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAMS_MAX", 2)
    first, second = server.wire(), server.wire()
    next(EventReader(first).sites())
    next(EventReader(second).sites())
    assert is_problem(server.wire().ask(STREAM), 503)
    first.close()

    def is_taken() -> bool:
        wire = server.wire()
        wire.send(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        taken = wire.socket.recv(12) == b"HTTP/1.1 200"
        wire.close()
        return taken

    wait_for(is_taken)


def test_those_that_wait_for_their_peer_to_read_count_too(
    server: Serving, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAMS_MAX", 2)
    server.inside(lambda: house.publisher.put("/big", b"x" * 5_000_000, "text/plain", 1e9))
    wires = [Wire(server.address, receive_bytes=4096) for _ in range(2)]
    for wire in wires:
        wire.send(request("/big") + request(STREAM))

    def wait() -> bool:
        held = server.inside(lambda: [cast(GuardedProtocol, one) for one in server.guard.connections])
        asked = [one.flow.write_paused for one in held if one.cycle is not None and one.cycle.scope["path"] == STREAM]
        return asked == [True, True]

    wait_for(wait)
    assert is_problem(server.wire().ask(STREAM), 503)
    mine = {wire.socket.getsockname()[:2] for wire in wires}
    for wire in wires:
        wire.close()
    # What waited goes on without its peer, and nothing complains of that.
    wait_for(lambda: not mine & server.clients())


def test_head_and_other_methods(server: Serving) -> None:
    answer = server.wire().ask(STREAM, "HEAD")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    refused = server.wire().ask(STREAM, "POST")
    assert is_problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD"


def test_a_stop_does_not_wait_for_readers(server: Serving, house: House) -> None:
    wire = server.wire()
    next(EventReader(wire).sites())
    server.stop()
    while wire.socket.recv(65536):
        pass


@pytest.mark.parametrize("query", ["?last=", "?last=%ff%00", "?" + "&".join(f"a{n}=1" for n in range(20)), "?;=&"])
def test_any_query_is_survived(server: Serving, query: str) -> None:
    points, _ = next(EventReader(server.wire(), path=STREAM + query).sites())
    assert powers(points) == [1]
