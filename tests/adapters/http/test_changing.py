"""Changes over HTTP: who may ask, how, for what; granted ones are kept before they are answered."""

from __future__ import annotations

import asyncio
import errno
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from ngair.adapters.http.app import local_api
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.api.resources import CHANGES
from ngair.model.limits import HTTP_CHANGE_MAX_BYTES, HTTP_CHANGES_WAITING_MAX, HTTP_HEADER_TIMEOUT_S
from ngair.model.rules import OutletWish, Wishes
from tests.adapters.http.granting import CARRIED, JSON, MAIN_FUSE, OUTLET, Asking, asking, change
from tests.adapters.http.serving import serving, wait_until_received
from tests.adapters.http.wire import HOST, Wire, is_problem, request
from tests.api.houses import CHARGER, WISHES, lost, site, wished
from tests.program import Answer, wait_for

KEY = f"{CHARGER.serial}/1"


@pytest.fixture(name="served", scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asking(tmp_path_factory.mktemp("data")) as box:
        yield box


@pytest.fixture(name="box")
def _box(served: Asking, tmp_path: Path) -> Iterator[Asking]:
    """The server, as if nobody had asked for anything yet."""
    served.server.inside(lambda: served.house.begin(tmp_path))
    yield served
    served.server.hang_up()


def decoded(answer: Answer) -> Any:
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    return msgspec.json.decode(answer.body)


class TestGranted:
    def test_a_change_is_kept_applied_and_answered_with_what_became_of_it(self, box: Asking, tmp_path: Path) -> None:
        outlet = decoded(box.patch(OUTLET, max_a=10, priority=3, paused=True, fallback_a=0))
        assert outlet["wish"] == {"max_a": 10, "priority": 3, "paused": True, "fallback_a": 0}
        assert box.house.site.wishes == Wishes(outlets=WISHES.outlets)
        assert msgspec.json.decode((tmp_path / "wishes.json").read_bytes(), type=Wishes) == box.house.site.wishes
        assert box.document(OUTLET) == outlet
        site: Any = box.document("/api/v1/site")
        assert site["chargers"][0]["outlets"][0] == outlet

    def test_pause_and_resume(self, box: Asking) -> None:
        assert decoded(box.post(OUTLET + "/pause"))["wish"]["paused"] is True
        assert decoded(box.post(OUTLET + "/resume/"))["wish"]["paused"] is False
        assert box.house.granted == [Wishes(outlets={KEY: OutletWish(paused=True)}), Wishes()]

    def test_one_wish_leaves_the_others(self, box: Asking) -> None:
        box.patch(OUTLET, max_a=10)
        box.post(OUTLET + "/pause")
        assert box.house.site.wishes.of(CHARGER.serial, 1) == OutletWish(max_a=10, paused=True)
        assert decoded(box.patch(OUTLET, max_a=None))["wish"] == {
            "max_a": None,
            "priority": 0,
            "paused": True,
            "fallback_a": None,
        }

    def test_the_main_fuse_down_and_back(self, box: Asking) -> None:
        assert decoded(box.patch(MAIN_FUSE, rating_a=16))["rating_a"] == [16, 16, 16]
        assert box.house.site.wishes == Wishes(main_fuse_a=16)
        assert decoded(box.patch(MAIN_FUSE, rating_a=None))["rating_a"] == [25, 25, 25]

    def test_what_is_so_already_is_not_kept_again(self, box: Asking) -> None:
        for _ in range(3):
            assert decoded(box.post(OUTLET + "/pause"))["wish"]["paused"] is True
        assert decoded(box.patch(OUTLET)) == box.document(OUTLET)
        assert len(box.house.granted) == 1

    def test_the_connection_lives_on(self, box: Asking) -> None:
        with box.server.wire() as wire:
            for body, status in [(b'{"max_a": 8}', 200), (b'{"max_a": 99}', 409), (b"{", 400), (b"{}", 200)]:
                wire.send(change(OUTLET, "PATCH", body, JSON))
                assert wire.answer().status == status
            assert wire.ask("/meter/").status == 200

    def test_a_body_in_pieces(self, box: Asking) -> None:
        with box.server.wire() as wire:
            data = change(OUTLET, "PATCH", b'{"max_a": 8}', JSON)
            for byte in data:
                wire.send(bytes([byte]))
            assert decoded(wire.answer())["wish"]["max_a"] == 8

    def test_a_body_in_chunks(self, box: Asking) -> None:
        with box.server.wire() as wire:
            wire.send(request(OUTLET, "PATCH", JSON, CARRIED, b"Transfer-Encoding: chunked"))
            wire.send(b'5\r\n{"max\r\n7\r\n_a": 8}\r\n0\r\n\r\n')
            assert decoded(wire.answer())["wish"]["max_a"] == 8

    def test_what_stands_behind_the_chunks_is_no_proof(self, box: Asking) -> None:
        with box.server.wire() as wire:
            body = b'c\r\n{"max_a": 8}\r\n0\r\n' + CARRIED + b"\r\n\r\n"
            wire.send(request(OUTLET, "PATCH", JSON, b"Transfer-Encoding: chunked") + body)
            assert wire.answer().status == 401

    def test_expect_100_continue(self, box: Asking) -> None:
        with box.server.wire() as wire:
            wire.send(request(OUTLET, "PATCH", JSON, CARRIED, b"Content-Length: 12", b"Expect: 100-continue"))
            assert wire.answer().status == 100
            wire.send(b'{"max_a": 8}')
            assert decoded(wire.answer())["wish"]["max_a"] == 8

    def test_many_at_once_are_all_granted(self, box: Asking) -> None:
        wires = [box.server.wire() for _ in range(12)]
        bodies = [b'{"max_a": 8}', b'{"priority": 4}', b'{"paused": true}', b'{"fallback_a": 0}'] * 3
        for wire, body in zip(wires, bodies, strict=True):
            wire.send(change(OUTLET, "PATCH", body, JSON))
        assert [wire.answer().status for wire in wires] == [200] * 12
        wanted = OutletWish(max_a=8, priority=4, paused=True, fallback_a=0)
        assert box.house.site.wishes.of(CHARGER.serial, 1) == wanted

    def test_requests_in_a_row_are_made_in_order(self, box: Asking) -> None:
        with box.server.wire() as wire:
            wire.send(b"".join(change(OUTLET, "PATCH", b'{"max_a": %d}' % amps, JSON) for amps in (7, 9, 8)))
            assert [decoded(wire.answer())["wish"]["max_a"] for _ in range(3)] == [7, 9, 8]


class TestShown:
    def test_every_outlet(self, box: Asking) -> None:
        outlets: Any = box.document("/api/v1/outlets/")
        assert [(o["serial"], o["id"]) for o in outlets] == [(CHARGER.serial, 1), (CHARGER.serial, 2), ("CB2", 1)]
        assert [box.document(f"/api/v1/outlets/{o['serial']}/{o['id']}/") for o in outlets] == outlets

    @pytest.mark.parametrize("path", ["/api/v1/outlets", OUTLET, MAIN_FUSE, MAIN_FUSE + "/"])
    def test_a_part_has_validators_like_every_document(self, box: Asking, path: str) -> None:
        with box.server.wire() as wire:
            first = wire.ask(path)
            assert first.headers["cache-control"] == "no-cache"
            assert wire.ask(path, "GET", b"If-None-Match: " + first.headers["etag"].encode()).status == 304
            assert wire.ask(path, "HEAD").headers["content-length"] == str(len(first.body))
            date = first.headers["last-modified"].encode()
            assert wire.ask(path, "GET", b"If-Modified-Since: " + date).status == 200
            box.server.inside(lambda: box.house.happens(wished(Wishes(outlets=WISHES.outlets, main_fuse_a=9))))
            assert wire.ask(path, "GET", b"If-None-Match: " + first.headers["etag"].encode()).status == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/outlets/CB9/1",
            f"/api/v1/outlets/{CHARGER.serial}/3",
            f"/api/v1/outlets/{CHARGER.serial}/one",
            f"/api/v1/outlets/{CHARGER.serial}/1234567890",
            f"/api/v1/outlets/{CHARGER.serial}/-1",
            f"/api/v1/outlets/{CHARGER.serial}",
            f"/api/v1/outlets/{CHARGER.serial}//1",
            OUTLET + "//",
            OUTLET + "/x",
            "/api/v1/fuses/garage",
            "/api/v1/fuses/",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "PATCH"])
    def test_there_is_no_other(self, box: Asking, path: str, method: str) -> None:
        assert is_problem(box.ask(path, method, b'{"paused": true}', JSON), 404)
        assert box.house.granted == []

    def test_without_a_fuse_there_is_none(self) -> None:
        publisher = Publisher()
        publisher.refresh(msgspec.structs.replace(site(), fuses=()), 1.0, 1.0)
        with serving(local_api(publisher)) as server, server.wire() as wire:
            assert is_problem(wire.ask(MAIN_FUSE), 404)
            assert wire.ask("/api/v1/outlets/").body == b"[]"


