"""Memory and descriptors of a box that runs for a simulated month, is asked things, and is watched by pages.

It takes about half an hour: it is measured only when it is asked for by name.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.programs import Program
from benchmarks.row import Row, row
from ngair.api.live import STREAM
from ngair.model.limits import SPEED_MAX

DAYS = 30
EVERY_S = 3 * 3600.0
"""Simulated seconds between two looks."""
DAY_S = 86_400.0
WARM_S = 10 * DAY_S
"""Until then the store's caches fill, a step of some hundred kB at a time."""
GROWTH_GOAL_KB = 100.0
"""A day, which is what one such step looks like in the slope of twenty days. It would be one byte of each telegram."""
HOUSE_STANDS_S = 120.0
"""A program of which nothing moves for so long is stuck."""
PATHS = (
    "/",
    "/meter/",
    "/evse/",
    "/api/v1/site",
    "/api/v1/events",
    "/api/v1/sessions",
    "/api/v1/history/power",
    "/api/v1/history/energy",
    "/api/v1/box",
    "/no/such/path",
)


class Look(msgspec.Struct, frozen=True):
    """The program at a moment."""

    at_s: float
    """Simulated seconds since the first look."""
    memory_kb: float
    descriptors: int
    threads: int


def measure() -> list[Row]:
    """The whole month."""
    looks = list(lived(DAYS * DAY_S))
    warm, last = next(look for look in looks if look.at_s >= WARM_S), looks[-1]
    slope_kb = growth_kb_a_day([look for look in looks if look.at_s >= WARM_S])
    most = max(look.descriptors for look in looks)
    most_before = max(look.descriptors for look in looks if look.at_s <= WARM_S)
    return [
        row(
            "memory after a simulated month",
            last.memory_kb / 1000,
            "after its first ten days",
            warm.memory_kb / 1000,
            "MB",
        ),
        row(
            "growth of memory, a simulated day",
            slope_kb,
            "all of it after ten days",
            warm.memory_kb,
            "kB",
            goal=f"< {GROWTH_GOAL_KB:g} kB",
            met=slope_kb < GROWTH_GOAL_KB,
        ),
        row(
            "descriptors in a simulated month, the most",
            most,
            "in its first ten days",
            most_before,
            "",
            goal="no more",
            met=most <= most_before,
        ),
    ]


def growth_kb_a_day(looks: list[Look]) -> float:
    """The slope of the straight line through them (least squares)."""
    days = [look.at_s / DAY_S for look in looks]
    mean_day, mean_kb = sum(days) / len(days), sum(look.memory_kb for look in looks) / len(looks)
    spread = sum((day - mean_day) ** 2 for day in days)
    return sum((day - mean_day) * (look.memory_kb - mean_kb) for day, look in zip(days, looks, strict=True)) / spread


def lived(
    simulated_s: float, every_s: float = EVERY_S, tell: Callable[[str], None] = lambda line: None
) -> Iterator[Look]:
    """A demo that lives so long, and is looked at now and then, each time after it was asked all kinds of things."""
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NGAIR_")}
        command = [sys.executable, "-m", "ngair", "demo", "--past", "0", "--speed", str(SPEED_MAX), "--cars", "2"]
        command += ["--http", "127.0.0.1:0", "--log-level", "warning"]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"TMPDIR": folder},
        )
        try:
            yield from _looks(Program(process, _address(process)), simulated_s, every_s, tell)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            assert process.stdout is not None
            process.stdout.close()


def _address(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    """Where it serves, as it says before it answers."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(rb"http://127\.0\.0\.1:([0-9]+)/", line):
            return "127.0.0.1", int(found[1])
    raise AssertionError("the program ended before it served")


def _looks(program: Program, simulated_s: float, every_s: float, tell: Callable[[str], None]) -> Iterator[Look]:
    began_s = _house_s(program.address)
    due_s = 0.0
    moved_at, moved_s = time.monotonic(), 0.0
    while due_s <= simulated_s:
        at_s = _house_s(program.address) - began_s
        if at_s > moved_s:
            moved_at, moved_s = time.monotonic(), at_s
        assert time.monotonic() - moved_at < HOUSE_STANDS_S, "the simulated house stands still"
        assert program.process.poll() is None, "the program ended"
        if at_s < due_s:
            time.sleep(min(1.0, max(0.05, (due_s - at_s) / SPEED_MAX)))
            continue
        _ask(program.address)
        time.sleep(0.5)
        look = _look_while_asking(program, at_s)
        tell(f"{at_s / DAY_S:7.3f} d {look.memory_kb:9.0f} kB {look.descriptors} descriptors {look.threads} threads")
        yield look
        due_s += every_s


def _look_while_asking(program: Program, at_s: float) -> Look:
    """Whoever answers has noticed connections that were closed before; this one is always counted."""
    with contextlib.closing(http.client.HTTPConnection(*program.address, timeout=60)) as connection:
        connection.request("GET", "/meter/")
        connection.getresponse().read()
        return _look(program.process.pid, at_s)


def _look(pid: int, at_s: float) -> Look:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Look(at_s, float(values["VmRSS"].split()[0]), descriptors, int(values["Threads"]))


def _house_s(address: tuple[str, int]) -> float:
    """The program's clock, which is the house's."""
    site = msgspec.json.decode(_get(address, "/api/v1/site")[1])
    return datetime.fromisoformat(site["time"]).timestamp()


def _ask(address: tuple[str, int]) -> None:
    """What pages and integrations ask; one that reads the live stream for a moment and goes; one that is refused."""
    for path in PATHS:
        _get(address, path)
    watching = http.client.HTTPConnection(*address, timeout=60)
    watching.request("GET", STREAM, headers={"Accept": "text/event-stream"})
    watching.getresponse().read(64)
    watching.close()
    changing = http.client.HTTPConnection(*address, timeout=60)
    changing.request("POST", "/api/v1/no-such", body=b"{}", headers={"Content-Type": "application/json"})
    changing.getresponse().read()
    changing.close()


def _get(address: tuple[str, int], path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


if __name__ == "__main__":
    for _ in lived(float(sys.argv[1]) * DAY_S, tell=lambda line: print(line, flush=True)):
        pass
