"""The programs that are measured, each as a process of its own: ours, and the bare floor under it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.clients import first_answer_s, free_port

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Program(msgspec.Struct):
    """A running program that serves on an address."""

    process: subprocess.Popen[bytes]
    address: tuple[str, int]

    def cpu_s(self) -> float:
        """Processor time of its main thread, in which its event loop runs; counted in ns by the scheduler."""
        text = Path(f"/proc/{self.process.pid}/schedstat").read_text("ascii")
        return int(text.split()[0]) / 1e9

    def cpu_of_all_threads_s(self) -> float:
        """Processor time of the whole process."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9

    def memory_mb(self) -> float:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/statm").read_text("ascii")
        return int(text.split()[1]) * PAGE_BYTES / 1e6


@contextlib.contextmanager
def started(command: list[str], port: int) -> Iterator[tuple[Program, float]]:
    """A command that serves on a port, and the seconds from spawning it to its first answer."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NGAIR_")}
    began_s = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        program = Program(process, ("127.0.0.1", port))
        yield program, first_answer_s(program.address, began_s)
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def ours(meter: str, *more: str) -> Iterator[tuple[Program, float]]:
    """`ngair run` on a meter."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        command = [str(Path(sys.executable).parent / "ngair"), "run", "--meter", meter]
        command += ["--http", f"127.0.0.1:{port}", "--data", folder, *more]
        with started(command, port) as program:
            yield program


@contextlib.contextmanager
def bare(body: bytes) -> Iterator[tuple[Program, float]]:
    """A bare ASGI callable on the same server library, answering the same bytes to whatever is asked."""
    port = free_port()
    with started([sys.executable, "-m", "benchmarks.bare", str(port), body.hex()], port) as program:
        yield program
