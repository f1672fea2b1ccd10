"""From a telegram's last byte on the wire to the new document being served."""

from __future__ import annotations

import socket
import time

from benchmarks.clients import Client
from benchmarks.programs import bare, ours
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, quantile, row

SAMPLES = 500
PEER = "one request to the bare server"


def measure() -> list[Row]:
    """A meter on TCP sends its last byte; `/meter/` is asked until it shows the new value."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        with ours(f"tcp://127.0.0.1:{listener.getsockname()[1]}") as (program, _):
            meter, _ = listener.accept()
            meter.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(program.address)
            with meter, bare(client.get()) as (floor, _):
                floor_client = Client(floor.address)
                ours_us, floor_us = [], []
                for number in range(SAMPLES):
                    ours_us.append(_sample_us(meter, client, dsmr5_telegram(number % 60)))
                    began_s = time.perf_counter()
                    floor_client.get()
                    floor_us.append((time.perf_counter() - began_s) * 1e6)
                floor_client.close()
            client.close()
    return [
        row("last byte of a telegram to the new /meter/, p50", _p(ours_us, 0.5), PEER, _p(floor_us, 0.5), "us"),
        row("  p99", _p(ours_us, 0.99), PEER, _p(floor_us, 0.99), "us"),
    ]


def _sample_us(meter: socket.socket, client: Client, telegram: bytes) -> float:
    """All but the last byte, a pause in which the box takes it in, then the last byte."""
    before = client.get()
    meter.sendall(telegram[:-1])
    time.sleep(0.003)
    began_s = time.perf_counter()
    meter.sendall(telegram[-1:])
    while client.get() == before:
        pass
    return (time.perf_counter() - began_s) * 1e6


_p = quantile
