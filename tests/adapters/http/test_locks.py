"""Who is let in, through the server: by proof only, as often as the bound allows, and told no more than needed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ngair.adapters import password as password_module
from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asgi import Scope
from ngair.adapters.http.basic import Credentials, credentials
from ngair.adapters.http.locks import Locks
from ngair.adapters.password import FILE, Passwords, set_password
from ngair.api.queries import ENDPOINTS, TOKEN
from ngair.api.resources import RESOURCES
from ngair.api.routes import ROUTES
from ngair.api.wishes import Refused
from ngair.model.limits import ATTEMPTS_AT_ONCE, HTTP_CHANGE_MAX_BYTES
from tests.adapters.http.granting import JSON, MAIN_FUSE, OUTLET, House, change
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import Wire, is_problem, request
from tests.api.houses import telegram
from tests.program import PASSWORD, Answer, basic

NEW = "another password"


class Locked:
    """A house behind its locks, with a clock that tests move."""

    def __init__(self, folder: Path, *, read_lock: bool, https_port: int | None) -> None:
        self.house = House(folder)
        self.now_s = 1000.0
        self.locks = Locks(
            Passwords(self.house.store), read_lock=read_lock, https_port=https_port, now_s=lambda: self.now_s
        )
        self.app = local_api(self.house.publisher, ["box.example"], self.house, locks=self.locks)
        self.server: Serving

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, *headers: bytes) -> Answer:
        """A request on a connection of its own."""
        with self.server.wire() as wire:
            if body is None:
                return wire.ask(path, method, *headers)
            wire.send(change(path, method, body, JSON, *headers, carried=b""))
            return wire.answer()

    def post(self, path: str, *headers: bytes, **values: object) -> Answer:
        """A change."""
        return self.ask(path, "POST", msgspec.json.encode(values), *headers)

    def login(self, password: str = PASSWORD) -> bytes:
        """The header with a token."""
        answer = self.post("/api/v1/login", password=password)
        assert answer.status == 200, answer
        return b"X-Ngair-Token: " + str(msgspec.json.decode(answer.body)["token"]).encode()


def proof(password: str = PASSWORD, user: str = "ctek") -> bytes:
    return b"Authorization: " + basic(password, user)["Authorization"].encode()


def told(answer: Answer) -> str:
    return str(msgspec.json.decode(answer.body)["detail"])


@contextlib.contextmanager
def locked(
    folder: Path, *, password: str | None = PASSWORD, read_lock: bool = False, https_port: int | None = None
) -> Iterator[Locked]:
    if password is not None:
        set_password(Folder(folder), password)
    box = Locked(folder, read_lock=read_lock, https_port=https_port)
    with serving(box.app) as box.server:
        yield box


@pytest.fixture(name="box")
def _box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Locked]:
    monkeypatch.setattr(password_module, "PASSWORD_LOOK_S", -1.0)
    with locked(tmp_path) as box:
        yield box


class TestWithoutAPassword:
    def test_nothing_is_changed_and_it_is_said_how_to_set_one(self, tmp_path: Path) -> None:
        with locked(tmp_path, password=None) as box:
            for answer in (
                box.post(OUTLET + "/pause"),
                box.post(OUTLET + "/pause", proof("")),
                box.post(OUTLET + "/pause", proof("ctek")),
                box.post(OUTLET + "/pause", b"X-Ngair-Token: "),
                box.post("/api/v1/login", password=""),
                box.post("/api/v1/password", old="", new=NEW),
                box.ask("/api/v1/token"),
            ):
                assert is_problem(answer, 403)
                assert "ngair password" in told(answer)
                assert "setup mode" in told(answer)
            assert box.house.granted == []
            assert not (tmp_path / FILE).exists()
            assert msgspec.json.decode(box.ask("/api/v1/lock").body)["password_set"] is False
            assert box.ask("/meter/").status == 200

    def test_a_read_lock_is_shut(self, tmp_path: Path) -> None:
        with locked(tmp_path, password=None, read_lock=True) as box:
            assert is_problem(box.ask("/meter/"), 403)
            assert is_problem(box.ask("/meter/", "GET", None, proof("")), 403)
            assert box.ask("/api/v1/lock").status == 200


class TestLogin:
    def test_a_token_for_the_password(self, box: Locked) -> None:
        token = box.login()
        assert box.post(OUTLET + "/pause", token).status == 200
        assert box.login() != token
        assert box.post(OUTLET + "/resume", token).status == 200

    def test_a_wrong_one(self, box: Locked) -> None:
        answer = box.post("/api/v1/login", password="wrong")
        assert is_problem(answer, 401)
        assert answer.headers["www-authenticate"] == 'Basic realm="ngair", charset="UTF-8"'
        own = box.post("/api/v1/login", b"X-Ngair-Page: 1", password="wrong")
        assert is_problem(own, 401)
        assert "www-authenticate" not in own.headers, "a browser would ask in a window of its own"
        assert "www-authenticate" not in box.post(OUTLET + "/pause", b"X-Ngair-Page: 1").headers

    def test_logout(self, box: Locked) -> None:
        first, second = box.login(), box.login()
        assert msgspec.json.decode(box.post("/api/v1/logout", first).body)["password_set"] is True
        assert is_problem(box.post(OUTLET + "/pause", first), 401)
        assert box.post(OUTLET + "/pause", second).status == 200
        assert box.post("/api/v1/logout").status == 200
        assert box.ask("/api/v1/logout", "POST", b"").status == 200

    def test_programs_share_a_token(self, box: Locked) -> None:
        page = box.login()
        tokens = {box.ask("/api/v1/token", "GET", None, proof()).body for _ in range(100)}
        assert len(tokens) == 1
        [answer] = tokens
        token = b"X-Ngair-Token: " + msgspec.json.decode(answer)["token"].encode()
        assert box.post(OUTLET + "/pause", token).status == 200
        assert box.post(OUTLET + "/resume", page).status == 200
        assert is_problem(box.ask("/api/v1/token"), 401)
        assert box.post("/api/v1/logout", token).status == 200
        assert box.ask("/api/v1/token", "GET", None, proof()).body != answer, "one that ended is not told again"

    @pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/logout", "/api/v1/password"])
    def test_from_elsewhere(self, box: Locked, path: str) -> None:
        body = msgspec.json.encode({"password": PASSWORD})
        assert is_problem(box.ask(path, "POST", body, b"Origin: http://evil.example"), 403)
        assert is_problem(box.ask(path, "POST", body, b"Sec-Fetch-Site: cross-site"), 403)
        with box.server.wire() as wire:
            wire.send(change(path, "POST", body, JSON, host=b"evil.example", carried=b""))
            assert is_problem(wire.answer(), 421)
        with box.server.wire() as wire:
            wire.send(change(path, "POST", body, b"Content-Type: text/plain", carried=b""))
            assert is_problem(wire.answer(), 415)

    @pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/password", "/api/v1/login/"])
    def test_what_makes_no_sense(self, box: Locked, path: str) -> None:
        for body, status in (
            (b"", 400),
            (b"{", 400),
            (b"\xff", 400),
            (b'{"\xff": 1}', 400),
            (b"[" * 4000, 422),
            (b"{}", 422),
            (b'{"password": null}', 422),
            (b'{"password": 1}', 422),
            (b'{"old": 1}', 422),
            (b'{"password": "a", "user": "b"}', 422),
            (b" " * (HTTP_CHANGE_MAX_BYTES + 1), 413),
        ):
            answer = box.ask(path, "POST", body)
            assert is_problem(answer, status), body
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = box.ask(path, method)
            assert is_problem(answer, 405)
            assert answer.headers["allow"] == "POST"


class TestAnotherPassword:
    def test_every_proof_of_the_old_one_ends(self, box: Locked) -> None:
        token, other = box.login(), box.login()
        assert box.ask("/api/v1/token", "GET", None, proof()).status == 200
        answer = box.post("/api/v1/password", old=PASSWORD, new=NEW)
        assert answer.status == 200
        for old in (token, other, proof()):
            assert is_problem(box.post(OUTLET + "/pause", old), 401)
        for new in (b"X-Ngair-Token: " + msgspec.json.decode(answer.body)["token"].encode(), proof(NEW)):
            assert box.post(OUTLET + "/pause", new).status == 200

    def test_the_old_one_has_to_be_right(self, box: Locked) -> None:
        token = box.login()
        assert is_problem(box.post("/api/v1/password", token, old="wrong", new=NEW), 401)
        assert box.post(OUTLET + "/pause", proof()).status == 200

    @pytest.mark.parametrize("new", ["short", "x" * 129, "nul\0nul\0nul"])
    def test_the_new_one_has_to_be_one(self, box: Locked, new: str) -> None:
        answer = box.post("/api/v1/password", old=PASSWORD, new=new)
        assert is_problem(answer, 422)
        assert "8 to 128" in told(answer)
        assert new not in told(answer)
        assert box.post(OUTLET + "/pause", proof()).status == 200

    def test_what_cannot_be_kept(self, box: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(name: str, data: bytes) -> None:
            raise OSError(28, "no space left")

        token = box.login()
        monkeypatch.setattr(box.house.store, "save", fail)
        assert is_problem(box.post("/api/v1/password", old=PASSWORD, new=NEW), 507)
        monkeypatch.undo()
        assert box.post(OUTLET + "/pause", token).status == 200

    def test_one_that_another_program_sets(self, box: Locked) -> None:
        token = box.login()
        assert box.post(OUTLET + "/pause", proof()).status == 200
        set_password(Folder(box.house.store.path), NEW)
        for old in (token, proof()):
            assert is_problem(box.post(OUTLET + "/pause", old), 401)
        assert box.post(OUTLET + "/pause", proof(NEW)).status == 200

    async def test_one_that_is_set_while_the_old_one_is_proven(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locks = locks_of(tmp_path)
        verify = locks.passwords.verify

        async def overtaken(password: str) -> bool:
            right = await verify(password)
            await locks.passwords.set(NEW)
            await locks.document(SCOPE)
            return right

        monkeypatch.setattr(locks.passwords, "verify", overtaken)
        assert isinstance(await locks.login(SCOPE, PASSWORD), Refused), "a token would hold on"

    async def test_of_two_at_once_the_first_is_set(self, tmp_path: Path) -> None:
        locks = locks_of(tmp_path)
        first, second = await asyncio.gather(
            locks.change_password(SCOPE, PASSWORD, NEW), locks.change_password(SCOPE, PASSWORD, NEW + "!")
        )
        assert isinstance(first, str)
        assert isinstance(second, Refused)
        assert await locks.admit({**SCOPE, "headers": [(b"x-ngair-token", first.encode())]}, reading=False) is None
        assert await locks.passwords.verify(NEW)

    def test_a_file_that_is_damaged_meanwhile(self, box: Locked) -> None:
        token = box.login()
        (box.house.store.path / FILE).write_bytes(b"\0")
        for old in (token, proof(), b"X-Ngair: nothing"):
            answer = box.post(OUTLET + "/pause", old)
            assert is_problem(answer, 403)
            assert "ngair password" in told(answer)
        assert is_problem(box.post("/api/v1/login", password=PASSWORD), 403)
        assert msgspec.json.decode(box.ask("/api/v1/lock").body)["password_set"] is True


SCOPE: Scope = {"headers": [], "client": ("127.0.0.1", 1)}


def locks_of(folder: Path) -> Locks:
    set_password(Folder(folder), PASSWORD)
    return Locks(Passwords(Folder(folder)))


class TestGuessing:
    def test_it_ends_soon(self, box: Locked) -> None:
        statuses = [box.post("/api/v1/login", password=f"guess {number}").status for number in range(20)]
        assert statuses == [401] * ATTEMPTS_AT_ONCE + [429] * (20 - ATTEMPTS_AT_ONCE)
        for answer in (
            box.post("/api/v1/login", password=PASSWORD),
            box.post(OUTLET + "/pause", proof()),
            box.post("/api/v1/password", old=PASSWORD, new=NEW),
            box.ask("/api/v1/token", "GET", None, proof()),
        ):
            assert is_problem(answer, 429)
            assert answer.headers["retry-after"] == "60"
            assert "60 s" in told(answer)
        box.now_s += 60
        assert box.post("/api/v1/login", password=PASSWORD).status == 200

    def test_a_token_holds_meanwhile(self, box: Locked) -> None:
        token = box.login()
        for number in range(20):
            box.post("/api/v1/login", password=f"guess {number}")
        assert box.post(OUTLET + "/pause", token).status == 200
        assert box.ask("/meter/").status == 200

    def test_a_program_with_an_old_password_locks_nobody_out(self, box: Locked) -> None:
        assert {box.post(OUTLET + "/pause", proof("an old one")).status for _ in range(50)} == {401}
        assert box.post(OUTLET + "/pause", proof()).status == 200

    def test_many_at_once_with_the_right_one(self, box: Locked) -> None:
        """A dashboard begins with all its requests at once."""
        wires = [box.server.wire() for _ in range(30)]
        for wire in wires:
            wire.send(change(OUTLET + "/pause", "POST", b"", JSON, carried=proof()))
        assert [wire.answer().status for wire in wires] == [200] * 30

    def test_many_at_once_with_wrong_ones(self, box: Locked) -> None:
        wires = [box.server.wire() for _ in range(30)]
        for number, wire in enumerate(wires):
            wire.send(change(OUTLET + "/pause", "POST", b"", JSON, carried=proof(f"guess {number}")))
        statuses = sorted(wire.answer().status for wire in wires)
        assert statuses == [401] * ATTEMPTS_AT_ONCE + [429] * (30 - ATTEMPTS_AT_ONCE)

    def test_a_stranger_locks_out_nobody_who_was_in(self, box: Locked) -> None:
        assert box.post(OUTLET + "/pause", proof()).status == 200
        for number in range(12):
            with box.server.wire(f"127.0.0.{number + 2}") as wire:
                wire.send(change(OUTLET + "/pause", "POST", b"", JSON, carried=proof(f"guess {number}")))
                assert wire.answer().status in (401, 429)
        assert box.post(OUTLET + "/resume", proof()).status == 200
        assert box.login()

    def test_whether_user_or_password_is_wrong_is_not_told(self, box: Locked) -> None:
        answers = []
        for header in (proof("wrong"), proof("wrong", "admin"), proof(user="admin"), proof(user="")):
            answer = box.post(OUTLET + "/pause", header)
            assert is_problem(answer, 401)
            answers.append((answer.body, {name: value for name, value in answer.headers.items() if name != "date"}))
        assert all(answer == answers[0] for answer in answers)

    def test_a_wrong_user_costs_as_much_time(self, box: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
        assert box.post(OUTLET + "/pause", proof()).status == 200
        checked: list[str] = []
        fits = password_module._fits

        def look(password: str, hashed: str | None) -> bool:
            checked.append(password)
            return fits(password, hashed)

        monkeypatch.setattr(password_module, "_fits", look)
        assert box.post(OUTLET + "/pause", proof()).status == 200
        assert checked == [], "a proof is remembered"
        assert is_problem(box.post(OUTLET + "/pause", proof(user="admin")), 401)
        assert is_problem(box.post(OUTLET + "/pause", proof("wrong")), 401)
        assert len(checked) == 2


READ = sorted(
    {path for route in ROUTES for path in route.paths}
    | {row.path for row in ENDPOINTS if row.path not in ("/api/v1/lock", TOKEN.path)}
    | {resource.path.format(serial="CB0001", id=1) for resource in RESOURCES}
    | {"/", "/docs", "/openapi.json", "/nothing", "/ssid/", "/upload/x"}
)


@pytest.fixture(name="closed", scope="module")
def _closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    with locked(tmp_path_factory.mktemp("closed"), read_lock=True) as box:
        yield box


class TestReadLock:
    @pytest.mark.parametrize("path", READ)
    def test_nothing_is_read_without_proof(self, closed: Locked, path: str) -> None:
        answer = closed.ask(path)
        assert is_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Basic ")
        head = closed.ask(path, "HEAD")
        assert (head.status, head.body) == (401, b"")
        assert closed.ask(path, "OPTIONS").status == 401
        assert closed.ask(path, "GET", None, b"If-None-Match: *").status == 401

    @pytest.mark.parametrize("path", ["/meter/", "/evse", "/status/", "/meterraw/", "/api/v1/site", "/api/v1/outlets/"])
    def test_with_proof_it_is(self, closed: Locked, path: str) -> None:
        with closed.server.wire() as wire:
            assert wire.ask(path, "GET", proof()).status == 200
            assert wire.ask(path, "GET").status == 401, "on the same connection"
            assert wire.ask(path, "GET", closed.login()).status == 200

    def test_the_lock_and_the_login_are_open(self, closed: Locked) -> None:
        for path in ("/api/v1/lock", "/api/v1/lock/"):
            answer = closed.ask(path)
            assert answer.status == 200
            assert msgspec.json.decode(answer.body) == {
                "password_set": True,
                "read_lock": True,
                "https": None,
                "setup": False,
            }
        assert closed.login()

    def test_a_stream_ends_with_the_password_that_opened_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(password_module, "PASSWORD_LOOK_S", -1.0)
        with locked(tmp_path, read_lock=True) as box, box.server.wire() as wire:
            wire.send(request("/api/v1/stream", "GET", proof()))
            received = b""
            while b"event: site" not in received:
                received += wire.socket.recv(65536)
            set_password(Folder(tmp_path), NEW)
            while not received.endswith(b"\r\n0\r\n\r\n"):
                box.server.inside(lambda: box.house.happens(telegram()))
                received += wire.socket.recv(65536)

    def test_changes_as_ever(self, closed: Locked) -> None:
        assert is_problem(closed.post(OUTLET + "/pause"), 401)
        assert closed.post(OUTLET + "/pause", proof()).status == 200
        assert is_problem(closed.post(OUTLET + "/pause", proof(), b"Origin: http://evil.example"), 403)


class TestByTlsOnly:
    def test_no_proof_is_taken_without(self, tmp_path: Path) -> None:
        with locked(tmp_path, https_port=8443) as box:
            for answer in (
                box.post(OUTLET + "/pause", proof()),
                box.post("/api/v1/login", password=PASSWORD),
                box.post("/api/v1/password", old=PASSWORD, new=NEW),
                box.ask("/api/v1/token", "GET", None, proof()),
            ):
                assert is_problem(answer, 403)
                assert "https://127.0.0.1:8443/" in told(answer)
                assert "strict-transport-security" not in answer.headers
            assert box.ask("/meter/").status == 200
            assert msgspec.json.decode(box.ask("/api/v1/lock").body)["https"] == 8443
            assert box.house.granted == []

    def test_reading_that_needs_proof_neither(self, tmp_path: Path) -> None:
        with locked(tmp_path, https_port=443, read_lock=True) as box:
            assert is_problem(box.ask("/meter/", "GET", None, proof()), 403)

    def test_whoever_opens_the_page_is_led_there(self, tmp_path: Path) -> None:
        with locked(tmp_path, https_port=8443, read_lock=True) as box:
            led = box.ask("/")
            assert (led.status, led.headers["location"]) == (307, "https://127.0.0.1:8443/")
            assert is_problem(box.ask("/", "POST"), 403)

    def test_but_by_who_sets_the_box_up(self, tmp_path: Path) -> None:
        with locked(tmp_path, https_port=8443) as box:
            box.locks.is_setup = lambda scope: True
            assert box.post(OUTLET + "/pause", proof()).status == 200


class TestHeader:
    @given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
    def test_what_was_written_is_read(self, user: str, password: str) -> None:
        sent = base64.b64encode(f"{user}:{password}".encode())
        name, _, rest = f"{user}:{password}".partition(":")
        for header in (b"Basic " + sent, b"basic  " + sent, b"BASIC " + sent):
            assert credentials([(b"authorization", header)]) == Credentials(name, rest)

    @given(st.lists(st.binary(max_size=64), max_size=3))
    def test_nothing_fails(self, values: list[bytes]) -> None:
        found = credentials([(b"authorization", value) for value in values])
        assert found is None or found == "twice" or isinstance(found, Credentials)
        assert (found == "twice") is (len(values) > 1)

    @given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda data: b"Basic " + data)))
    @example(b"Basic")
    @example(b"Basic ")
    @example(b"Basic ====")
    @example(b"Basic Y3Rlaw==")
    @example(b"Basic " + base64.b64encode(b"ctek:\0"))
    @example(b"Basic " + base64.b64encode(b"ctek\0:x"))
    @example(b"Basic " + base64.b64encode(b"\xff\xfe:\xff"))
    @example(b"Basic " + base64.b64encode(b"ctek:" + b"x" * 11_000))
    @example(b"Basic " + b"A" * 16_000)
    @example(b"Bearer abc")
    @example(b'Digest username="ctek"')
    @example(b"Negotiate")
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_whatever_is_sent_is_refused(self, closed: Locked, value: bytes) -> None:
        """As 401 where HTTP can carry it, as 400 where it cannot; a guess too many is 429."""
        closed.now_s += 3600
        with Wire(closed.server.address) as wire:
            wire.send(b"GET /meter/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + value + b"\r\n\r\n")
            answer = wire.answer()
        assert answer.status in ((400, 401, 429, 431) if b"\n" in value or b"\r" in value else (400, 401, 431)), answer

    def test_two_of_them(self, closed: Locked) -> None:
        assert is_problem(closed.ask("/meter/", "GET", None, proof(), proof()), 400)


def test_changes_need_the_password_for_everything_that_is_listed(box: Locked) -> None:
    for path, method in ((OUTLET, "PATCH"), (OUTLET + "/pause", "POST"), (OUTLET + "/resume", "POST")):
        assert is_problem(box.ask(path, method, b"{}"), 401)
    assert is_problem(box.ask(MAIN_FUSE, "PATCH", b"{}"), 401)
    assert box.house.granted == []
