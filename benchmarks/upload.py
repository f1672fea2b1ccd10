"""A large firmware image is brought to the box, which verifies it and writes it to its disk."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple

from benchmarks.clients import free_port
from benchmarks.idle import meter_each_second
from benchmarks.programs import Program, started
from benchmarks.row import Row, row
from ngair.adapters.folder import Folder
from ngair.adapters.password import set_password
from ngair.device.image import File, Manifest
from ngair.device.image.keys import PUBLIC, public_of, write_key
from ngair.device.image.writing import make_head
from ngair.launcher import HARDWARE

SIZE_MB = 200
ROUNDS = 5
SETTLE_S = 5
MEMORY_GOAL_MB = 20
KEY = bytes(range(32))
PASSWORD = "only for this measurement"
VERSION = "99.0"
PIECE_BYTES = 1_000_000
PEER = "bare server that writes the same to a file"


def measure() -> list[Row]:
    """The same image to both, in turn. That what is in it cannot be installed is told after its last byte only."""
    with (
        tempfile.TemporaryDirectory(prefix="ngair-bench-") as name,
        meter_each_second() as meter,
        (Path(name) / "image.ngfw").open("w+b") as image,
    ):
        folder = Path(name)
        _write(image)
        port, bare_port = free_port(), free_port()
        bare = [sys.executable, "-m", "benchmarks.bare_upload", str(bare_port), str(folder / "bare")]
        with started(_ours(folder, meter, port), port) as (program, _), started(bare, bare_port) as (floor, _):
            time.sleep(SETTLE_S)
            rounds = [(_upload(program, image), _upload(floor, image)) for _ in range(ROUNDS)]
    (first, first_floor), *further = rounds
    rate, its_rate = (statistics.median(upload.rate for upload in side) for side in zip(*rounds, strict=True))
    return [
        _memory(f"peak memory above idle, first {SIZE_MB} MB upload", first, first_floor),
        _memory(f"peak memory above idle, further {SIZE_MB} MB uploads", *map(_highest, zip(*further, strict=True))),
        row(f"{SIZE_MB} MB upload, verified and on disk", rate, PEER, its_rate, "MB/s"),
    ]


class Upload(NamedTuple):
    """What one took."""

    rate: float
    """MB/s, from connecting to the answer."""
    memory_mb: float
    """How far memory rose meanwhile. The first one since a start has the password proven, which takes its share."""


def _memory(name: str, ours: Upload, its: Upload) -> Row:
    met = ours.memory_mb < MEMORY_GOAL_MB
    return row(name, ours.memory_mb, PEER, its.memory_mb, "MB", goal=f"< {MEMORY_GOAL_MB} MB", met=met)


def _highest(uploads: tuple[Upload, ...]) -> Upload:
    return max(uploads, key=lambda upload: upload.memory_mb)


def _write(image: BinaryIO) -> None:
    """An image of the right form, with noise for a wheel."""
    size = SIZE_MB * 1_000_000
    noise = os.urandom(PIECE_BYTES)
    digest = hashlib.sha256()
    for _ in range(SIZE_MB):
        digest.update(noise)
    manifest = Manifest(
        format=1,
        product="ngair",
        version=VERSION,
        hardware=(HARDWARE,),
        minimum_version="0",
        from_version="0",
        files=(File(f"ngair-{VERSION}-py3-none-any.whl", size, digest.hexdigest()),),
    )
    image.write(make_head(manifest, KEY))
    for _ in range(SIZE_MB):
        image.write(noise)
    image.flush()


def _ours(folder: Path, meter: str, port: int) -> list[str]:
    """`ngair run` as a launcher starts it."""
    set_password(Folder(folder / "data"), PASSWORD)
    keys = folder / "firmware.pub"
    keys.write_text(write_key(PUBLIC, public_of(KEY), "measurement"), encoding="ascii")
    slots = folder / "slots"
    slots.mkdir()
    return [
        *("env", f"LAUNCHED_SLOTS={slots}", "LAUNCHED_SLOT=factory"),
        *(str(Path(sys.executable).parent / "ngair"), "run", "--meter", meter, "--http", f"127.0.0.1:{port}"),
        *("--data", str(folder / "data"), "--firmware-keys", str(keys)),
    ]


def _upload(program: Program, image: BinaryIO) -> Upload:
    """Raises `OSError` unless it was taken."""
    proof = base64.b64encode(f"ctek:{PASSWORD}".encode()).decode("ascii")
    size = image.seek(0, os.SEEK_END)
    head = (
        f"POST /upload/image.ngfw HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {proof}\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    # From now on the peak is counted anew.
    Path(f"/proc/{program.process.pid}/clear_refs").write_text("5", encoding="ascii")
    before_mb = program.memory_mb()
    began_s = time.perf_counter()
    with socket.create_connection(program.address, timeout=60) as connection:
        connection.sendall(head.encode("ascii"))
        connection.sendfile(image, 0)
        answer = connection.recv(65536)
        took_s = time.perf_counter() - began_s
    if not answer.startswith(b"HTTP/1.1 20"):
        raise OSError(answer.decode("utf-8", "replace"))
    peak_mb = _peak_mb(program) - before_mb
    _wait_until_idle(program)
    return Upload(size / took_s / 1e6, peak_mb)


def _peak_mb(program: Program) -> float:
    text = Path(f"/proc/{program.process.pid}/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def _wait_until_idle(program: Program) -> None:
    """Until what was taken is found not to be a wheel, and another may come."""
    busy_s = -1.0
    while program.cpu_of_all_threads_s() - busy_s > 0.02:
        busy_s = program.cpu_of_all_threads_s()
        time.sleep(1)