class TestRefused:
    @pytest.mark.parametrize(
        ("path", "values", "status", "told"),
        [
            (OUTLET, {"max_a": 5}, 409, "from 6 to 16"),
            (OUTLET, {"max_a": 17}, 409, "from 6 to 16"),
            (OUTLET, {"fallback_a": 3}, 409, "from 6 to 16"),
            (OUTLET, {"fallback_a": 16}, 409, "bears"),
            (OUTLET, {"priority": 10}, 422, "<= 9"),
            (OUTLET, {"priority": -1}, 422, ">= 0"),
            (OUTLET, {"max_a": "10"}, 422, "`int"),
            (OUTLET, {"max_a": 10.5}, 422, "`int"),
            (OUTLET, {"max_a": True}, 422, "`int"),
            (OUTLET, {"paused": None}, 422, "`bool`"),
            (OUTLET, {"setpoint_a": 16}, 422, "Allowed keys are: max_a, priority, paused, fallback_a"),
            (OUTLET, {"max_a": 8, "<b>": 1}, 422, "Allowed keys"),
            (OUTLET + "/pause", {"paused": False}, 422, "Allowed keys are: none"),
            (MAIN_FUSE, {"rating_a": 26}, 409, "from 6 to 25"),
            (MAIN_FUSE, {"rating_a": 5}, 422, ">= 6"),
            (MAIN_FUSE, {"rating_a": 201}, 422, "<= 200"),
            (MAIN_FUSE, {}, 422, "rating_a"),
            (MAIN_FUSE, {"rating_a": "25"}, 422, "`float"),
        ],
    )
    def test_a_wish_that_cannot_be(
        self, box: Asking, path: str, values: dict[str, object], status: int, told: str
    ) -> None:
        method = "POST" if path.endswith("/pause") else "PATCH"
        answer = box.ask(path, method, msgspec.json.encode(values), JSON)
        assert is_problem(answer, status)
        detail = msgspec.json.decode(answer.body)["detail"]
        assert told in detail
        assert "<b>" not in detail
        assert box.house.granted == []

    @pytest.mark.parametrize("body", [b"", b"{", b"max_a=8", b'{"max_a": NaN}', b"\xff", b'{"max_a": 08}', b"{} {}"])
    def test_a_body_that_is_no_json(self, box: Asking, body: bytes) -> None:
        assert is_problem(box.ask(OUTLET, "PATCH", body, JSON), 400)
        assert box.house.granted == []

    @pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"paused"', b"[" * 2000])
    def test_a_body_that_is_no_object(self, box: Asking, body: bytes) -> None:
        assert is_problem(box.ask(OUTLET, "PATCH", body, JSON), 422)

    @pytest.mark.parametrize(
        ("path", "method", "allow"),
        [
            *[(OUTLET, method, "GET, HEAD, PATCH") for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE")],
            *[(MAIN_FUSE, method, "GET, HEAD, PATCH") for method in ("POST", "PUT", "DELETE", "OPTIONS")],
            *[(OUTLET + "/pause", method, "POST") for method in ("GET", "HEAD", "PUT", "PATCH", "OPTIONS")],
            *[("/api/v1/outlets/", method, "GET, HEAD") for method in ("POST", "PATCH", "DELETE")],
            ("/api/v1/outlets/CB9/1", "POST", "GET, HEAD, PATCH"),
        ],
    )
    def test_a_wrong_method(self, box: Asking, path: str, method: str, allow: str) -> None:
        answer = box.ask(path, method, b"", JSON)
        assert answer.status == 405
        assert answer.headers["allow"] == allow
        assert not [name for name in answer.headers if name.startswith("access-control-")]

    def test_without_somebody_to_grant_it_nothing_is_offered(self) -> None:
        publisher = Publisher()
        publisher.refresh(site("1.0", [wished()]), 1.0, 1.0)
        with serving(local_api(publisher)) as server:
            for path, status in [("/api/v1/outlets/", 405), (OUTLET + "/pause", 404), (MAIN_FUSE, 405)]:
                with server.wire() as wire:
                    wire.send(change(path, "POST", b"", JSON))
                    assert is_problem(wire.answer(), status)


class TestGuard:
    @pytest.mark.parametrize(
        "content_type",
        [
            [],
            [b"Content-Type: text/plain"],
            [b"Content-Type: application/x-www-form-urlencoded"],
            [b"Content-Type: multipart/form-data"],
            [b"Content-Type: application/jsonp"],
            [b"Content-Type: text/plain; application/json"],
            [b"Content-Type: text/plain", JSON],
            [JSON, JSON],
            [b"Content-Type:"],
        ],
    )
    @pytest.mark.parametrize(("path", "method"), [(OUTLET, "PATCH"), (OUTLET + "/pause", "POST")])
    def test_what_a_form_could_send(self, box: Asking, path: str, method: str, content_type: list[bytes]) -> None:
        assert is_problem(box.ask(path, method, b"{}", *content_type), 415)
        assert box.house.granted == []

    @pytest.mark.parametrize(
        "content_type", [JSON, b"Content-Type: application/json; charset=utf-8", b"content-type:APPLICATION/JSON"]
    )
    def test_json(self, box: Asking, content_type: bytes) -> None:
        assert box.ask(OUTLET + "/pause", "POST", b"{}", content_type).status == 200

    @pytest.mark.parametrize(
        ("host", "headers"),
        [
            (b"127.0.0.1", [b"Origin: http://evil.example"]),
            (b"127.0.0.1", [b"Origin: null"]),
            (b"127.0.0.1", [b"Origin:"]),
            (b"127.0.0.1", [b"Origin: http://127.0.0.1:8080"]),
            (b"127.0.0.1:8080", [b"Origin: http://127.0.0.1"]),
            (b"127.0.0.1", [b"Origin: http://127.0.0.1.evil.example"]),
            (b"127.0.0.1", [b"Origin: http://127.0.0.1", b"Origin: http://evil.example"]),
            (b"127.0.0.1", [b"Origin: file://127.0.0.1"]),
            (b"127.0.0.1", [b"Origin: 127.0.0.1"]),
            (b"127.0.0.1", [b"Sec-Fetch-Site: cross-site"]),
            (b"127.0.0.1", [b"Sec-Fetch-Site: same-site"]),
            (b"127.0.0.1", [b"Origin: http://127.0.0.1", b"Sec-Fetch-Site: cross-site"]),
        ],
    )
    def test_pages_of_others_change_nothing(self, box: Asking, host: bytes, headers: list[bytes]) -> None:
        answer = box.ask(OUTLET + "/pause", "POST", b"", JSON, *headers, host=host)
        assert is_problem(answer, 403)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert box.house.granted == []

    @pytest.mark.parametrize(
        ("host", "headers"),
        [
            (b"127.0.0.1", [b"Origin: http://127.0.0.1", b"Sec-Fetch-Site: same-origin"]),
            (b"127.0.0.1:80", [b"Origin: http://127.0.0.1"]),
            (b"127.0.0.1:8080", [b"Origin: http://127.0.0.1:8080"]),
            (b"[::1]:8080", [b"Origin: http://[::1]:8080"]),
            (b"CTEK-NG-Air.local", [b"Origin: http://ctek-ng-air.local"]),
            (b"box.example", [b"Origin: https://box.example"]),
            (b"localhost:1", [b"Sec-Fetch-Site: none"]),
        ],
    )
    def test_the_box_s_own_page_does(self, box: Asking, host: bytes, headers: list[bytes]) -> None:
        assert box.ask(OUTLET + "/pause", "POST", b"", JSON, *headers, host=host).status == 200

    @pytest.mark.parametrize("host", [b"evil.example", b"", b"127.0.0.1.evil.example"])
    @pytest.mark.parametrize(("path", "method"), [(OUTLET, "PATCH"), (OUTLET + "/pause", "POST"), (MAIN_FUSE, "PATCH")])
    def test_names_that_are_not_the_box_s(self, box: Asking, path: str, method: str, host: bytes) -> None:
        assert is_problem(box.ask(path, method, b"{}", JSON, host=host), 421)
        assert box.house.granted == []

    def test_two_hosts(self, box: Asking) -> None:
        assert is_problem(box.ask(OUTLET, "PATCH", b'{"max_a": 8}', JSON, HOST.strip()), 400)

    def test_a_change_that_is_too_large(self, box: Asking) -> None:
        body = b'{"max_a": 8' + b" " * HTTP_CHANGE_MAX_BYTES + b"}"
        answer = box.ask(OUTLET, "PATCH", body, JSON)
        assert is_problem(answer, 413)
        assert answer.headers["connection"] == "close"
        assert box.house.granted == []

    def test_a_change_without_end(self, box: Asking) -> None:
        with box.server.wire() as wire:
            wire.send(request(OUTLET, "PATCH", JSON, CARRIED, b"Transfer-Encoding: chunked"))
            for _ in range(200):
                wire.send_what_is_taken(b"400\r\n" + b" " * 1024 + b"\r\n")
            assert is_problem(wire.answer(), 413)

    def test_a_change_that_never_comes_whole(self, box: Asking) -> None:
        wire = box.server.wire()
        wire.send(request(OUTLET, "PATCH", JSON, CARRIED, b"Content-Length: 12") + b'{"max_a"')
        wait_until_received(box.server, wire, "body")
        box.server.exactly_later(wire, HTTP_HEADER_TIMEOUT_S - 1)
        begun_bytes = box.server.connection(wire)._part_bytes
        wire.send(b": 8")
        wait_for(lambda: box.server.connection(wire)._part_bytes == begun_bytes + 3)
        box.server.later(HTTP_HEADER_TIMEOUT_S + 1)
        assert is_problem(wire.answer(), 408)
        wire.send_what_is_taken(b"}")
        assert wire.is_closed()
        assert box.house.granted == []

    def test_a_client_that_hangs_up_within_its_change(self, box: Asking) -> None:
        wire = box.server.wire()
        wire.send(request(OUTLET, "PATCH", JSON, CARRIED, b"Content-Length: 12") + b'{"max_a"')
        wait_until_received(box.server, wire, "body")
        wire.close()
        wait_for(lambda: not box.server.clients())
        assert box.house.granted == []
        assert box.post(OUTLET + "/pause").status == 200


class TestProof:
    @pytest.mark.parametrize(
        "carried",
        [
            b"",
            b"X-Ngair-Token:",
            b"X-Ngair-Token: " + b"0" * 32,
            b"X-Ngair-Token: \xff\xfe",
            b"X-Ngair: 0",
            b"Authorization: Basic",
            b"Authorization: Bearer abc",
            b"Authorization: Basic Y3Rlaw==",
        ],
    )
    @pytest.mark.parametrize(("path", "method"), [(OUTLET, "PATCH"), (OUTLET + "/pause", "POST"), (MAIN_FUSE, "PATCH")])
    def test_without_it_nothing_is_changed(self, box: Asking, path: str, method: str, carried: bytes) -> None:
        with box.server.wire() as wire:
            wire.send(change(path, method, b"{}", JSON, carried=carried))
            answer = wire.answer()
        assert is_problem(answer, 401)
        assert "/api/v1/login" in msgspec.json.decode(answer.body)["detail"]
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert box.house.granted == []

    def test_a_token_is_one(self, box: Asking) -> None:
        with box.server.wire() as wire:
            token = msgspec.json.decode(wire.ask("/api/v1/token", "GET", CARRIED).body)["token"]
            carried = b"X-Ngair-Token: " + token.encode("ascii")
            for headers, status in ((carried, 200), (carried + b"\r\n" + carried, 401), (carried.upper(), 401)):
                with box.server.wire() as asking:
                    asking.send(change(OUTLET + "/pause", "POST", b"", JSON, carried=headers))
                    assert asking.answer().status == status


class TestNotKept:
    @pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EROFS, 500)])
    def test_what_cannot_be_kept_is_not_made(
        self, box: Asking, number: int, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(name: str, data: bytes) -> None:
            raise OSError(number, "the disk has no more to give")

        monkeypatch.setattr(box.house.store, "save", fail)
        before = box.document(OUTLET)
        answer = box.post(OUTLET + "/pause")
        assert is_problem(answer, status)
        assert "the disk has no more to give" in msgspec.json.decode(answer.body)["detail"]
        assert box.document(OUTLET) == before
        monkeypatch.undo()
        assert box.post(OUTLET + "/pause").status == 200

    def test_a_disk_that_hangs_gathers_no_changes(self, box: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
        keeping = asyncio.Event()
        wish = box.house.wish

        async def hang(wishes: Wishes) -> None:
            await keeping.wait()
            await wish(wishes)

        monkeypatch.setattr(box.house, "wish", hang)
        wires = [box.server.wire() for _ in range(HTTP_CHANGES_WAITING_MAX + 1)]
        for wire in wires:
            wire.send(change(OUTLET + "/pause", "POST", b"", JSON))
        wait_for(lambda: any(has_something_to_read(wire) for wire in wires))
        box.server.inside(keeping.set)
        statuses = sorted(wire.answer().status for wire in wires)
        assert statuses == [200] * HTTP_CHANGES_WAITING_MAX + [503]
        assert box.post(OUTLET + "/resume").status == 200


class TestLost:
    def test_an_outlet_out_of_reach_can_be_paused(self, box: Asking) -> None:
        """The wish waits for it: whoever pauses a lost charger must not find it charging when it is back."""
        box.server.inside(lambda: box.house.happens(lost()))
        outlet = decoded(box.post(OUTLET + "/pause"))
        assert (outlet["wish"]["paused"], outlet["state_name"]) == (True, "Unavailable")


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row.method} {row.path}")
def test_answers_fit_their_description(box: Asking, row: Any) -> None:
    description = msgspec.json.decode(openapi("1.0", "0"))
    path = row.path.format(serial=CHARGER.serial, id=1)
    bodies = {OUTLET: b'{"max_a": 8}', MAIN_FUSE: b'{"rating_a": 20}'}
    answer = box.ask(path, row.method, bodies.get(path, b""), JSON)
    told = description["paths"][row.path][row.method.lower()]["responses"]
    _judge(told["200"]["content"]["application/json"]["schema"], description).validate(decoded(answer))
    refused = box.ask(path, row.method, b"[]", JSON)
    schema = told[str(refused.status)]["content"]["application/problem+json"]["schema"]
    _judge(schema, description).validate(msgspec.json.decode(refused.body))


def has_something_to_read(wire: Wire) -> bool:
    """Whether an answer has come."""
    return bool(select.select([wire.socket], [], [], 0)[0])


def _judge(schema: Any, description: Any) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": description["components"]})
