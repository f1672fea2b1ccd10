"""The locks of the whole program: set from the command line, proven with curl, told nowhere, by TLS where it is set."""

from __future__ import annotations

import contextlib
import http.client
import os
import pty
import re
import shutil
import signal
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ngair.adapters.password import FILE
from tests.program import DEADLINE_S, PASSWORD, Answer, Box, basic, clean_environment, ngair, running, wait_for

NEW = "käse & brot, 🔒"


def house(data: Path, *more: str) -> list[str]:
    return [
        "run",
        "--meter",
        "sim:",
        "--charger",
        "sim:",
        "--main-fuse",
        "25",
        "--data",
        str(data),
        "--mdns",
        "off",
        *more,
    ]


def pause(box: Box, headers: dict[str, str]) -> Answer:
    [outlet] = box.until("/api/v1/outlets/", bool)
    path = f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}/pause"
    return box.send(path, "POST", b"", {"Content-Type": "application/json"} | headers)


class TestCommand:
    def test_from_nothing_to_another_under_the_running_program(self, tmp_path: Path) -> None:
        with running(*house(tmp_path)) as box:
            refused = pause(box, basic(PASSWORD))
            assert (refused.status, b"ngair password" in refused.body) == (403, True)
            done = ngair("password", "--data", str(tmp_path), "--stdin", stdin=PASSWORD.encode() + b"\nmore\n")
            assert (done.returncode, done.stderr) == (0, b"")
            assert PASSWORD.encode() not in done.stdout
            box.until("/api/v1/lock", lambda lock: lock["password_set"])
            assert pause(box, basic(PASSWORD)).status == 200
            assert ngair("password", "--data", str(tmp_path), "--stdin", stdin=f"{NEW}\r\n".encode()).returncode == 0
            wait_for(lambda: pause(box, basic(NEW)).status == 200)
            assert pause(box, basic(PASSWORD)).status == 401
            box.until("/api/v1/events?kinds=password%20set", lambda told: told["entries"])
            assert box.stop() == 0
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600

    def test_it_is_kept(self, tmp_path: Path) -> None:
        with running(*house(tmp_path), password=NEW) as box:
            assert pause(box, box.proof).status == 200
            box.stop(signal.SIGKILL)
        with running(*house(tmp_path)) as box:
            assert pause(box, basic(NEW)).status == 200

    @pytest.mark.parametrize(
        ("given", "told"),
        [(b"short\n", "8 to 128"), (b"", "8 to 128"), (b"\xff" * 9, "UTF-8"), (b"x" * 500, "8 to 128")],
    )
    def test_what_cannot_be_one(self, tmp_path: Path, given: bytes, told: str) -> None:
        done = ngair("password", "--data", str(tmp_path), "--stdin", stdin=given)
        assert (done.returncode, told in done.stderr.decode()) == (2, True)
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / FILE).exists()

    def test_without_a_terminal_nothing_is_asked(self, tmp_path: Path) -> None:
        done = ngair("password", "--data", str(tmp_path))
        assert (done.returncode, b"--stdin" in done.stderr) == (2, True)

    def test_a_folder_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        done = ngair("password", "--data", str(tmp_path / "file" / "data"), "--stdin", stdin=b"12345678\n")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)

    @pytest.mark.parametrize(("again", "code"), [(NEW, 0), ("another one", 2)])
    def test_asked_twice_at_a_terminal_and_never_shown(self, tmp_path: Path, again: str, code: int) -> None:
        asking, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "ngair", "password", "--data", tmp_path],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=clean_environment(),
            start_new_session=True,
        )
        os.close(terminal)
        shown = b""
        try:
            for prompt, answer in ((b"New password: ", NEW), (b"Again: ", again)):
                while prompt not in shown:
                    shown += os.read(asking, 1024)
                os.write(asking, answer.encode() + b"\n")
            with contextlib.suppress(OSError):
                while more := os.read(asking, 1024):
                    shown += more
            assert process.wait(DEADLINE_S) == code
        finally:
            process.kill()
            process.wait()
            os.close(asking)
        assert NEW.encode() not in shown
        assert (tmp_path / FILE).exists() is (code == 0)

    def test_root_sets_it_for_the_service(self, tmp_path: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("needs root")
        os.chown(tmp_path, 65534, 65534)
        done = ngair("password", "--stdin", stdin=b"12345678\n", env={"NGAIR_DATA": str(tmp_path)})
        assert done.returncode == 0
        found = (tmp_path / FILE).stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 65534, 0o600)


