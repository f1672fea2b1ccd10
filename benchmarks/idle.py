"""Memory and processor of a box that nobody asks anything, with a telegram each second."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from benchmarks.programs import Program, bare, ours
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, row

SETTLE_S = 5
MEASURE_S = 30
MEMORY_GOAL_MB = 55
CPU_GOAL = 1.0


def measure() -> list[Row]:
    """Ours on a TCP meter that sends one telegram a second, the bare server beside it, over the same seconds."""
    with meter_each_second() as url, ours(url) as (program, _), bare(b"{}") as (floor, _):
        return _rows(program, floor)


@contextlib.contextmanager
def meter_each_second() -> Iterator[str]:
    """The URL of a TCP meter that sends one telegram a second to whoever connects first."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        meter = threading.Thread(target=_send, args=(listener, stop))
        meter.start()
        try:
            yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            meter.join()


def _rows(program: Program, floor: Program) -> list[Row]:
    time.sleep(SETTLE_S)
    mine_s, its_s = program.cpu_of_all_threads_s(), floor.cpu_of_all_threads_s()
    time.sleep(MEASURE_S)
    mine = 100 * (program.cpu_of_all_threads_s() - mine_s) / MEASURE_S
    its = 100 * (floor.cpu_of_all_threads_s() - its_s) / MEASURE_S
    memory_mb = program.memory_mb()
    return [
        row(
            "idle memory, a telegram each second",
            memory_mb,
            "bare server",
            floor.memory_mb(),
            "MB",
            goal=f"< {MEMORY_GOAL_MB} MB",
            met=memory_mb < MEMORY_GOAL_MB,
        ),
        row(
            "idle processor, a telegram each second",
            mine,
            "bare server",
            its,
            "% of a core",
            goal="< 1 %",
            met=mine < 1,
        ),
    ]


def _send(listener: socket.socket, stop: threading.Event) -> None:
    listener.settimeout(20)
    connection, _ = listener.accept()
    with connection:
        second = 0
        while not stop.wait(1):
            connection.sendall(dsmr5_telegram(second % 60))
            second += 1
