"""Ctrl-C and SIGTERM stop the program cleanly, whoever is connected and whatever they leave undone."""

from __future__ import annotations

import signal

import pytest

from ngair.model.limits import STOP_TIMEOUT_S
from tests.adapters.http.wire import Wire, request
from tests.contracts.wires import free_port
from tests.program import Box, running

SIGNALS = [signal.SIGINT, signal.SIGTERM]
CLIENTS: dict[str, bytes] = {
    "idle": b"",
    "kept alive": request(),
    "half a head": b"GET /meter/ HTTP/1.1\r\nHo",
    "half a body": request("/meter/", "GET", b"Content-Length: 100") + b"abc",
    "half a body to refuse": request("/upload/x", "POST", b"Content-Length: 100") + b"abc",
    "no HTTP": b"\x16\x03\x01",
    "many requests, no reading": request("/") * 2000,
}


def test_the_program_allows_itself_less_than_two_seconds() -> None:
    """What follows waits with a generous deadline, for it runs on busy machines; this is the program's own bound."""
    assert STOP_TIMEOUT_S < 2


@pytest.mark.parametrize("number", SIGNALS)
def test_nobody_connected(number: signal.Signals) -> None:
    with running("demo") as box:
        assert box.get("/meter/").status == 200
        stops_cleanly(box, number)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("client", CLIENTS)
def test_one_client(client: str, number: signal.Signals) -> None:
    with running("demo") as box, Wire(box.address, receive_bytes=4096) as wire:
        wire.send(CLIENTS[client])
        assert box.get("/meter/").status == 200
        stops_cleanly(box, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_all_of_them_many_times(number: signal.Signals) -> None:
    with running("demo") as box:
        wires = [Wire(box.address, receive_bytes=4096) for _ in range(5) for _ in CLIENTS]
        try:
            for wire, data in zip(wires, [*CLIENTS.values()] * 5, strict=True):
                wire.send(data)
            assert box.get("/meter/").status == 200
            stops_cleanly(box, number)
        finally:
            for wire in wires:
                wire.close()


def test_an_impatient_owner_changes_nothing() -> None:
    with running("demo") as box, Wire(box.address, receive_bytes=4096) as wire:
        wire.send(request("/") * 2000)
        assert box.get("/meter/").status == 200
        for _ in range(3):
            box.process.send_signal(signal.SIGINT)
        stops_cleanly(box, signal.SIGTERM)


def test_the_port_is_free_again() -> None:
    address = f"127.0.0.1:{free_port()}"
    with running("demo", "--http", address) as box, Wire(box.address) as wire:
        assert wire.ask().status == 200
        stops_cleanly(box, signal.SIGTERM)
        with running("demo", "--http", address) as again:
            assert again.get("/meter/").status == 200


def stops_cleanly(box: Box, number: signal.Signals) -> None:
    """Exit code 0, and nothing said that an owner would have to worry about."""
    code = box.stop(number)
    told = "".join(box.errors)
    assert code == 0, told
    assert "Traceback" not in told
    assert "ERROR" not in told
    assert "stopped" in told
