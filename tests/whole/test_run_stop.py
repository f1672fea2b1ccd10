"""Ctrl-C and SIGTERM end the program with 0, whatever its meter's link is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ngair.sim.options import Options
from ngair.sim.world import World
from tests.adapters.test_tcp import silent_address
from tests.contracts.programs import NGAIR, QUIET, Dongle, told
from tests.contracts.wires import Pty, free_port
from tests.program import DEADLINE_S, Box, clean_environment, started, wait_for

TELEGRAMS = World(Options(seed=7)).advance(20)

Meter = Callable[[Path], "contextlib.AbstractContextManager[tuple[str, Callable[[Box], None]]]"]
"""A meter's URL, and how to know that the box is in the state that is meant."""


@contextlib.contextmanager
def refusing(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    yield f"tcp://127.0.0.1:{free_port()}", lambda box: told(box, "meter lost")


@contextlib.contextmanager
def connecting(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    with silent_address() as (host, port):
        yield f"tcp://{host}:{port}", lambda box: wait_for(lambda: _connects(box))


@contextlib.contextmanager
def hanging(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    with Dongle() as dongle:
        yield f"tcp://127.0.0.1:{dongle.port}", lambda _: wait_for(lambda: dongle.connected > 0)


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    with Dongle(TELEGRAMS[0]) as dongle:
        yield f"tcp://127.0.0.1:{dongle.port}", lambda box: told(box, "meter connected")


@contextlib.contextmanager
def on_a_line(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    pty = Pty(folder / "meter")
    pty.plug_in()
    name = os.readlink(pty.device)  # noqa: PTH115 - the text of the link
    try:
        yield f"serial://{pty.device}", lambda box: wait_for(lambda: name in _open_files(box))
    finally:
        pty.unplug()


@contextlib.contextmanager
def without_a_line(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    yield f"serial://{folder}/ttyUSB0", lambda box: told(box, "meter lost")


@contextlib.contextmanager
def playing(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    (folder / "recording.txt").write_bytes(b"".join(TELEGRAMS))
    yield f"file://{folder}/recording.txt?loop=1", lambda box: told(box, "meter connected")


@contextlib.contextmanager
def ended(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    (folder / "recording.txt").write_bytes(TELEGRAMS[0])
    yield f"file://{folder}/recording.txt", lambda box: told(box, "meter ended")


@contextlib.contextmanager
def simulated(folder: Path) -> Iterator[tuple[str, Callable[[Box], None]]]:
    yield "sim:?speed=3600&cars=3", lambda box: told(box, "meter connected")


METERS: list[Meter] = [
    refusing, connecting, hanging, reading, on_a_line, without_a_line, playing, ended, simulated,
]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("meter", METERS, ids=lambda meter: meter.__name__)
def test_it_is_stopped_whatever_the_link_does(meter: Meter, number: signal.Signals, tmp_path: Path) -> None:
    with meter(tmp_path) as (url, reached):
        with started([*NGAIR, "run", "--meter", url, "--data", str(tmp_path / "data"), *QUIET]) as box:
            reached(box)
            assert box.stop(number) == 0, box.errors
        assert box.errors[-1].endswith("INFO stopped\n")
        assert "Traceback" not in "".join(box.errors)


NAME_SERVER_THAT_IS_SILENT = """
import os, socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("127.0.0.1", 53))
listener.set_inheritable(True)
os.execv(sys.executable, [sys.executable, "-m", "ngair", *sys.argv[1:]])
"""


def test_a_name_server_that_does_not_answer_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    inside = 'ip link set lo up && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    prefix = [*alone, "sh", "-c", inside, "sh", str(tmp_path / "resolv.conf")]
    try:
        tried = subprocess.run([*prefix, sys.executable, "-c", "import ngair"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if tried.returncode != 0:
        pytest.skip(f"needs namespaces: {tried.stderr.decode()}")
    meter = ["run", "--meter", "tcp://meter.example:23", "--data", str(tmp_path / "data"), *QUIET]
    with started([*prefix, sys.executable, "-c", NAME_SERVER_THAT_IS_SILENT, *meter]) as box:
        wait_for(lambda: len(list(Path(f"/proc/{box.process.pid}/task").iterdir())) > 1)
        assert box.stop() == 0
    assert box.errors[-1].endswith("INFO stopped\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_it_is_stopped_before_it_has_begun(number: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    reading, writing = os.pipe()
    with open(reading, "rb") as output:  # noqa: PTH123 - a descriptor
        # It greets before it begins, and cannot while nobody empties the pipe.
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, bytes(4096))
        os.set_blocking(writing, True)
        with subprocess.Popen(
            [*NGAIR, "run", "--meter", "sim:", "--data", str(tmp_path), "--http", f"127.0.0.1:{port}", "--mdns", "off"],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=clean_environment(),
        ) as process:
            os.close(writing)
            wait_for(lambda: _listens(port))
            process.send_signal(number)
            output.read()
            assert process.communicate(timeout=DEADLINE_S)[1] == b""
            assert process.returncode == 0


def test_the_demo_is_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    with started([*NGAIR, "demo", "--past", "0", "--http", "127.0.0.1:0"], {"TMPDIR": str(tmp_path)}) as box:
        told(box, "meter connected")
        assert list(tmp_path.iterdir())
        assert box.stop(signal.SIGINT) == 0
    assert list(tmp_path.iterdir()) == []


def _open_files(box: Box) -> list[str]:
    found = []
    for path in Path(f"/proc/{box.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(path))  # noqa: PTH115 - the text of the link
    return found


def _connects(box: Box) -> bool:
    """Whether the program waits for an answer to its first packet (SYN_SENT is 02)."""
    own = {name.removeprefix("socket:[").removesuffix("]") for name in _open_files(box) if name.startswith("socket:")}
    table = [line.split() for line in Path(f"/proc/{box.process.pid}/net/tcp").read_text("ascii").splitlines()[1:]]
    return any(fields[9] in own and fields[3] == "02" for fields in table)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
