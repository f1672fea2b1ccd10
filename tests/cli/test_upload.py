"""`ngair upload`: an image goes to a box, and whatever the box says against it can be read."""

from __future__ import annotations

import os
import pty
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.http.serving import serving
from tests.adapters.http.uploads import Box
from tests.device.images import image
from tests.program import DEADLINE_S, PASSWORD, clean_environment, ngair

IMAGE = image()
LARGE = image({"ngair-0.7.0-py3-none-any.whl": bytes(range(256)) * 16 * 256})
OURS = {"NGAIR_PASSWORD": PASSWORD}


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("box"))
    with serving(box.app) as box.server:
        yield box


@pytest.fixture(autouse=True)
def _fresh(box: Box) -> None:
    box.images.clear()


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "image.ngfw"
    path.write_bytes(LARGE)
    return path


def address(box: Box) -> str:
    return "{}:{}".format(*box.server.address)


def test_an_image_is_brought(box: Box, file: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    done = ngair("upload", f"http://{address(box)}/", str(file), "--password-file", str(tmp_path / "password"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"0.7.0 is verified")
    assert [manifest.version for manifest in box.images] == ["0.7.0"]


@pytest.mark.parametrize(
    ("password", "data", "told"),
    [
        ("not the one", LARGE, b"User or password is wrong"),
        (PASSWORD, image(key=None) + LARGE, b"The image is not signed"),
        (PASSWORD, LARGE[:-1], b"The image is cut off"),
        (PASSWORD, LARGE[:-1] + b"?", b"is damaged"),
        (PASSWORD, b"PK" + LARGE * 20, b"This is no firmware image"),
    ],
)
def test_what_the_box_says_against_it_is_told(box: Box, file: Path, password: str, data: bytes, told: bytes) -> None:
    file.write_bytes(data)
    done = ngair("upload", address(box), str(file), env={"NGAIR_PASSWORD": password})
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"ngair: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert password.encode() not in done.stderr
    assert box.images == []


@pytest.mark.parametrize(
    ("host", "code", "told"),
    [
        ("127.0.0.1:1", 1, b"127.0.0.1: Connection refused"),
        ("ftp://127.0.0.1", 2, b"allowed is a name or address"),
        ("http://127.0.0.1/upload/", 2, b"allowed is a name or address"),
        ("ctek:secret@127.0.0.1", 2, b"allowed is a name or address"),
        ("127.0.0.1:99999", 2, b"allowed is a name or address"),
        ("", 2, b"allowed is a name or address"),
    ],
)
def test_a_host_that_cannot_be_is_told(file: Path, host: str, code: int, told: bytes) -> None:
    done = ngair("upload", host, str(file), env=OURS)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


def test_it_may_be_called_as_it_likes_here(box: Box, file: Path) -> None:
    done = ngair("upload", address(box), str(file.rename(file.with_name("ngair 0.7 (1).NGFW"))), env=OURS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(box.images) == 1


def test_without_a_terminal_nothing_is_asked(box: Box, file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ngair", "upload", address(box), str(file)],
        input=PASSWORD.encode() + b"\n",
        capture_output=True,
        env=clean_environment(),
        start_new_session=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ngair: nobody is there to be asked")
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_told(box: Box) -> None:
    done = ngair("upload", address(box), "/nowhere/image.ngfw", env=OURS)
    assert (done.returncode, done.stderr) == (1, b"ngair: /nowhere/image.ngfw: No such file or directory\n")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
def test_what_is_no_box_is_told(file: Path, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stranger = threading.Thread(target=_answer, args=(listener, answer))
        stranger.start()
        done = ngair("upload", f"127.0.0.1:{listener.getsockname()[1]}", str(file), env=OURS)
        stranger.join()
    assert done.returncode == 1
    assert b"ngair: " in done.stderr
    assert b"Traceback" not in done.stderr


def _answer(listener: socket.socket, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


def test_the_password_is_asked_for_without_an_echo_and_the_way_is_shown(box: Box, file: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "ngair", "upload", address(box), str(file)]
    # A session of its own, whose terminal this is: the password is asked for there.
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_A_TERMINAL, os.ttyname(follower), *command],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=clean_environment() | {"TERM": "xterm"},
        start_new_session=True,
    )
    os.close(follower)
    try:
        seen = _read_until(leader, b"Password of")
        os.write(leader, PASSWORD.encode() + b"\n")
        seen += _read_until(leader, b"0.7.0 is verified")
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(leader)
    assert PASSWORD.encode() not in seen
    assert "━".encode() in seen
    assert len(box.images) == 1


_AT_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR), termios.TIOCSCTTY, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


def _read_until(leader: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        assert select.select([leader], [], [], DEADLINE_S)[0], seen
        seen += os.read(leader, 65536)
    return seen


def test_the_password_of_an_upload_is_no_setting_of_a_box() -> None:
    done = ngair("check", "/dev/null", env=OURS)
    assert b"NGAIR_PASSWORD" not in done.stderr
