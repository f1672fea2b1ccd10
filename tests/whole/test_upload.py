"""Uploads to the real program: on full and read-only disks, of gigabytes, and through a power cut."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ngair.adapters.folder import Folder
from ngair.adapters.password import set_password
from ngair.device.image import File, Manifest
from ngair.device.image.keys import PUBLIC, public_of, write_key
from ngair.device.image.writing import make_head
from ngair.launcher import HARDWARE
from ngair.model.limits import FIRMWARE_MAX_BYTES, FIRMWARE_RESERVE_BYTES
from tests.contracts.disks import on_a_disk
from tests.contracts.wires import free_port
from tests.device.images import KEY
from tests.program import DEADLINE_S, PASSWORD, Box, ngair, started, wait_for

PIECE = bytes(range(256)) * 4096
"""A mebibyte."""
MIB = len(PIECE)
RESERVE = FIRMWARE_RESERVE_BYTES // MIB
CALM_MB = 20
"""What an upload may take of memory."""


def head(mebibytes: int, files: int = 1) -> bytes:
    """Of an image with so large files of which nothing can be installed."""
    digest = hashlib.sha256()
    for _ in range(mebibytes):
        digest.update(PIECE)
    names = ["ngair-99.0-py3-none-any.whl", *(f"a{number}-1.0-py3-none-any.whl" for number in range(1, files))]
    manifest = Manifest(
        format=1,
        product="ngair",
        version="99.0",
        hardware=(HARDWARE,),
        minimum_version="0",
        from_version="0",
        files=tuple(File(name, mebibytes * MIB, digest.hexdigest()) for name in names),
    )
    return make_head(manifest, KEY)


class Upload:
    """One on its way, in chunks: without a length."""

    def __init__(self, box: Box) -> None:
        proof = base64.b64encode(f"ctek:{PASSWORD}".encode()).decode("ascii")
        self._socket = socket.create_connection(box.address, timeout=DEADLINE_S)
        self._socket.sendall(
            f"POST /upload/image.ngfw HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {proof}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode("ascii")
        )

    def send(self, data: bytes, times: int = 1) -> None:
        """Send it so often, or until there is an answer."""
        with contextlib.suppress(ConnectionError):
            for _ in range(times):
                if select.select([self._socket], [], [], 0)[0]:
                    return
                self._socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        """That was all."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(b"0\r\n\r\n")

    def status(self) -> int:
        """What the box says."""
        received = b""
        while b"\r\n" not in received:
            piece = self._socket.recv(65536)
            assert piece, "closed without an answer"
            received += piece
        self._socket.close()
        return int(received.split()[1])

    def break_off(self) -> None:
        """Go away."""
        self._socket.close()


@contextlib.contextmanager
def box_with_slots(folder: Path, disk: str = "", prepare: str = ":", *more: str) -> Iterator[Box]:
    """The program as a launcher starts it, with its slots on a disk of their own if `disk` says so."""
    slots = folder / "slots"
    slots.mkdir(exist_ok=True)
    set_password(Folder(folder / "data"), PASSWORD)
    keys = folder / "firmware.pub"
    keys.write_text(write_key(PUBLIC, public_of(KEY), ""), encoding="ascii")
    command = [sys.executable, "-m", "ngair", "run", "--meter", "sim:", "--http", "127.0.0.1:0", "--profile", "1.3"]
    command += [
        "--data",
        str(folder / "data"),
        "--firmware-keys",
        str(keys),
        "--mdns",
        "off",
        "--history",
        "off",
        *more,
    ]
    if disk:
        command = on_a_disk(disk, slots, command, prepare)
    with started(command, {"LAUNCHED_SLOTS": str(slots), "LAUNCHED_SLOT": "factory"}) as box:
        yield box


def uploads(folder: Path, box: Box) -> Path:
    """The folder for uploads, as the program sees it."""
    return Path(f"/proc/{box.process.pid}/root{folder}/slots/uploads")


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def until_failed(box: Box) -> str:
    """Until the last upload is told as one that failed: why."""
    site = box.until("/api/v1/site", lambda site: site["update"]["state"] == "failed")
    return str(site["update"]["detail"])


def test_a_disk_that_gets_full_meanwhile_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    with box_with_slots(tmp_path, f"size={RESERVE + 16}m") as box:
        place = uploads(tmp_path, box)
        upload = Upload(box)
        upload.send(head(8))
        upload.send(PIECE, 2)
        wait_for(lambda: bool(files_in(place)))
        with contextlib.suppress(OSError), (place.parent / "filler").open("wb") as filler:
            while True:
                filler.write(PIECE)
        upload.send(PIECE, 6)
        upload.end()
        assert upload.status() == 507
        assert files_in(place) == []
        assert "look at the box's disk" in until_failed(box)
        again = Upload(box)
        again.send(head(8))
        again.send(PIECE, 8)
        again.end()
        assert again.status() == 507
        (place.parent / "filler").unlink()
        last = Upload(box)
        last.send(head(8))
        last.send(PIECE, 8)
        last.end()
        assert last.status() == 202
        assert box.get("/meter/").status == 200


