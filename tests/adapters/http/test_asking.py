"""Questions over HTTP, about a real store: answered, refused, one after another; exports to readers of every kind."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.adapters.clock import SystemClock
from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asking import Asking
from ngair.adapters.http.locks import Locks
from ngair.adapters.password import Passwords
from ngair.adapters.sqlite.reader import SqliteReader
from ngair.api.publisher import Publisher
from ngair.api.queries import EXPORT, INSPECTED, QUERIES
from ngair.api.times import UnfitError
from ngair.model.history import METER, Batch, Memory
from ngair.model.limits import (
    EXPORTS_MAX,
    HISTORY_READS_MAX,
    HISTORY_READS_WAITING_MAX,
    HTTP_IDLE_TIMEOUT_S,
)
from ngair.model.prices import read_prices
from ngair.model.site import Site
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import Wire, is_problem, request
from tests.api.houses import site
from tests.api.pasts import HOSTILE, STOCKHOLM, at_s, bucket, kept, lively
from tests.program import DEADLINE_S, Answer, wait_for

BEGIN = "2026-05-01T00:00:00"
PATHS = [row.path for row in QUERIES]
BIG_ROWS = 20_000


class Past:
    """A memory that a test can hold up, break or take away."""

    def __init__(self, reader: SqliteReader) -> None:
        self.begin(reader)

    def begin(self, reader: SqliteReader) -> None:
        """All is well again."""
        self.reader: SqliteReader | None = reader
        self.site: Site = replace(site(), memory=Memory(state="up"))
        self.inspected: Callable[[Any], msgspec.Struct | None] = lambda params: params

    def asking(self) -> Asking:
        """Who answers of it."""
        others = dict.fromkeys((row.path for row in INSPECTED), lambda params: self.inspected(params))
        return Asking(lambda: self.site, lambda: self.reader, SystemClock(), STOCKHOLM, read_prices("1.95 SEK"), others)


@pytest.fixture(name="readers", scope="module")
def _readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[SqliteReader, SqliteReader]:
    """A small past, and one whose export fills every buffer."""
    start_s = at_s(BEGIN)
    big = Batch(buckets=tuple(bucket("minute", start_s + 60 * number, METER) for number in range(BIG_ROWS)))
    return kept(tmp_path_factory.mktemp("small"), lively(start_s)), kept(tmp_path_factory.mktemp("big"), big)


@pytest.fixture(name="served", scope="module")
def _served(
    readers: tuple[SqliteReader, SqliteReader], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Past, Serving]]:
    past = Past(readers[0])
    locks = Locks(Passwords(Folder(tmp_path_factory.mktemp("box"))))
    publisher = Publisher()
    publisher.refresh(past.site, 10.0, 1e9)
    with serving(local_api(publisher, ["box.example"], asking=past.asking(), locks=locks)) as server:
        yield past, server


@pytest.fixture(name="past")
def _past(served: tuple[Past, Serving], readers: tuple[SqliteReader, SqliteReader]) -> Past:
    past, _ = served
    past.begin(readers[0])
    return past


@pytest.fixture(name="server")
def _server(served: tuple[Past, Serving]) -> Iterator[Serving]:
    _, server = served
    yield server
    server.hang_up()


def document(server: Serving, path: str) -> Any:
    with server.wire() as wire:
        answer = wire.ask(path)
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    return msgspec.json.decode(answer.body)


def detail(answer: Answer) -> str:
    return str(msgspec.json.decode(answer.body)["detail"])


@contextlib.contextmanager
def download(server: Serving, path: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(*server.address, timeout=DEADLINE_S)
    with contextlib.closing(connection):
        connection.request("GET", path)
        yield connection.getresponse()


class TestAnswered:
    def test_all_of_them(self, past: Past, server: Serving) -> None:
        assert document(server, f"/api/v1/history/power?from={BEGIN}Z&to=2026-05-01T00:10:00Z")["step"] == "10s"
        energy = document(server, "/api/v1/history/energy?from=2026-05-01&to=2026-05-01&by=hour")
        assert (energy["zone"], energy["currency"], len(energy["rows"])) == ("Europe/Stockholm", "SEK", 1)
        assert len(document(server, "/api/v1/sessions")["sessions"]) == 2
        events = document(server, "/api/v1/events?limit=500")
        assert events["entries"][-1]["text"] == HOSTILE
        assert document(server, f"/api/v1/why?at={BEGIN}Z")["entries"]

    @pytest.mark.parametrize("path", PATHS)
    def test_as_every_document_is(self, past: Past, server: Serving, path: str) -> None:
        with server.wire() as wire:
            got, slash, head = wire.ask(path), wire.ask(path + "/"), wire.ask(path, "HEAD")
            assert (got.status, slash.status, head.status) == (200, 200, 200)
            assert head.body == b""
            assert head.headers["content-length"] == str(len(wire.ask(path).body))
            assert got.headers["cache-control"] == "no-store"
            assert got.headers["x-content-type-options"] == "nosniff"
            assert not [name for name in got.headers if name.startswith("access-control-")]

    @pytest.mark.parametrize("path", [*PATHS, EXPORT.path, "/api/v1/token", "/api/v1/stream"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_they_are_only_read(self, past: Past, server: Serving, path: str, method: str) -> None:
        with server.wire() as wire:
            answer = wire.ask(path, method)
            assert is_problem(answer, 405)
            assert answer.headers["allow"] == "GET, HEAD"

    def test_what_others_answer(self, past: Past, server: Serving) -> None:
        assert document(server, "/api/v1/meter/telegram?fuse=garage") == {"fuse": "garage"}
        past.inspected = lambda params: None
        with server.wire() as wire:
            assert is_problem(wire.ask("/api/v1/meter/telegram"), 404)
        past.inspected = _unfit
        with server.wire() as wire:
            assert is_problem(wire.ask("/api/v1/meter/telegram"), 422)

    def test_a_file_is_an_attachment(self, past: Past, server: Serving) -> None:
        with server.wire() as wire:
            answer = wire.ask("/api/v1/diagnostics")
        assert answer.headers["content-disposition"].startswith('attachment; filename="ngair-diagnostics')


class TestRefused:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/events?limit=0",
            "/api/v1/events?what",
            "/api/v1/events?limit=1&limit=1",
            "/api/v1/history/power?from=%ff",
            "/api/v1/history/power?from=now",
            "/api/v1/history/power?from=2026-05-02&to=2026-05-01",
            "/api/v1/history/energy?by=<script>",
            "/api/v1/export?format=csv&what=all",
            "/api/v1/export?from=2027-01-01&to=2026-01-01",
        ],
    )
    def test_what_cannot_be(self, past: Past, server: Serving, path: str) -> None:
        with server.wire() as wire:
            answer = wire.ask(path)
            assert is_problem(answer, 422)
            assert "script" not in detail(answer)
            assert wire.ask("/meter/").status == 200, "the connection lives on"

    @pytest.mark.parametrize("path", [*PATHS, EXPORT.path, "/api/v1/token", "/api/v1/site", "/api/v1/stream", "/x"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("host", [b"evil.example", b"box.example.evil.example", b"", b"fritz.box"])
    def test_under_a_name_that_anybody_can_register(
        self, past: Past, server: Serving, path: str, method: str, host: bytes
    ) -> None:
        with server.wire() as wire:
            wire.send(f"{method} {path} HTTP/1.1\r\n".encode() + b"Host: " + host + b"\r\n\r\n")
            answer = wire.answer(method)
            assert answer.status == 421
            if method == "GET":
                assert is_problem(answer, 421)
                assert "host_names" in detail(answer)
            assert wire.is_closed()

    @pytest.mark.parametrize("host", [b"box.example", b"nanogrid.lan:8080", b"nanogrid", b"[::1]:80"])
    def test_under_a_name_of_the_box(self, past: Past, server: Serving, host: bytes) -> None:
        with server.wire() as wire:
            wire.send(b"GET /api/v1/events HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            assert wire.answer().status == 200

    @pytest.mark.parametrize("header", [b"Origin: http://evil.example", b"Sec-Fetch-Site: cross-site"])
    def test_the_token_is_not_for_pages_of_others(self, past: Past, server: Serving, header: bytes) -> None:
        with server.wire() as wire:
            assert is_problem(wire.ask("/api/v1/token", "GET", header), 403)

    def test_without_anybody_to_ask(self) -> None:
        publisher = Publisher()
        publisher.refresh(site(), 10.0, 1e9)
        with serving(local_api(publisher)) as server, server.wire() as wire:
            for path in [*PATHS, EXPORT.path]:
                assert is_problem(wire.ask(path), 404)


class TestNoMemory:
    @pytest.mark.parametrize(
        ("memory", "told"),
        [
            (Memory(state="off"), "switched off"),
            (Memory(state="starting"), "ask again"),
            (Memory(state="failing", detail="the disk is full: free some space"), "free some space"),
        ],
    )
    @pytest.mark.parametrize("path", [*PATHS, EXPORT.path])
    def test_there_is_none(self, past: Past, server: Serving, path: str, memory: Memory, told: str) -> None:
        past.reader, past.site = None, replace(past.site, memory=memory)
        with server.wire() as wire:
            answer = wire.ask(path)
            assert is_problem(answer, 503)
            assert told in detail(answer)
            assert wire.ask("/meter/").status == 200

    @pytest.mark.parametrize("path", [*PATHS, EXPORT.path, EXPORT.path + "?format=csv"])
    def test_it_cannot_be_read(self, past: Past, server: Serving, path: str, tmp_path: Path) -> None:
        past.reader = SqliteReader(tmp_path / "none.db")
        with server.wire() as wire:
            answer = wire.ask(path)
            assert is_problem(answer, 503)
            assert detail(answer)
            assert wire.ask("/meter/").status == 200


class Held(SqliteReader):
    """A reader whose disk hangs until a test lets it go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go_on = threading.Event()
        self.asked = 0

    def log(self, query: Any) -> Any:
        """As the real one, later."""
        self.asked += 1
        assert self.go_on.wait(DEADLINE_S)
        return super().log(query)


