"""The word to a service manager, as a real socket of the kind that it listens on gets it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ngair.adapters.systemd import STATUS_MAX_CHARS, ServiceManager

TIMEOUT_S = 20.0


@contextlib.contextmanager
def manager_at(address: str) -> Iterator[socket.socket]:
    """Somebody who listens; `@` begins a name outside the file system."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(TIMEOUT_S)
        yield listener


def told(listener: socket.socket) -> list[str]:
    """Everything that came so far."""
    lines = []
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            lines.append(listener.recv(4096).decode())
    listener.settimeout(TIMEOUT_S)
    return lines


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@ngair-test-{secrets.token_hex(8)}"


def test_it_is_told_what_there_is_to_tell(address: str) -> None:
    with manager_at(address) as listener:
        manager = ServiceManager({"NOTIFY_SOCKET": address})
        assert manager.listens
        manager.ready()
        manager.status("meter up;\nno charger")
        manager.status("meter up; no charger")
        manager.status("x" * 1000)
        manager.stopping()
        manager.close()
        assert told(listener) == [
            "READY=1",
            "STATUS=meter up; no charger",
            "STATUS=" + "x" * STATUS_MAX_CHARS,
            "STOPPING=1",
        ]


def test_without_a_watchdog_no_sign_of_life_is_given(address: str) -> None:
    with manager_at(address) as listener:
        manager = ServiceManager({"NOTIFY_SOCKET": address})
        manager.alive(0.0)
        manager.close()
        assert told(listener) == []


@pytest.mark.parametrize("meant_for", ["anybody", "the program", "its launcher"])
def test_signs_of_life_come_three_times_a_timeout(address: str, meant_for: str) -> None:
    process = {"the program": os.getpid(), "its launcher": os.getppid()}.get(meant_for)
    meant = {} if process is None else {"WATCHDOG_PID": str(process)}
    with manager_at(address) as listener:
        manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"} | meant)
        assert manager.watchdog_s == 30.0
        for second in range(61):
            manager.alive(1000.0 + second)
        manager.close()
        assert told(listener) == ["WATCHDOG=1"] * 7


@pytest.mark.parametrize(
    "watchdog",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "9" * 50},
        {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"},
    ],
)
def test_a_watchdog_that_is_none_or_anothers_is_not_fed(watchdog: dict[str, str]) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": "/run/x"} | watchdog).watchdog_s is None


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_a_manager_that_can_be_told_nothing_is(environment: dict[str, str]) -> None:
    manager = ServiceManager(environment | {"WATCHDOG_USEC": "1000000"})
    assert not manager.listens
    assert manager.watchdog_s is None
    manager.ready()
    manager.status("meter up")
    manager.alive(0.0)
    manager.close()


def test_a_manager_that_went_away_is_no_failure_of_the_program(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "3000000"})
    for second in range(10):
        manager.alive(float(second))
    manager.close()
    assert len(caplog.records) == 1


def test_a_manager_that_does_not_read_stops_nobody(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with manager_at(address) as listener:
        manager = ServiceManager({"NOTIFY_SOCKET": address})
        for number in range(5000):
            manager.status(f"{number}")
        manager.close()
        assert 0 < len(told(listener)) < 5000
    assert len(caplog.records) == 1


async def test_a_loop_that_stands_gives_no_sign_of_life(address: str) -> None:
    """A handler that never comes back is what a watchdog is for: its loop has no turn left for the tick."""
    blocked, free = asyncio.Event(), False

    with manager_at(address) as listener:
        manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000"})
        loop = asyncio.get_running_loop()

        async def tick() -> None:
            while not free:
                manager.alive(loop.time())
                await asyncio.sleep(0.001)

        def block() -> None:
            told(listener)
            # Stands in the loop until nothing more can be on its way, ten timeouts long.
            listener.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                listener.recv(4096)
                raise AssertionError("a sign of life of a loop that stands")
            blocked.set()

        ticking = asyncio.create_task(tick())
        await asyncio.to_thread(listener.recv, 4096)
        loop.call_soon(block)
        await blocked.wait()
        listener.settimeout(TIMEOUT_S)
        assert (await asyncio.to_thread(listener.recv, 4096)).decode() == "WATCHDOG=1"
        free = True
        await ticking
        manager.close()
