"""Two hundred open pages on the live stream of a box with a charger, whose meter sends each second."""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from collections.abc import Callable

import msgspec

from benchmarks.clients import free_port
from benchmarks.idle import meter_each_second
from benchmarks.programs import Program, ours, started
from benchmarks.row import Row, row

PAGES = 200
PAGES_PER_ADDRESS = 50
SETTLE_S = 3
MEASURE_S = 20


class Load(msgspec.Struct):
    """What a program did while pages were open."""

    cpu_percent: float
    alone_cpu_percent: float
    """Before the first page."""
    page_kb: float
    """Memory a page."""
    frame: bytes
    """A usual frame, without its chunk's size."""
    frames_per_s: float
    bytes_per_s: float


def measure() -> list[Row]:
    """Ours first, to know what it sends; then the bare server library with the same bytes as often."""
    with meter_each_second() as url, ours(url, "--charger", "sim:", "--main-fuse", "25") as (program, _):
        mine = _load(program)
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_stream", str(port), mine.frame.hex(), str(1 / mine.frames_per_s)]
    with started(command, port) as (floor, _):
        its = _load(floor)
    peer = f"bare server, {mine.frames_per_s:.1f} x {len(mine.frame)} B a second"
    return [
        row("no page open: processor", mine.alone_cpu_percent, "bare server", its.alone_cpu_percent, "% of a core"),
        row(f"{PAGES} open pages: processor", mine.cpu_percent, peer, its.cpu_percent, "% of a core"),
        row(f"{PAGES} open pages: memory", mine.page_kb, peer, its.page_kb, "kB a page"),
        row("sent to a page", mine.bytes_per_s / 1000, peer, its.bytes_per_s / 1000, "kB/s"),
    ]


class Pages:
    """Many readers on sockets, in one thread: they read all that comes and keep none of it but the first one's."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.received = 0
        self.first = b""
        self._selector = selectors.DefaultSelector()
        self._sockets = [_open(address, number) for number in range(PAGES)]
        for number, page in enumerate(self._sockets):
            self._selector.register(page, selectors.EVENT_READ, number)

    def read(self, seconds: float) -> None:
        """Read for so long."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            for key, _ in self._selector.select(left_s):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]  # only sockets are registered
                if not data:
                    raise ConnectionError("the server closed a page's stream")
                self.received += len(data)
                if key.data == 0:
                    self.first += data

    def close(self) -> None:
        """Close them all."""
        for page in self._sockets:
            page.close()
        self._selector.close()


def _load(program: Program) -> Load:
    time.sleep(SETTLE_S)
    alone = _cpu_percent(program, time.sleep)
    before_mb = program.memory_mb()
    pages = Pages(program.address)
    try:
        pages.read(SETTLE_S)
        pages.received, pages.first = 0, b""
        busy = _cpu_percent(program, pages.read)
        memory_mb = program.memory_mb() - before_mb
        frames = _chunks(pages.first)
        return Load(
            cpu_percent=busy,
            alone_cpu_percent=alone,
            page_kb=1000 * memory_mb / PAGES,
            frame=max(frames, key=len),
            frames_per_s=len(frames) / MEASURE_S,
            bytes_per_s=pages.received / MEASURE_S / PAGES,
        )
    finally:
        pages.close()


def _cpu_percent(program: Program, during: Callable[[float], None]) -> float:
    began_s = program.cpu_of_all_threads_s()
    during(MEASURE_S)
    return 100 * (program.cpu_of_all_threads_s() - began_s) / MEASURE_S


def _chunks(received: bytes) -> list[bytes]:
    """The whole chunks of what a page received; it may begin in the middle of one."""
    chunks: list[bytes] = []
    match = _CHUNK.search(received)
    while match is not None:
        start, size = match.end(), int(match[1], 16)
        if start + size + 2 > len(received):
            break
        chunks.append(received[start : start + size])
        match = _CHUNK.match(received, start + size)
    return chunks


def _open(address: tuple[str, int], number: int) -> socket.socket:
    source = f"127.0.0.{2 + number // PAGES_PER_ADDRESS}"
    page = socket.create_connection(address, timeout=10, source_address=(source, 0))
    page.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
    return page


_CHUNK = re.compile(rb"\r\n([0-9a-f]+)\r\n")