@pytest.mark.parametrize(
    ("disk", "prepare", "status"),
    [("size=8m", ":", 507), ("size=99m", 'mkdir "$1/uploads" && mount -o remount,bind,ro "$1"', 500)],
    ids=["too small", "read-only"],
)
def test_a_disk_that_takes_nothing_is_told(tmp_path: Path, disk: str, prepare: str, status: int) -> None:
    with box_with_slots(tmp_path, disk, prepare) as box:
        upload = Upload(box)
        upload.send(head(4))
        upload.send(PIECE, 4)
        assert upload.status() == status
        assert files_in(uploads(tmp_path, box)) == []
        assert box.get("/meter/").status == 200
        assert until_failed(box)


def test_two_gigabytes_without_a_length_are_cut_where_the_image_ends(tmp_path: Path) -> None:
    with box_with_slots(tmp_path) as box:
        _prove(box)
        _count_anew(box)
        before_mb = _memory_mb(box, "VmRSS")
        upload = Upload(box)
        upload.send(head(16, 4))
        upload.send(PIECE, 2048)
        assert upload.status() == 422
        assert "more behind the image" in until_failed(box)
        assert files_in(tmp_path / "slots" / "uploads") == []
        assert _memory_mb(box, "VmHWM") - before_mb < CALM_MB


def test_two_gigabytes_that_say_so_are_refused_before_the_first_of_them(tmp_path: Path) -> None:
    with box_with_slots(tmp_path) as box:
        upload = Upload(box)
        upload.send(head(8, FIRMWARE_MAX_BYTES // MIB // 8 + 1))
        upload.send(PIECE, 2048)
        assert upload.status() == 413
        assert files_in(tmp_path / "slots" / "uploads") == []


def test_what_a_kill_leaves_is_removed_at_the_next_start(tmp_path: Path) -> None:
    place = tmp_path / "slots" / "uploads"
    with box_with_slots(tmp_path) as box:
        upload = Upload(box)
        upload.send(head(8))
        upload.send(PIECE, 4)
        wait_for(lambda: bool(files_in(place)))
        box.stop(signal.SIGKILL)
        upload.break_off()
    assert files_in(place) != []
    with box_with_slots(tmp_path) as box:
        wait_for(lambda: files_in(place) == [])


def test_a_stop_during_an_upload_is_quick_and_leaves_nothing(tmp_path: Path) -> None:
    with box_with_slots(tmp_path) as box:
        upload = Upload(box)
        upload.send(head(8))
        upload.send(PIECE, 4)
        wait_for(lambda: bool(files_in(tmp_path / "slots" / "uploads")))
        assert box.stop() == 0
        upload.break_off()
    assert files_in(tmp_path / "slots" / "uploads") == []


def test_by_tls_it_is_as_by_plain_http_and_there_the_password_is_not_taken(tmp_path: Path) -> None:
    port = free_port()
    image, wrong = tmp_path / "image.ngfw", tmp_path / "wrong.ngfw"
    image.write_bytes(head(8) + PIECE * 8)
    wrong.write_bytes(b"PK" + PIECE * 8)
    known = {"NGAIR_PASSWORD": PASSWORD}
    with box_with_slots(tmp_path, "", ":", "--https", f"127.0.0.1:{port}") as box:
        where = f"https://127.0.0.1:{port}", "--certificate", str(tmp_path / "data" / "tls.pem")
        assert b"no firmware image" in ngair("upload", *where, str(wrong), env=known).stderr
        assert ngair("upload", *where, str(image), env=known).stdout.startswith(b"99.0 is verified")
        assert b"not trusted" in ngair("upload", where[0], str(image), env=known).stderr
        assert b"by HTTPS only" in ngair("upload", box.url, str(image), env=known).stderr


def _prove(box: Box) -> None:
    """What the hash of a password costs is no part of an upload."""
    proof = {"Content-Type": "application/json"}
    assert box.send("/api/v1/login", "POST", msgspec.json.encode({"password": PASSWORD}), proof).status == 200
    upload = Upload(box)
    upload.send(b"no image")
    assert upload.status() == 415


def _count_anew(box: Box) -> None:
    Path(f"/proc/{box.process.pid}/clear_refs").write_text("5", encoding="ascii")


def _memory_mb(box: Box, what: str) -> float:
    text = Path(f"/proc/{box.process.pid}/status").read_text("ascii")
    found = re.search(rf"{what}:\s+(\d+) kB", text)
    assert found is not None
    return int(found[1]) * 1024 / 1e6