class TestDemo:
    def test_another_one_each_time_that_is_printed(self) -> None:
        printed = set()
        for _ in range(2):
            with running("demo") as box:
                assert pause(box, box.proof).status == 200
                assert pause(box, {}).status == 401
                printed.add(box.password)
        assert len(printed) == 2

    def test_one_of_a_file_that_is_not_printed(self, tmp_path: Path) -> None:
        (tmp_path / "password").write_text(f"{NEW}\n")
        with running("demo", "--password-file", str(tmp_path / "password")) as box:
            assert pause(box, basic(NEW)).status == 200
            assert NEW not in "".join([*box.output, *box.errors])

    @pytest.mark.parametrize("content", [None, "short\n", ""])
    def test_a_file_with_none(self, tmp_path: Path, content: str | None) -> None:
        if content is not None:
            (tmp_path / "password").write_text(content)
        done = ngair("demo", "--http", "127.0.0.1:0", "--password-file", str(tmp_path / "password"))
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def curl(*arguments: str) -> tuple[int, bytes]:
    """Status and body."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    done = subprocess.run(
        ["curl", "-sS", "-w", "%{stderr}%{http_code}", *arguments], capture_output=True, check=True, timeout=DEADLINE_S
    )
    return int(done.stderr), done.stdout


def test_it_is_told_nowhere(tmp_path: Path) -> None:
    """Not in the log at its most talkative, the data folder, the API, the process's arguments and environment."""
    wrong = "a wrong guess of mine"
    with running(*house(tmp_path, "--log-level", "debug"), password=PASSWORD) as box:
        json = {"Content-Type": "application/json"}
        login = msgspec.json.encode({"password": PASSWORD})
        token = msgspec.json.decode(box.send("/api/v1/login", "POST", login, json).body)["token"]
        assert pause(box, basic(PASSWORD)).status == 200
        assert pause(box, basic(wrong)).status == 401
        assert pause(box, basic(wrong, "somebody")).status == 401
        change = msgspec.json.encode({"old": PASSWORD, "new": NEW})
        assert box.send("/api/v1/password", "POST", change, json).status == 200
        paths = ("diagnostics", "settings", "box", "site", "events", "lock", "export")
        seen = [box.get(f"/api/v1/{path}").body for path in paths]
        seen += [box.get(path).body for path in ("/", "/docs", "/openapi.json", "/status/")]
        process = Path("/proc") / str(box.process.pid)
        seen += [(process / name).read_bytes() for name in ("cmdline", "environ")]
        box.stop()
        seen += [line.encode() for line in (*box.output, *box.errors)]
    seen += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for text in (PASSWORD, NEW, wrong, token, basic(PASSWORD)["Authorization"], basic(NEW)["Authorization"][6:]):
        assert not [place for place in seen if text.encode() in place]
    hashed = msgspec.json.decode((tmp_path / FILE).read_bytes())["argon2id"].encode()
    assert sum(hashed in place for place in seen) == 1, "but in its file"


def test_behind_the_read_lock(tmp_path: Path) -> None:
    with running(*house(tmp_path, "--read-lock"), password=PASSWORD) as box:
        for path in ("/", "/meter/", "/api/v1/site", "/api/v1/stream", "/docs", "/assets/x", "/api/v1/diagnostics"):
            assert curl(box.url.rstrip("/") + path)[0] == 401
            assert curl("-u", "ctek:wrong", box.url.rstrip("/") + path)[0] in (401, 429)
        assert curl(box.url + "api/v1/lock")[0] == 200
    with running(*house(tmp_path, "--read-lock"), password=PASSWORD) as box:
        status, body = curl("-u", f"ctek:{PASSWORD}", box.url + "meter/")
        assert (status, "activePowerIn" in msgspec.json.decode(body)) == (200, True)
        assert curl("-u", f"ctek:{PASSWORD}", box.url)[0] == 200


def test_guesses_are_refused_soon(tmp_path: Path) -> None:
    with running(*house(tmp_path), password=PASSWORD) as box:
        statuses = [pause(box, basic(f"guess {number}")).status for number in range(8)]
        assert statuses == [401] * 5 + [429] * 3
        refused = pause(box, basic(PASSWORD))
        assert refused.status == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert box.get("/meter/").status == 200


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b'{"format": 1, "argon2id": "none"}'])
def test_a_damaged_file_opens_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with running(*house(tmp_path, "--read-lock")) as box:
        wait_for(lambda: "ngair password" in "".join(box.errors))
        for headers in ({}, basic(""), basic(PASSWORD), {"X-Ngair-Token": ""}):
            assert box.get("/meter/", headers=headers).status == 403
        assert box.json("/api/v1/lock")["password_set"] is True
        assert ngair("password", "--data", str(tmp_path), "--stdin", stdin=PASSWORD.encode()).returncode == 0
        wait_for(lambda: box.get("/meter/", headers=basic(PASSWORD)).status == 200)


@contextlib.contextmanager
def by_tls(box: Box, trusted: Path) -> Iterator[http.client.HTTPSConnection]:
    """A connection that trusts one certificate only."""
    wait_for(lambda: any("https://" in line for line in box.output))
    match = re.search(r"https://127\.0\.0\.1:(\d+)/", "".join(box.output))
    assert match
    context = ssl.create_default_context(cafile=trusted)
    connection = http.client.HTTPSConnection("127.0.0.1", int(match[1]), timeout=DEADLINE_S, context=context)
    with contextlib.closing(connection):
        yield connection


def status(connection: http.client.HTTPSConnection, path: str, headers: dict[str, str]) -> int:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status


def test_by_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    https = ("--https", "127.0.0.1:0")
    with running(*house(tmp_path, *https), password=PASSWORD) as box:
        with by_tls(box, tmp_path / "tls.pem") as connection:
            assert status(connection, "/meter/", {}) == 200
            assert status(connection, "/api/v1/token", basic(PASSWORD)) == 200
            assert status(connection, "/api/v1/token", {}) == 401
        refused = pause(box, basic(PASSWORD))
        assert (refused.status, b"https://127.0.0.1:" in refused.body) == (403, True)
        assert box.get("/meter/").status == 200
        assert box.stop() == 0
        assert not [line for line in box.errors if "Traceback" in line or "ERROR" in line]
    made = (tmp_path / "tls.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "tls.pem").stat().st_mode) == 0o600
    with running(*house(tmp_path, *https)):
        assert (tmp_path / "tls.pem").read_bytes() == made, "whoever trusts it need not again"


def test_a_certificate_that_cannot_be_ends_the_start(tmp_path: Path) -> None:
    for name in ("certificate", "key"):
        (tmp_path / name).write_text("none")
    arguments = house(tmp_path / "data", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0")
    for certificate in (tmp_path / "certificate", tmp_path / "missing"):
        done = ngair(*arguments, "--tls-certificate", str(certificate), "--tls-key", str(tmp_path / "key"))
        assert done.returncode == 1
        [line] = done.stderr.decode().splitlines()
        assert str(certificate) in line
