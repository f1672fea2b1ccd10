"""What keeps the program from starting, or from reading its meter, is told in a line with the remedy."""

from __future__ import annotations

import grp
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts import nobody
from tests.contracts.programs import NGAIR, QUIET, told
from tests.contracts.wires import Pty
from tests.program import DEADLINE_S, clean_environment, ngair, running, started

LOW_PORT = 79


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder that a user without rights can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        nobody.own(Path(folder))
        yield Path(folder)


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ngair("run", "--meter", "sim:", "--http", f"127.0.0.1:{port}", "--data", str(tmp_path), "--mdns", "off")
    assert done.stderr.decode() == (
        f"ngair: port {port} is in use by another program: stop it, or use --http :{port + 1}\n"
    )
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_port_that_needs_rights(folder: Path) -> None:
    command = [*_with_protected_ports(), *_nobody(
        "run", "--meter", "sim:", "--http", f"127.0.0.1:{LOW_PORT}", "--data", str(folder), "--mdns", "off"
    )]  # fmt: skip
    assert _refused(command) == (
        f"ngair: port {LOW_PORT} needs rights that this user does not have: use --http :8080, "
        "or a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
    )


def test_an_address_that_is_not_this_machine_s(tmp_path: Path) -> None:
    done = ngair("run", "--meter", "sim:", "--http", "192.0.2.1:8080", "--data", str(tmp_path), "--mdns", "off")
    assert done.stderr.decode().startswith("ngair: cannot listen on 192.0.2.1, port 8080: ")
    assert done.stderr.count(b"\n") == 1
    assert done.returncode == 1


def test_a_data_folder_of_another_user(folder: Path) -> None:
    foreign = folder / "foreign"
    foreign.mkdir(mode=0o555)
    told_in = _refused(_nobody("run", "--meter", "sim:", "--data", str(foreign), *QUIET))
    assert told_in == f"ngair: data folder {foreign} cannot be used: change its owner, or choose one with --data\n"
    told_in = _refused(_nobody("run", "--meter", "sim:", "--data", str(foreign / "new"), *QUIET))
    assert told_in == (
        f"ngair: data folder {foreign / 'new'} cannot be made (Permission denied): choose one with --data\n"
    )


def test_a_user_without_a_home() -> None:
    homeless = {"HOME": "/nonexistent", "XDG_STATE_HOME": ""}
    assert _refused(_nobody("run", "--meter", "sim:", *QUIET), homeless) == (
        "ngair: data folder /nonexistent/.local/state/ngair cannot be made (Permission denied): "
        "choose one with --data\n"
    )


def test_a_data_folder_that_another_box_uses(tmp_path: Path) -> None:
    with running("run", "--meter", "sim:", "--data", str(tmp_path), "--mdns", "off"):
        done = ngair("run", "--meter", "sim:", "--data", str(tmp_path), *QUIET)
    assert done.stderr.decode() == (
        f"ngair: data folder {tmp_path} is used by another ngair: stop it, or choose one with --data\n"
    )
    assert done.returncode == 1


@pytest.mark.parametrize("output", ["a full disk", "nobody"])
def test_a_box_whose_output_goes_nowhere_runs_all_the_same(output: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [*NGAIR, "run", "--meter", "serial:///dev/ttyUSB99", "--data", str(tmp_path), *QUIET],
            stdout=full if output == "a full disk" else writing,
            stderr=subprocess.PIPE,
            env=clean_environment() | {"PYTHONUNBUFFERED": ""},
        )
    os.close(writing)
    try:
        assert process.stderr is not None
        assert b"WARNING meter lost: " in process.stderr.readline()
        process.terminate()
        rest = process.communicate(timeout=DEADLINE_S)[1]
        assert rest.endswith(b"INFO stopped\n")
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_missing_device_is_waited_for(tmp_path: Path) -> None:
    with running("run", "--meter", "serial:///dev/ttyUSB99", "--data", str(tmp_path), "--mdns", "off") as box:
        told(box, "WARNING meter lost: /dev/ttyUSB99 does not exist: ")
        site = box.json("/api/v1/site")
        assert site["meter"]["link_detail"].startswith("/dev/ttyUSB99 does not exist: ")
        assert site["meter"]["reading"] is None
        assert box.stop() == 0


def test_a_device_that_this_user_may_not_open_is_waited_for(tmp_path: Path, folder: Path) -> None:
    pty = Pty(tmp_path / "meter")
    pty.plug_in()
    device = pty.device.resolve()
    try:
        nobody.foreign_device(device, 0o660, grp.getgrnam("dialout").gr_gid)
        with started(_nobody("run", "--meter", f"serial://{device}", "--data", str(folder), *QUIET)) as box:
            told(
                box,
                f"WARNING meter lost: {device} may not be opened by this user: "
                "sudo usermod -aG dialout $USER, then log in again",
            )
            nobody.own(device)
            box.until("/api/v1/site", lambda _: str(device) in _open_files(box.process.pid))
            assert box.stop() == 0
    finally:
        pty.unplug()


def _nobody(*arguments: str) -> list[str]:
    return nobody.without_rights([*NGAIR, *arguments])


def _open_files(process: int) -> str:
    return subprocess.run(["ls", "-l", f"/proc/{process}/fd"], capture_output=True, text=True, check=False).stdout


def _with_protected_ports() -> list[str]:
    """Where even low ports are free for all, as in many containers, a network of its own has the usual rule."""
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > LOW_PORT:
        return []
    if os.geteuid() != 0:
        pytest.skip("low ports are free for all here, and only root may make a network where they are not")
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def _refused(command: list[str], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE_S, env=clean_environment() | (env or {}), check=False
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr
