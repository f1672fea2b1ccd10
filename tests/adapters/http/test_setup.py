"""Setup mode over HTTP: who is let in where, what phones are told, and that nothing of it is there otherwise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.locks import Locks
from ngair.adapters.http.setup import Inside, SetupDoor
from ngair.adapters.password import Passwords, set_password
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.api.setup import SETUP, SETUP_ACTS, JoinRequest, SetupDocument, SsidDocument
from ngair.gateway.ports import SetupRefusedError
from ngair.model.limits import HTTP_CHANGE_MAX_BYTES
from tests.adapters.http.granting import CARRIED, JSON, change
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import is_problem, request
from tests.api.houses import site
from tests.program import PASSWORD, Answer

NAMES = ("home", '"\\xff\\\n\u2028', "🚗", "</script>")
ACTS = [act.path for act in SETUP_ACTS]
ASKED_BY_PHONES = [
    ("/generate_204", b"connectivitycheck.gstatic.com"),
    ("/gen_204", b"www.google.com"),
    ("/hotspot-detect.html", b"captive.apple.com"),
    ("/library/test/success.html", b"www.apple.com"),
    ("/connecttest.txt", b"www.msftconnecttest.com"),
    ("/ncsi.txt", b"www.msftncsi.com"),
    ("/redirect", b"www.msftconnecttest.com"),
    ("/canonical.html", b"detectportal.firefox.com"),
    ("/success.txt", b"detectportal.firefox.com"),
    ("/", b"neverssl.com"),
    ("/", b"127.0.0.1"),
    ("/whatever", b"127.0.0.1"),
    ("/api/v1/site", b"news.example"),
    ("/ssid/", b"news.example"),
    (SETUP, b"news.example"),
]


class Desk:
    """Implements `SetupSink`: writes down what it is asked."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """As if nothing had been asked yet, in setup mode."""
        self.is_on = True
        self.address = "127.0.0.1"
        self.asked: list[object] = []
        self.heard_of: list[bool] = []
        self.refuses = False

    def document(self) -> SetupDocument:
        return SetupDocument(
            state="open" if self.is_on else "off",
            reason="start" if self.is_on else "",
            detail="",
            error=None,
            joined=None,
            password_set=True,
            password_needed=False,
            password_may_be_set=True,
            access_point="ngair-4567",
            serial="ABCDEFGH01234567",
            radio=True,
            networks=(),
            closes_in_s=None,
        )

    async def networks(self) -> SsidDocument:
        return SsidDocument(NAMES)

    async def join(self, wanted: JoinRequest) -> None:
        self._ask(wanted)

    def start(self) -> None:
        self._ask("start")

    def stop(self) -> None:
        self._ask("stop")

    def done(self) -> None:
        self._ask("done")

    def heard(self, *, told: bool) -> None:
        self.heard_of.append(told)

    def _ask(self, what: object) -> None:
        if self.refuses:
            raise SetupRefusedError(409, "Not now.")
        self.asked.append(what)


class Setup:
    """A served box that can be set up."""

    def __init__(self, desk: Desk, server: Serving) -> None:
        self.desk = desk
        self.server = server

    def get(self, path: str, host: bytes = b"127.0.0.1", method: str = "GET", *headers: bytes) -> Answer:
        with self.server.wire() as wire:
            wire.send(b"\r\n".join((f"{method} {path} HTTP/1.1".encode(), b"Host: " + host, *headers, b"", b"")))
            return wire.answer(method)

    def post(
        self,
        act: str,
        body: bytes = b"{}",
        *headers: bytes,
        host: bytes = b"127.0.0.1",
        carried: bytes = b"",
        kind: bytes = JSON,
    ) -> Answer:
        with self.server.wire() as wire:
            wire.send_what_is_taken(
                change(f"{SETUP}/{act}", "POST", body, *([kind] if kind else []), *headers, host=host, carried=carried)
            )
            return wire.answer("POST")

    def outside(self) -> None:
        """Whoever asks does not come by the access point."""
        self.desk.address = "192.168.4.1"


@contextlib.contextmanager
def served_setup(folder: Path, *, read_lock: bool = False) -> Iterator[Setup]:
    publisher = Publisher()
    publisher.refresh(site(), 10.0, 1e9)
    publisher.put("/setup", b"<p>the page", "text/html; charset=utf-8", 1e9)
    store, desk, inside = Folder(folder), Desk(), Inside()
    set_password(store, PASSWORD)
    locks = Locks(Passwords(store), read_lock=read_lock, is_setup=inside)
    door = SetupDoor(desk, inside, locks, publisher.pages.__contains__, ["box.example"])
    with serving(local_api(publisher, ["box.example"], locks=locks, doors=[door])) as server:
        yield Setup(desk, server)


@pytest.fixture(name="served", scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with served_setup(tmp_path_factory.mktemp("data")) as box:
        yield box


@pytest.fixture(name="box")
def _box(served: Setup) -> Iterator[Setup]:
    served.desk.begin()
    yield served
    served.server.hang_up()


def decoded(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return msgspec.json.decode(answer.body)


class TestByTheAccessPoint:
    @pytest.mark.parametrize("path", ["/ssid/", "/ssid"])
    def test_the_networks_are_listed_as_json_whatever_their_names(self, box: Setup, path: str) -> None:
        assert decoded(box.get(path)) == {"ssid_string": list(NAMES)}
        assert box.get(path, method="HEAD").status == 200
        assert box.desk.heard_of == [False, False]

    @pytest.mark.parametrize("path", [SETUP, SETUP + "/"])
    def test_it_is_told_how_things_stand(self, box: Setup, path: str) -> None:
        assert decoded(box.get(path))["state"] == "open"
        assert box.desk.heard_of == [True]

    @pytest.mark.parametrize("act", ["start", "stop", "done"])
    def test_its_acts_need_no_password(self, box: Setup, act: str) -> None:
        assert decoded(box.post(act), 202)["state"] == "open"
        assert box.desk.asked == [act]

    @pytest.mark.parametrize("act", ["start", "stop", "done"])
    def test_an_act_without_a_body_is_one(self, box: Setup, act: str) -> None:
        decoded(box.post(act, b""), 202)

    def test_a_network_is_joined_as_asked(self, box: Setup) -> None:
        body = msgspec.json.encode({"ssid": "home", "wifi_password": "correct horse", "password": None})
        decoded(box.post("join", body), 202)
        assert box.desk.asked == [JoinRequest(ssid="home", wifi_password="correct horse")]

    def test_why_it_cannot_be_is_told(self, box: Setup) -> None:
        box.desk.refuses = True
        answer = box.post("join", b'{"ssid":"home"}')
        assert is_problem(answer, 409)
        assert b"Not now." in answer.body

    @pytest.mark.parametrize(("path", "host"), ASKED_BY_PHONES)
    def test_phones_are_led_to_the_page(self, box: Setup, path: str, host: bytes) -> None:
        for method in ("GET", "HEAD"):
            answer = box.get(path, host, method)
            assert answer.status == 302
            port = box.server.address[1]
            assert answer.headers["location"] == f"http://127.0.0.1:{port}/setup"
            assert answer.headers["cache-control"] == "no-store"
        assert box.desk.heard_of == [], "a phone in a pocket asks as well"

    @pytest.mark.parametrize("read_lock", [False, True])
    def test_the_page_is_open_and_the_house_is_not(self, tmp_path: Path, read_lock: bool) -> None:
        """Whoever stands in the street is on the access point, too."""
        with served_setup(tmp_path, read_lock=read_lock) as box:
            assert box.get("/setup").body == b"<p>the page"
            assert box.get(SETUP).status == 200
            for method in ("GET", "HEAD"):
                for path in ("/meter/", "/api/v1/site"):
                    assert box.get(path, b"127.0.0.1", method).status == 401
            assert box.get("/meter/", b"127.0.0.1", "GET", CARRIED).status == 200
            box.outside()
            assert box.get("/meter/").status == (401 if read_lock else 200)

    def test_with_a_read_lock_the_page_is_open_there_alone(self, tmp_path: Path) -> None:
        with served_setup(tmp_path, read_lock=True) as box:
            box.outside()
            assert is_problem(box.get("/setup"), 401)
            assert is_problem(box.get(SETUP), 401)


class TestForeignPages:
    @pytest.mark.parametrize("act", ["join", "start", "stop", "done"])
    @pytest.mark.parametrize(
        "header",
        [b"Origin: http://news.example", b"Origin: null", b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Site: same-site"],
    )
    def test_a_page_of_another_site_does_nothing(self, box: Setup, act: str, header: bytes) -> None:
        assert is_problem(box.post(act, b'{"ssid":"evil"}', header), 403)
        assert box.desk.asked == []

    @pytest.mark.parametrize("act", ["join", "start", "stop", "done"])
    @pytest.mark.parametrize("name", [b"news.example", b"printer", b"printer.lan", b"local"])
    def test_nor_one_whose_name_leads_to_the_box_as_all_do_there(self, box: Setup, act: str, name: bytes) -> None:
        answer = box.post(act, b'{"ssid":"evil"}', b"Origin: http://" + name, host=name)
        assert is_problem(answer, 421)
        assert box.desk.asked == []

    @pytest.mark.parametrize(
        "kind", [b"", b"Content-Type: text/plain", b"Content-Type: application/x-www-form-urlencoded"]
    )
    def test_nor_a_form(self, box: Setup, kind: bytes) -> None:
        assert is_problem(box.post("join", b'{"ssid":"evil"}', kind=kind), 415)
        assert box.desk.asked == []

    def test_its_own_page_does(self, box: Setup) -> None:
        host = b"127.0.0.1:%d" % box.server.address[1]
        answer = box.post("stop", b"{}", b"Origin: http://" + host, b"Sec-Fetch-Site: same-origin", host=host)
        assert answer.status == 202
        assert box.post("stop", b"{}", b"Origin: http://ctek-ng-air.local", host=b"ctek-ng-air.local").status == 202
        assert box.post("stop", host=b"box.example").status == 202


class TestElsewhere:
    @pytest.mark.parametrize("act", ["join", "start", "stop", "done"])
    def test_acts_need_the_password(self, box: Setup, act: str) -> None:
        box.outside()
        body = b'{"ssid":"home"}' if act == "join" else b"{}"
        answer = box.post(act, body)
        assert is_problem(answer, 401)
        assert box.desk.asked == []
        assert box.post(act, body, carried=CARRIED).status == 202
        assert len(box.desk.asked) == 1
        assert box.desk.heard_of == []

    def test_how_things_stand_may_be_read(self, box: Setup) -> None:
        box.outside()
        assert decoded(box.get(SETUP))["state"] == "open"
        assert box.desk.heard_of == []
        assert is_problem(box.get(SETUP, b"news.example"), 421)

    @pytest.mark.parametrize("off", [True, False])
    def test_the_list_and_everything_else_are_as_ever(self, box: Setup, off: bool) -> None:
        if off:
            box.desk.is_on = False
        else:
            box.outside()
        answer = box.get("/ssid/")
        assert is_problem(answer, 403)
        assert b"192.168.4.1" in answer.body
        assert is_problem(box.get("/generate_204"), 404)
        assert is_problem(box.get("/api/v1/site", b"news.example"), 421)
        assert is_problem(box.post("join", b'{"ssid":"home"}'), 401)

    def test_an_access_point_that_is_not_open_lets_nobody_in(self, box: Setup) -> None:
        box.desk.address = ""
        assert is_problem(box.get("/ssid/"), 403)
        assert is_problem(box.post("stop"), 401)


class TestForm:
    @pytest.mark.parametrize("path", ACTS)
    def test_acts_are_asked_for_with_post(self, box: Setup, path: str) -> None:
        answer = box.get(path)
        assert is_problem(answer, 405)
        assert answer.headers["allow"] == "POST"

    @pytest.mark.parametrize("path", ["/ssid/", SETUP])
    def test_documents_are_read(self, box: Setup, path: str) -> None:
        with box.server.wire() as wire:
            wire.send(change(path, "POST", b"{}", JSON))
            answer = wire.answer("POST")
        assert is_problem(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"

    @pytest.mark.parametrize("path", ["/ssid/", SETUP, "/generate_204"])
    def test_two_hosts_are_one_too_many(self, box: Setup, path: str) -> None:
        with box.server.wire() as wire:
            wire.send(request(path, "GET", b"Host: 127.0.0.1"))
            assert is_problem(wire.answer(), 400)

    def test_bodies_have_a_bound(self, box: Setup) -> None:
        body = b'{"ssid":"' + b"x" * HTTP_CHANGE_MAX_BYTES + b'"}'
        assert is_problem(box.post("join", body), 413)

    @pytest.mark.parametrize(
        "body",
        [b"{}", b'{"ssid":""}', b'{"ssid":7}', b'{"ssid":"a","more":1}', b'{"ssid":"' + b"x" * 129 + b'"}', b"[]"],
    )
    def test_what_cannot_be_asked_is_refused(self, box: Setup, body: bytes) -> None:
        assert is_problem(box.post("join", body), 422)
        assert box.desk.asked == []

    @given(body=st.binary(max_size=200) | st.text(max_size=50).map(lambda text: msgspec.json.encode({"ssid": text})))
    def test_no_body_is_too_strange(self, served: Setup, body: bytes) -> None:
        assert served.post("join", body).status in (202, 400, 422)

    def test_all_of_it_is_described(self) -> None:
        paths = msgspec.json.decode(openapi("1.0", "0"))["paths"]
        assert "get" in paths[SETUP]
        assert all("post" in paths[path] for path in ACTS)
        assert set(paths["/ssid/"]["get"]["responses"]) >= {"200", "403", "421"}
