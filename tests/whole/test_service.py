"""The whole program under a service manager that listens."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import DEADLINE_S, running

FARES = "STATUS=meter up; 1 of 1 chargers connected, allowed "


@pytest.fixture(name="manager")
def _manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(DEADLINE_S)
        yield listener


def test_it_tells_when_it_answers_how_it_fares_and_that_it_lives(manager: socket.socket, tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
    told: list[str] = []
    with running("demo", "--speed", "60", env=environment) as box:
        while "READY=1" not in told or told.count("WATCHDOG=1") < 3 or not any(line.startswith(FARES) for line in told):
            told.append(manager.recv(4096).decode())
            assert len(told) < 200, told
        assert box.get("/status/").status == 200
        # What is not read in time is lost.
        box.process.send_signal(signal.SIGTERM)
        while told[-1] != "STOPPING=1":
            told.append(manager.recv(4096).decode())
        assert box.stop() == 0
    manager.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            told.append(manager.recv(4096).decode())
    assert told.count("READY=1") == 1
    assert told[-1] == "STOPPING=1"


def test_it_is_not_ready_before_the_api_answers(manager: socket.socket, tmp_path: Path) -> None:
    with running("demo", env={"NOTIFY_SOCKET": f"{tmp_path / 'notify'}"}) as box:
        while manager.recv(4096) != b"READY=1":
            pass
        assert box.get("/meter/").status == 200