class TestTurns:
    def test_a_disk_that_hangs_holds_up_nobody_but_those_who_ask_for_it(
        self,
        past: Past,
        server: Serving,
        readers: tuple[SqliteReader, SqliteReader],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("ngair.adapters.http.asking.HISTORY_WAIT_S", DEADLINE_S)
        held = past.reader = Held(readers[0]._path)
        most = HISTORY_READS_MAX + HISTORY_READS_WAITING_MAX
        wires = [server.wire() for _ in range(most)]
        for wire in wires:
            wire.send(request("/api/v1/events?limit=1"))
        with server.wire() as wire:
            wait_for(lambda: all(one.cycle is not None for one in _connections(server, wires)))
            wait_for(lambda: held.asked == HISTORY_READS_MAX)
            answer = wire.ask("/api/v1/events")
            assert is_problem(answer, 503)
            assert "in a moment" in detail(answer)
            assert wire.ask("/meter/").status == 200
            assert wire.ask("/api/v1/site").status == 200
            assert wire.ask("/api/v1/settings").status == 200
            with download(server, "/api/v1/export") as export:
                assert export.status == 200
                assert export.read().endswith(b"\n]}\n")
        assert held.asked == HISTORY_READS_MAX, "no more at once, whoever waits"
        held.go_on.set()
        assert [wire.answer().status for wire in wires] == [200] * most

    def test_whoever_waits_too_long_is_told(
        self,
        past: Past,
        server: Serving,
        readers: tuple[SqliteReader, SqliteReader],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("ngair.adapters.http.asking.HISTORY_WAIT_S", 0.05)
        held = past.reader = Held(readers[0]._path)
        wires = [server.wire() for _ in range(HISTORY_READS_MAX)]
        for wire in wires:
            wire.send(request("/api/v1/events?limit=1"))
        wait_for(lambda: held.asked == HISTORY_READS_MAX)
        with server.wire() as wire:
            assert is_problem(wire.ask("/api/v1/events"), 503)
        held.go_on.set()
        assert [wire.answer().status for wire in wires] == [200] * HISTORY_READS_MAX
        assert document(server, "/api/v1/events?limit=1")["more"] is True


class TestExport:
    def test_json(self, past: Past, server: Serving) -> None:
        with download(server, "/api/v1/export") as answer:
            assert answer.status == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["content-disposition"].startswith('attachment; filename="ngair-history-1970-01-02-')
            assert len(msgspec.json.decode(answer.read())["rows"]) > 800

    def test_csv(self, past: Past, server: Serving) -> None:
        with download(server, "/api/v1/export?format=csv&what=events&from=2026-05-01&to=2026-05-01") as answer:
            assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
            assert answer.headers["content-disposition"] == (
                'attachment; filename="ngair-events-2026-05-01-2026-05-01.csv"'
            )
            assert answer.read().startswith(b"local time,UTC,kind")

    def test_head(self, past: Past, server: Serving) -> None:
        with server.wire() as wire:
            answer = wire.ask("/api/v1/export", "HEAD")
            assert (answer.status, answer.body) == (200, b"")
            assert "attachment" in answer.headers["content-disposition"]
            assert wire.ask("/meter/").status == 200

    def test_many_portions(self, past: Past, server: Serving, readers: tuple[SqliteReader, SqliteReader]) -> None:
        past.reader = readers[1]
        with download(server, "/api/v1/export?what=minutes") as answer:
            rows = msgspec.json.decode(answer.read())["rows"]
        assert len({row["start_s"] for row in rows}) == len(rows) == BIG_ROWS

    def test_a_reader_who_stops_holds_little_and_is_given_up(
        self, past: Past, server: Serving, readers: tuple[SqliteReader, SqliteReader]
    ) -> None:
        past.reader = readers[1]
        wires = []
        for _ in range(EXPORTS_MAX):
            wire = Wire(server.address, receive_bytes=4096)
            wires.append(wire)
            wire.send(request("/api/v1/export?what=minutes"))
        wait_for(lambda: _stuck(server, wires))
        with server.wire() as other:
            answer = other.ask("/api/v1/export")
            assert is_problem(answer, 503)
            assert "wait until one is done" in detail(answer)
            assert other.ask("/api/v1/events").status == 200, "nobody else waits"
        for connection in _connections(server, wires):
            assert connection.flow.write_paused
        server.later(HTTP_IDLE_TIMEOUT_S + 1)
        assert _connections(server, wires) == []
        for wire in wires:
            wire.close()
        wait_for(lambda: _exported(server))

    def test_a_reader_who_hangs_up(
        self, past: Past, server: Serving, readers: tuple[SqliteReader, SqliteReader]
    ) -> None:
        past.reader = readers[1]
        for _ in range(3 * EXPORTS_MAX):
            with Wire(server.address, receive_bytes=4096) as wire:
                wire.send(request("/api/v1/export?what=minutes"))
                assert wire.socket.recv(10) == b"HTTP/1.1 2"
            wait_for(lambda: not server.clients())
            # Its connection is gone before the portion that was being looked up for it.
            wait_for(lambda: _exported(server))

    def test_a_disk_that_fails_within_it_cuts_it_off(
        self,
        past: Past,
        server: Serving,
        readers: tuple[SqliteReader, SqliteReader],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What is not whole must not look whole: the last chunk never comes."""
        rows = SqliteReader.rows

        def some(self: SqliteReader, kind: str, from_s: float, to_s: float) -> Any:
            for number, row in enumerate(rows(self, kind, from_s, to_s)):
                if number == BIG_ROWS // 2:
                    raise OSError(5, "Input/output error")
                yield row

        monkeypatch.setattr(SqliteReader, "rows", some)
        past.reader = readers[1]
        with download(server, "/api/v1/export?what=minutes") as answer:
            assert answer.status == 200
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                answer.read()
        monkeypatch.undo()
        assert _exported(server)


@given(query=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60), path=st.sampled_from(PATHS))
def test_whatever_is_asked(served: tuple[Past, Serving], query: str, path: str) -> None:
    with served[1].wire() as wire:
        answer = wire.ask(f"{path}?{query}")
    assert answer.status in {200, 422}
    if answer.status == 422:
        assert is_problem(answer, 422)


def _unfit(params: Any) -> None:
    raise UnfitError("fuse: there is none of this name.")


def _connections(server: Serving, wires: list[Wire]) -> list[Any]:
    mine = {wire.socket.getsockname()[:2] for wire in wires}
    held: list[Any] = server.inside(lambda: list(server.guard.connections))
    return [one for one in held if one.client in mine]


def _stuck(server: Serving, wires: list[Wire]) -> bool:
    connections = _connections(server, wires)
    return len(connections) == len(wires) and all(one.flow.write_paused for one in connections)


def _exported(server: Serving) -> bool:
    """Whether an export is taken again."""
    with download(server, "/api/v1/export?what=days") as answer:
        return answer.status == 200 and bool(answer.read())
