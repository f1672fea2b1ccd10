"""What every document answers over HTTP. A new row in ROUTES is proven here without a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from ngair.adapters.http.app import local_api
from ngair.api import publisher as publisher_module
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.api.routes import ROUTES, Route
from ngair.model.site import Profile
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import HOST, is_problem
from tests.api.houses import READING, STATES, site, telegram

BOTH: tuple[Profile, ...] = ("1.0", "1.3")
PATHS = [path for route in ROUTES for path in route.paths]
WRONG_METHODS = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
WALL_S = 1_770_000_000


@pytest.fixture(name="publisher", scope="module")
def _publisher() -> Publisher:
    publisher = Publisher()
    publisher.refresh(site("1.0", STATES["two chargers"]), 10.0, WALL_S)
    return publisher


@pytest.fixture(name="server", scope="module")
def _server(publisher: Publisher) -> Iterator[Serving]:
    with serving(local_api(publisher)) as server:
        yield server


@pytest.mark.parametrize("path", PATHS)
def test_with_and_without_slash_it_is_200_and_json(server: Serving, publisher: Publisher, path: str) -> None:
    with server.wire() as wire:
        answer = wire.ask(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == publisher.pages[path].body
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_a_query_changes_nothing(server: Serving, path: str) -> None:
    with server.wire() as wire:
        assert wire.ask(path + "?_=1770000000&x=%00").body == wire.ask(path).body


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(server: Serving, path: str) -> None:
    with server.wire() as wire:
        got, head = wire.ask(path), wire.ask(path, "HEAD")
        assert wire.ask(path).status == 200, "nothing of a body stands in the way"
    assert head.status == 200
    assert head.body == b""
    assert without_date(head.headers) == without_date(got.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_304_by_entity_tag_and_by_date(server: Serving, path: str, method: str) -> None:
    with server.wire() as wire:
        first = wire.ask(path, method)
        etag, date = first.headers["etag"].encode(), first.headers["last-modified"].encode()
        for condition in [
            [b"If-None-Match: " + etag],
            [b"If-None-Match: W/" + etag],
            [b'If-None-Match: "other", ' + etag],
            [b'If-None-Match: "other"', b"If-None-Match: " + etag],
            [b"If-None-Match: *"],
            [b"If-Modified-Since: " + date],
            [b"If-None-Match: " + etag, b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
        ]:
            answer = wire.ask(path, method, *condition)
            assert answer.status == 304, condition
            assert answer.body == b""
            assert answer.headers["etag"].encode() == etag
            assert answer.headers["last-modified"].encode() == date
            assert answer.headers["cache-control"] == first.headers["cache-control"]
            assert "date" in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_200_when_the_client_has_another(server: Serving, path: str) -> None:
    with server.wire() as wire:
        first = wire.ask(path)
        date = first.headers["last-modified"].encode()
        for condition in [
            [b'If-None-Match: "other"'],
            [b"If-None-Match:"],
            [b"If-None-Match: " + first.headers["etag"].strip('"').encode()],
            [b'If-None-Match: "other"', b"If-Modified-Since: " + date],
            [b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"],
            [b"If-Modified-Since: yesterday"],
        ]:
            assert wire.ask(path, "GET", *condition).body == first.body, condition


def test_a_condition_is_seen_among_few_headers(server: Serving) -> None:
    with server.wire() as wire:
        wire.send(b"GET /meter/ HTTP/1.1\r\n" + HOST + b"If-None-Match: *\r\n\r\n")
        assert wire.answer().status == 304


@pytest.mark.parametrize("method", WRONG_METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_method_is_405_and_told_the_right_ones(server: Serving, path: str, method: str) -> None:
    with server.wire() as wire:
        answer = wire.ask(path, method)
        assert is_problem(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"
        assert answer.headers["connection"] == "close"
        assert wire.is_closed()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("profile", BOTH)
def test_what_is_served_fits_its_description(profile: Profile, state: str) -> None:
    publisher = Publisher()
    publisher.refresh(site(profile, STATES[state]), 10.0, WALL_S)
    publisher.put("/openapi.json", openapi(profile, "0"), "application/json", WALL_S)
    with serving(local_api(publisher)) as server, server.wire() as wire:
        description = msgspec.json.decode(wire.ask("/openapi.json").body)
        for route in ROUTES:
            document = msgspec.json.decode(wire.ask(route.path).body)
            jsonschema.Draft202012Validator(schema_of(description, route.path)).validate(document)


def test_a_new_route_is_served_without_a_second_place(monkeypatch: pytest.MonkeyPatch) -> None:
    route = Route(
        path="/example/",
        summary="An example",
        build=lambda site, now_s, wall_s: {"number": 1},
        shows=lambda site: 1,
        schema={"1.0": dict[str, int], "1.3": dict[str, int]},
    )
    monkeypatch.setattr(publisher_module, "ROUTES", (*ROUTES, route))
    publisher = Publisher()
    publisher.refresh(site(), 10.0, WALL_S)
    with serving(local_api(publisher)) as server, server.wire() as wire:
        assert wire.ask("/example/").body == wire.ask("/example").body == b'{"number":1}'


def test_a_change_is_served_at_once_and_ends_304() -> None:
    publisher = Publisher()
    publisher.refresh(site("1.0", [telegram()]), 10.0, WALL_S)
    with serving(local_api(publisher)) as server, server.wire() as wire:
        first = wire.ask("/meter/")
        changed = site("1.0", [telegram(replace(READING, power_import_w=1))])
        server.inside(lambda: publisher.refresh(changed, 10.0, WALL_S))
        tag, date = first.headers["etag"].encode(), first.headers["last-modified"].encode()
        second = wire.ask("/meter/", "GET", b"If-None-Match: " + tag)
        assert second.status == 200
        assert second.body != first.body
        assert second.headers["last-modified"].encode() == date, "both were made in one second"
        assert wire.ask("/meter/", "GET", b"If-Modified-Since: " + date).status == 200


def test_no_request_encodes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher()
    publisher.refresh(site("1.0", STATES["two chargers"]), 10.0, WALL_S)

    def encode(document: Any) -> bytes:
        raise AssertionError("encoded for a request")

    with serving(local_api(publisher)) as server, server.wire() as wire:
        monkeypatch.setattr(publisher_module, "_ENCODER", type("Encoder", (), {"encode": staticmethod(encode)}))
        for path in PATHS:
            for method in ("GET", "HEAD"):
                assert wire.ask(path, method).status == 200


def schema_of(description: Any, path: str) -> Any:
    content = description["paths"][path]["get"]["responses"]["200"]["content"]
    return {**content["application/json"]["schema"], "components": description["components"]}


def without_date(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}
