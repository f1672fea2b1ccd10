"""What a request for `/meter/` costs, against a bare ASGI callable on the same server answering the same bytes."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.clients import Client
from benchmarks.programs import Program, bare, ours
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, quantile, row

ROUNDS = 40
REQUESTS_A_ROUND = 500
GOAL = 1.1
PEER = "bare ASGI callable on uvicorn/httptools"


def measure() -> list[Row]:
    """Rounds of requests in turn; processor time of each server by the scheduler's own count."""
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        recording = Path(folder) / "one.txt"
        recording.write_bytes(dsmr5_telegram(1))
        with ours(f"file://{recording}") as (program, _):
            time.sleep(1)
            body = _body(program)
            with bare(body) as (floor, _):
                assert _body(floor) == body
                return _rows(program, floor)


def _rows(program: Program, floor: Program) -> list[Row]:
    clients = {program.address: Client(program.address), floor.address: Client(floor.address)}
    for _ in range(4):
        for one in (program, floor):
            _round(one, clients[one.address])
    our_cpu: list[float] = []
    floor_cpu: list[float] = []
    our_waits: list[float] = []
    floor_waits: list[float] = []
    for number in range(ROUNDS):
        pair = (program, floor) if number % 2 else (floor, program)
        for one in pair:
            cpu_us, waits_us = _round(one, clients[one.address])
            (our_cpu if one is program else floor_cpu).append(cpu_us)
            (our_waits if one is program else floor_waits).extend(waits_us)
    for client in clients.values():
        client.close()
    mine_us, its_us = statistics.median(our_cpu), statistics.median(floor_cpu)
    return [
        row(
            "CPU of a request for /meter/",
            mine_us,
            PEER,
            its_us,
            "us",
            goal=f"<= {GOAL}x",
            met=mine_us <= GOAL * its_us,
        ),
        row("requests, one connection", _rate(our_waits), PEER, _rate(floor_waits), "requests/s"),
        row("  p50", quantile(our_waits, 0.5), PEER, quantile(floor_waits, 0.5), "us"),
        row("  p99", quantile(our_waits, 0.99), PEER, quantile(floor_waits, 0.99), "us"),
    ]


def _round(program: Program, client: Client) -> tuple[float, list[float]]:
    """Processor time a request and each request's time, in us."""
    waits_us = []
    cpu_s = program.cpu_s()
    for _ in range(REQUESTS_A_ROUND):
        began_s = time.perf_counter()
        client.get()
        waits_us.append((time.perf_counter() - began_s) * 1e6)
    return (program.cpu_s() - cpu_s) / REQUESTS_A_ROUND * 1e6, waits_us


def _rate(waits_us: list[float]) -> float:
    return 1e6 * len(waits_us) / sum(waits_us)


def _body(program: Program) -> bytes:
    client = Client(program.address)
    try:
        return client.get()
    finally:
        client.close()
