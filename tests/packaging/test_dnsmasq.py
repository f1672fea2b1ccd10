"""The names of setup mode's network, asked of a real dnsmasq: all of them lead to the box, and nothing leaves it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import DEADLINE_S, wait_for

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "dnsmasq-shared.d"
A, TXT, AAAA, HTTPS = 1, 16, 28, 65
PORT = 5399
"""None of those that the system gives to any connection. The address is that of this process alone."""

pytestmark = pytest.mark.skipif(
    shutil.which("dnsmasq") is None, reason="left out, for dnsmasq is not here (package dnsmasq-base)"
)


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """With our file as NetworkManager gives it, on a machine that has a name server: one that never answers."""
    resolv = tmp_path_factory.mktemp("etc") / "resolv.conf"
    resolv.write_text("nameserver 192.0.2.1\n")
    address = str(ipaddress.IPv4Address("127.64.0.0") + os.getpid())
    process = subprocess.Popen(
        [
            *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--conf-dir={FOLDER}", "--no-hosts"),
            *("--strict-order", f"--resolv-file={resolv}", "--pid-file="),
            *("--bind-interfaces", f"--listen-address={address}", f"--port={PORT}"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: process.poll() is not None or _answers((address, PORT)))
        assert process.poll() is None, "dnsmasq does not take the file"
        yield address, PORT
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["captive.apple.com", "connectivitycheck.gstatic.com", "ctek-ng-air.local", "x"])
def test_every_name_leads_to_the_box_and_is_forgotten_at_once(server: tuple[str, int], name: str) -> None:
    answer = ask(server, name, A)
    assert answer[3] & 0xF == 0
    assert struct.unpack_from(">H", answer, 6) == (1,)
    assert answer.endswith(struct.pack(">IH", 0, 4) + socket.inet_aton("192.168.4.1"))


@pytest.mark.parametrize("kind", [AAAA, HTTPS, TXT])
def test_there_is_nothing_else_by_any_name(server: tuple[str, int], kind: int) -> None:
    answer = ask(server, "www.example.org", kind)
    assert answer[3] & 0xF == 0, "no such name: phones would not ask for its IPv4 address"
    assert struct.unpack_from(">H", answer, 6) == (0,)


def ask(server: tuple[str, int], name: str, kind: int) -> bytes:
    """The answer to a question (RFC 1035, 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(DEADLINE_S)
        wire.connect(server)
        wire.send(struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1))
        return wire.recv(512)


def _answers(server: tuple[str, int]) -> bool:
    with contextlib.suppress(OSError):
        return bool(ask(server, "x", A))
    return False
