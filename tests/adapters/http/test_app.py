"""Requests that get no document: who may ask, for what, and how; each refusal with its remedy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from ngair.adapters.http.app import local_api
from ngair.api.publisher import Publisher
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import HOST, is_problem, request
from tests.api.houses import site

CHANGING = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Serving]:
    publisher = Publisher()
    publisher.refresh(site(), 10.0, 1e9)
    publisher.put("/", b"<p>hello</p>", "text/html; charset=utf-8", 1e9, (b"x-extra", b"yes"))
    with serving(local_api(publisher, ["Box.Example", "other.example"])) as server:
        yield server


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "/meter/x",
        "/meter//",
        "//meter/",
        "//",
        "/METER/",
        "/meter/..",
        "/../meter/",
        "/./meter/",
        "/meter/%00",
        "/%ff%fe",
        "/%zz",
        "/%",
        "/%E2%82%AC",
        "/meter/;a=b",
        "/api/v1/",
        "/api/v1",
        "/api/v1/site/x",
        "/ssid/x",
        "/uploads/x",
        "/" + "a" * 15_000,
        "/?" + "/meter/",
        "/openapi.json/",
    ],
)
def test_an_unknown_path_is_404(server: Serving, path: str) -> None:
    with server.wire() as wire:
        if path.startswith("/?"):
            assert wire.ask(path).status == 200, "the query is no path"
        else:
            assert is_problem(wire.ask(path), 404)
        assert wire.ask("/meter/").status == 200, "the connection lives on"


@pytest.mark.parametrize("method", CHANGING)
def test_an_unknown_path_is_404_for_every_method(server: Serving, method: str) -> None:
    with server.wire() as wire:
        assert is_problem(wire.ask("/x", method), 404)


@pytest.mark.parametrize("path", ["/%6Deter/", "/meter%2F", "/meter/?x", "/meter/#x", "http://anything.example/meter/"])
def test_other_spellings_of_a_path(server: Serving, path: str) -> None:
    with server.wire() as wire:
        assert wire.ask(path).body == wire.ask("/meter/").body


@pytest.mark.parametrize("path", ["/ssid/", "/ssid"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_wifi_networks_are_refused_outside_setup_mode(server: Serving, path: str, method: str) -> None:
    with server.wire() as wire:
        answer = wire.ask(path, method)
        assert answer.status == 403
        if method == "GET":
            assert is_problem(answer, 403)
        assert wire.ask("/meter/").status == 200


@pytest.mark.parametrize("path", ["/upload/image.bin", "/upload/", "/upload", "/upload/../meter/", "/upload/a/b?c"])
def test_firmware_is_refused(server: Serving, path: str) -> None:
    with server.wire() as wire:
        wire.send(request(path, "POST", b"Content-Length: 5") + b"bytes")
        assert is_problem(wire.answer(), 403)
        assert wire.is_closed()


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        *[("/upload/x", method, "POST") for method in ("GET", "PUT", "DELETE")],
        *[("/ssid/", method, "GET, HEAD") for method in CHANGING],
        *[("/", method, "GET, HEAD") for method in CHANGING],
        ("*", "OPTIONS", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405(server: Serving, path: str, method: str, allowed: str) -> None:
    with server.wire() as wire:
        answer = wire.ask(path, method)
        assert is_problem(answer, 405)
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/upload/x", "/x", "/ssid/"])
def test_head_of_a_refusal_is_its_headers(server: Serving, path: str) -> None:
    with server.wire() as wire:
        got, head = wire.ask(path), wire.ask(path, "HEAD")
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers | {"date": ""} == got.headers | {"date": ""}
        assert wire.ask("/meter/").status == 200


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize("path", ["/meter/", "/upload/x", "/x", "/"])
@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"", b"127.0.0.1@evil.example"])
def test_a_change_under_a_foreign_name_is_misdirected(server: Serving, method: str, path: str, host: bytes) -> None:
    with server.wire() as wire:
        wire.send(f"{method} {path} HTTP/1.1\r\n".encode() + b"Host: " + host + b"\r\n\r\n")
        assert is_problem(wire.answer(), 421)
        assert wire.is_closed()


@pytest.mark.parametrize(
    "host", [b"box.example", b"BOX.example:8080", b"other.example", b"ctek-ng-air.local", b"[::1]:80"]
)
def test_a_change_under_a_name_of_the_box_is_not(server: Serving, host: bytes) -> None:
    with server.wire() as wire:
        wire.send(b"POST /meter/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        assert is_problem(wire.answer(), 405)


def test_reading_needs_no_name_of_the_box(server: Serving) -> None:
    """Owners reach it by whatever name their router gives it."""
    with server.wire() as wire:
        wire.send(b"GET /meter/ HTTP/1.1\r\nHost: anything.example\r\n\r\n")
        assert wire.answer().status == 200


@pytest.mark.parametrize("path", ["/meter/", "/x", "/upload/x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("hosts", [b"", HOST + HOST, HOST + b"Host: evil.example\r\n"])
def test_one_host_header_is_the_rule(server: Serving, path: str, method: str, hosts: bytes) -> None:
    with server.wire() as wire:
        wire.send(f"{method} {path} HTTP/1.1\r\n".encode() + hosts + b"\r\n")
        assert is_problem(wire.answer(), 400)


def test_http_1_0_needs_no_host_and_gets_a_closed_connection(server: Serving) -> None:
    with server.wire() as wire:
        wire.send(b"GET /meter/ HTTP/1.0\r\n\r\n")
        answer = wire.answer()
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        assert wire.is_closed()


def test_other_pages_come_with_their_headers(server: Serving) -> None:
    with server.wire() as wire:
        answer = wire.ask("/")
        assert answer.body == b"<p>hello</p>"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-extra"] == "yes"
        assert "server" not in answer.headers


def test_nothing_that_was_asked_is_reflected(server: Serving) -> None:
    with server.wire() as wire:
        for path in ("/<script>", "/x%22onload", "/upload/<script>"):
            answer = wire.ask(path)
            assert b"script" not in answer.body
            assert b"onload" not in answer.body
            assert msgspec.json.decode(answer.body)["detail"]
