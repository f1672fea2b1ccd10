"""Firmware over HTTP: taken in as curl and others send it, refused early and readably, and never held in memory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.gateway.ports import UploadRefusedError
from ngair.model.limits import (
    HTTP_HEADER_MAX_BYTES,
    HTTP_HEADER_TIMEOUT_S,
    HTTP_IDLE_TIMEOUT_S,
    HTTP_READ_MAX_BYTES,
    UPLOAD_LEAST_BYTES,
    UPLOAD_LEAST_S,
)
from ngair.model.update import Update
from tests.adapters.http.serving import send_until_stuck, serving, wait_until_received
from tests.adapters.http.uploads import Box
from tests.adapters.http.wire import Wire, is_problem, request
from tests.device.images import FILES, STRANGERS_KEY, image
from tests.program import DEADLINE_S, PASSWORD, Answer, basic, wait_for

PATH = "/upload/image.ngfw"
IMAGE = image()
LARGE = image({"ngair-0.7.0-py3-none-any.whl": bytes(range(256)) * 16 * 256})
"""A mebibyte and a head: more than stands between two ends of a connection that nobody reads."""
PROOF = b"Authorization: " + basic(PASSWORD)["Authorization"].encode("ascii")
CURL = shutil.which("curl")


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("box"))
    with serving(box.app) as box.server:
        yield box


@pytest.fixture(autouse=True)
def _fresh(box: Box) -> Iterator[None]:
    box.told.clear()
    box.images.clear()
    box.unfit = None
    yield
    box.server.hang_up()


def head(path: str = PATH, *headers: bytes, method: str = "POST") -> bytes:
    """The head of an upload by somebody who knows the password."""
    return request(path, method, PROOF, *headers)


def sized(size: int) -> bytes:
    return b"Content-Length: %d" % size


CHUNKED = b"Transfer-Encoding: chunked"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def send(wire: Wire, data: bytes, path: str = PATH, *headers: bytes) -> Answer:
    """Upload it as programs do."""
    wire.send(head(path, sized(len(data)), *headers))
    wire.send_what_is_taken(data)
    return wire.answer()


def is_free(box: Box) -> bool:
    """Whether another image is taken, as soon as the one before is cleared away."""
    found: list[int] = []

    def is_answered() -> bool:
        with box.wire() as wire:
            found.append(send(wire, IMAGE).status)
        return found[-1] != 409

    wait_for(is_answered)
    return found[-1] == 202


class TestTaken:
    @pytest.mark.parametrize("data", [IMAGE, LARGE], ids=["small", "large"])
    def test_an_image_with_its_length(self, box: Box, data: bytes) -> None:
        with box.wire() as wire:
            answer = send(wire, data)
            assert answer.status == 202
            assert msgspec.json.decode(answer.body) == {"version": "0.7.0", "state": "installing"}
            assert wire.ask().status == 200
        assert [manifest.version for manifest in box.images] == ["0.7.0"]

    @pytest.mark.parametrize("piece", [1, 1000, 1 << 20])
    def test_an_image_in_chunks(self, box: Box, piece: int) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, CHUNKED))
            wire.send(b"".join(chunk(IMAGE[at : at + piece]) for at in range(0, len(IMAGE), piece)) + b"0\r\n\r\n")
            assert wire.answer().status == 202
        assert len(box.images) == 1

    def test_head_and_image_in_one(self, box: Box) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(LARGE))) + LARGE + request())
            assert [wire.answer().status, wire.answer().status] == [202, 200]

    def test_several_in_a_row_on_one_connection(self, box: Box) -> None:
        with box.wire() as wire:
            assert [send(wire, IMAGE).status for _ in range(3)] == [202, 202, 202]

    def test_whoever_asks_first_is_told_to_go_on_once_all_else_is_seen(self, box: Box) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(IMAGE)), b"Expect: 100-continue"))
            assert wire.answer().status == 100
            assert box.told == [Update(state="receiving")]
            wire.send(IMAGE)
            assert wire.answer().status == 202

    @pytest.mark.parametrize("host", [b"my.example", b"ctek-ng-air.local", b"[::1]:80"])
    def test_by_every_name_of_the_box(self, box: Box, host: bytes) -> None:
        data = head(PATH, sized(len(IMAGE))).replace(b"Host: 127.0.0.1", b"Host: " + host)
        with box.wire() as wire:
            wire.send(data + IMAGE)
            assert wire.answer().status == 202

    def test_the_page_of_the_box_itself(self, box: Box) -> None:
        headers = b"Origin: http://127.0.0.1", b"Sec-Fetch-Site: same-origin", b"Content-Type: application/octet-stream"
        with box.wire() as wire:
            assert send(wire, IMAGE, PATH, *headers).status == 202

    def test_slowly_but_not_too_slowly(self, box: Box) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(LARGE))))
            for at in range(0, 20 * UPLOAD_LEAST_BYTES, UPLOAD_LEAST_BYTES):
                wire.send(LARGE[at : at + UPLOAD_LEAST_BYTES])
                wait_for(lambda: box.server.connection(wire)._part_bytes >= UPLOAD_LEAST_BYTES)
                box.server.later(10 * HTTP_IDLE_TIMEOUT_S)
            wire.send(LARGE[20 * UPLOAD_LEAST_BYTES :])
            assert wire.answer().status == 202


REFUSED: dict[str, tuple[bytes, int]] = {
    "without a password": (request(PATH, "POST", sized(len(LARGE))), 401),
    "with a wrong password": (
        request(PATH, "POST", b"Authorization: " + basic("another password")["Authorization"].encode(), sized(1 << 20)),
        401,
    ),
    "from a page of another site": (head(PATH, sized(1 << 20), b"Origin: http://evil.example"), 403),
    "by a name that is not the box's": (head(PATH, sized(1 << 20)).replace(b"127.0.0.1", b"evil.example"), 421),
    "by two names": (head(PATH, sized(1 << 20), b"Host: a.local"), 400),
    "nothing at all": (head(PATH), 411),
    "a form": (head(PATH, sized(1 << 20), b"Content-Type: multipart/form-data; boundary=x"), 415),
    "something packed": (head(PATH, sized(1 << 20), b"Content-Encoding: gzip"), 415),
    "far too much": (head(PATH, sized(1 << 31)), 413),
    "more than numbers are long": (head(PATH, sized(10**18)), 413),
    "to another name": (head("/upload/image.txt", sized(1 << 20)), 422),
    "to no name": (head("/upload/", sized(1 << 20)), 422),
    "out of the folder": (head("/upload/../image.ngfw", sized(1 << 20)), 422),
    "out of the folder, encoded": (head("/upload/%2e%2e%2fimage.ngfw", sized(1 << 20)), 422),
    "out of the folder, encoded twice": (head("/upload/%252e%252e%252fimage.ngfw", sized(1 << 20)), 422),
    "with PUT": (head(PATH, sized(1 << 20), method="PUT"), 405),
    "with GET": (head(PATH, method="GET"), 405),
}


class TestRefusedBeforeTheBody:
    @pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
    @pytest.mark.parametrize("expects", [True, False])
    def test_the_answer_is_readable_and_nothing_was_begun(
        self, box: Box, data: bytes, status: int, expects: bool
    ) -> None:
        if expects:
            data = data.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
        with box.wire() as wire:
            wire.send(data)
            assert is_problem(answer := wire.answer(), status)
            assert answer.headers.get("allow") == ("POST" if status == 405 else None)
            assert ("www-authenticate" in answer.headers) == (status == 401)
        assert (box.told, box.left) == ([], [])

    @pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
    def test_whoever_sends_on_can_read_it_too(self, box: Box, data: bytes, status: int) -> None:
        if b"content-length" not in data.lower():
            return
        with box.wire() as wire:
            wire.send_what_is_taken(data + LARGE[: 1 << 20] * 8)
            assert is_problem(wire.answer(), status)
            wire.finish_sending()
            assert wire.is_closed()

    def test_who_is_asked_before_where_to_and_what(self, box: Box) -> None:
        with box.wire() as wire:
            wire.send(request("/upload/../etc/passwd", "POST", sized(1 << 40), b"Content-Type: multipart/form-data"))
            assert is_problem(wire.answer(), 401)

    def test_while_it_is_unfit_it_is_told_why(self, box: Box) -> None:
        box.unfit = UploadRefusedError(409, "One before is on trial.")
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(IMAGE)), b"Expect: 100-continue"))
            assert is_problem(answer := wire.answer(), 409)
            assert b"on trial" in answer.body

    def test_a_second_one_waits_for_its_turn(self, box: Box) -> None:
        with box.wire() as first, box.wire() as second:
            first.send(head(PATH, sized(len(LARGE))) + LARGE[:300_000])
            wait_for(lambda: bool(box.left))
            told = len(box.told)
            second.send(head(PATH, sized(len(LARGE))))
            assert is_problem(second.answer(), 409)
            assert [update.state for update in box.told[told:]] == ["receiving"] * len(box.told[told:])
            first.send(LARGE[300_000:])
            assert first.answer().status == 202
        assert is_free(box)

    def test_nothing_of_a_body_is_read_while_it_is_seen_who_asks(self, box: Box) -> None:
        box.is_held_up = True
        with box.wire() as wire:
            wire.send(head(PATH, sized(64 * len(LARGE))))
            send_until_stuck(box.server, wire, LARGE)
            assert len(box.server.connection(wire).cycle.body) <= HTTP_READ_MAX_BYTES
            box.server.later(HTTP_HEADER_TIMEOUT_S + 1)
            box.server.later(10 * HTTP_IDLE_TIMEOUT_S)
            box.is_held_up = False
            wait_for(lambda: bool(box.told))
            wait_for(lambda: box.told[-1].state == "failed")
            assert is_problem(wire.answer(), 422)


WRONG: dict[str, tuple[bytes, int]] = {
    "no image": (b"PK\x03\x04" + LARGE, 415),
    "unsigned": (image(key=None) + LARGE, 422),
    "foreign": (image(key=STRANGERS_KEY) + LARGE, 422),
    "for other hardware": (
        image(files={**FILES}, hardware=("linux-x86_64-cpython-311",), from_version="9") + LARGE,
        422,
    ),
    "damaged": (LARGE[:-1] + b"?", 422),
    "cut": (LARGE[:-1], 422),
    "with more behind it": (LARGE + b"?", 422),
    "empty": (b"", 422),
}


class TestRefusedWithin:
    @pytest.mark.parametrize(("data", "status"), WRONG.values(), ids=WRONG)
    @pytest.mark.parametrize("chunked", [True, False])
    def test_the_answer_is_readable_and_nothing_is_left(
        self, box: Box, data: bytes, status: int, chunked: bool
    ) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, CHUNKED if chunked else sized(len(data))))
            body = b"".join(chunk(data[at : at + 70_000]) for at in range(0, len(data), 70_000)) + b"0\r\n\r\n"
            wire.send_what_is_taken(body if chunked else data)
            assert is_problem(wire.answer(), status)
        assert box.left == []
        assert box.images == []
        assert box.told[-1].state == "failed"
        assert is_free(box)

    @pytest.mark.parametrize("at", [0, 3, 100, len(LARGE) // 2, len(LARGE) - 1])
    @pytest.mark.parametrize("ends", ["closes", "says that there is no more", "breaks off"])
    def test_of_whoever_goes_away_nothing_is_left(self, box: Box, at: int, ends: str) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(LARGE))) + LARGE[:at])
            wait_for(lambda: bool(box.told))
            if ends == "says that there is no more":
                wire.finish_sending()
            elif ends == "breaks off":
                box.server.inside(box.server.connection(wire).drop)
            wire.close()
        wait_for(lambda: bool(box.told) and box.told[-1].state == "failed" and not box.left)
        assert is_free(box)

    @pytest.mark.parametrize("lines", [b"a" * 4096, b"X: y\r\n" * 512], ids=["one long line", "many lines"])
    def test_what_stands_behind_the_chunks_has_an_end(self, box: Box, lines: bytes) -> None:
        """It is kept by the parser, so it must not go on for ever."""
        with box.wire() as wire:
            wire.send(head(PATH, CHUNKED) + chunk(IMAGE) + b"0\r\nX-More: ")
            wire.send_what_is_taken(lines * 256)
            assert is_problem(wire.answer(), 431)
        wait_for(lambda: bool(box.told) and box.told[-1].state == "failed" and not box.left)
        assert is_free(box)

    @pytest.mark.parametrize("data", [IMAGE, LARGE])
    def test_a_broken_chunk_is_no_end(self, box: Box, data: bytes) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, CHUNKED) + chunk(data) + b"no number\r\n")
            assert is_problem(wire.answer(), 400)
        wait_for(lambda: bool(box.told) and box.told[-1].state == "failed" and not box.left)
        assert box.images == []
        assert is_free(box)

    @pytest.mark.parametrize("brought", [b"", LARGE[:1], LARGE[:20_000]])
    def test_whoever_is_too_slow_is_told_so_and_the_place_is_free(self, box: Box, brought: bytes) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(LARGE))) + brought)
            wait_until_received(box.server, wire, "body")
            wait_for(lambda: bool(box.told))
            box.server.exactly_later(wire, HTTP_HEADER_TIMEOUT_S + 1)
            box.server.exactly_later(wire, UPLOAD_LEAST_S - 1)
            assert box.told[-1].state == "receiving"
            box.server.later(3 * UPLOAD_LEAST_S)
            assert is_problem(wire.answer(), 408)
        wait_for(lambda: bool(box.told) and box.told[-1].state == "failed" and not box.left)
        assert is_free(box)

    def test_a_byte_now_and_then_is_too_slow(self, box: Box) -> None:
        with box.wire() as wire:
            wire.send(head(PATH, sized(len(LARGE))))
            wait_for(lambda: bool(box.told))
            for at in range(int(UPLOAD_LEAST_S)):
                wire.send(LARGE[at : at + 1])
                box.server.later(at + 1)
            box.server.later(2 * UPLOAD_LEAST_S + 2)
            assert is_problem(wire.answer(), 408)
        assert is_free(box)


class TestOtherRequests:
    def test_a_body_of_another_request_is_bounded_as_before(self, box: Box) -> None:
        with box.wire() as wire:
            assert send(wire, IMAGE).status == 202
            token = request("/api/v1/login", "POST", sized(1 << 20), b"Content-Type: application/json")
            wire.send_what_is_taken(token + LARGE)
            assert is_problem(wire.answer(), 413)

    def test_a_long_head_behind_an_image_is_bounded_as_before(self, box: Box) -> None:
        with box.wire() as wire:
            assert send(wire, IMAGE).status == 202
            wire.send_what_is_taken(b"GET / HTTP/1.1\r\nX: " + b"a" * (2 * HTTP_HEADER_MAX_BYTES))
            assert is_problem(wire.answer(), 431)

    def test_a_stop_does_not_wait_for_an_image(self, tmp_path: Path) -> None:
        box = Box(tmp_path)
        with serving(box.app) as box.server:
            wire = box.wire()
            wire.send(head(PATH, sized(len(LARGE))) + LARGE[:500_000])
            wait_for(lambda: bool(box.left))
            box.server.stop()
        assert box.left == []


@given(
    st.lists(
        st.sampled_from([b"/", b"..", b"%2e", b"%2f", b"%5c", b"%00", b"a", b".ngfw", b"%25", b";", b"%"]), max_size=6
    )
)
def test_no_path_leaves_the_folder(box: Box, parts: list[bytes]) -> None:
    path = "/upload/" + b"".join(parts).decode("ascii")
    with box.wire() as wire:
        status = send(wire, b"x" * 100, path).status
    # What names a file of the folder is looked at, and is no image.
    assert status in (415, 422, 400, 404)
    assert {entry.name for entry in box.uploads.parent.iterdir()} <= {"data", "uploads"}
    assert box.left == []


@pytest.mark.skipif(CURL is None, reason="needs curl: apt-get install curl")
class TestCurl:
    def test_as_the_document_has_it(self, box: Box, tmp_path: Path) -> None:
        done = curl(box, tmp_path, LARGE, "-X", "POST")
        assert done == (202, {"version": "0.7.0", "state": "installing"})

    def test_from_a_pipe(self, box: Box, tmp_path: Path) -> None:
        assert curl(box, tmp_path, LARGE, "-X", "POST", "-H", "Transfer-Encoding: chunked")[0] == 202

    def test_with_data_binary(self, box: Box, tmp_path: Path) -> None:
        file = tmp_path / "image.ngfw"
        file.write_bytes(LARGE)
        assert _curl(box, "-u", f"ctek:{PASSWORD}", "--data-binary", f"@{file}", _url(box))[0] == 202

    @pytest.mark.parametrize(
        ("user", "data", "status"),
        [
            ("ctek:wrong password", LARGE, 401),
            ("admin:" + PASSWORD, LARGE, 401),
            ("ctek:" + PASSWORD, image(key=None) + LARGE, 422),
            ("ctek:" + PASSWORD, LARGE * 2, 422),
        ],
    )
    @pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
    def test_it_can_read_why_it_is_refused(
        self, box: Box, tmp_path: Path, user: str, data: bytes, status: int, expect: str
    ) -> None:
        found, problem = curl(box, tmp_path, data, "-X", "POST", "-H", expect, user=user)
        assert (found, problem["status"]) == (status, status)

    def test_put_is_refused(self, box: Box, tmp_path: Path) -> None:
        assert curl(box, tmp_path, LARGE)[0] == 405


def curl(
    box: Box, folder: Path, data: bytes, *arguments: str, user: str = f"ctek:{PASSWORD}"
) -> tuple[int, dict[str, object]]:
    """Upload it with curl: status and document."""
    file = folder / "image.ngfw"
    file.write_bytes(data)
    return _curl(box, *arguments, "-u", user, "-T", str(file), _url(box))


def _curl(box: Box, *arguments: str) -> tuple[int, dict[str, object]]:
    command = [CURL or "curl", "--silent", "--show-error", "--max-time", f"{DEADLINE_S:g}", "-w", "\n%{http_code}"]
    done = subprocess.run([*command, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), msgspec.json.decode(body, type=dict[str, object])


def _url(box: Box) -> str:
    host, port = box.server.address
    return f"http://{host}:{port}{PATH}"
