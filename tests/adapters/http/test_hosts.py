"""Under which Host the box answers: a foreign page whose name leads to it must learn and change nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.http.hosts import host_is_ours

NAMES = frozenset(("box.example",))


@pytest.mark.parametrize(
    "host",
    [
        "192.168.1.7",
        "192.168.1.7:8080",
        "127.0.0.1",
        "[::1]",
        "[::1]:80",
        "[fe80::1%eth0]:80",
        "localhost",
        "LOCALHOST:1",
        "ctek-ng-air.local",
        "Ctek-NG-Air.LOCAL:80",
        "ctek-ng-air.local.",
        "box.example",
        "BOX.example:8080",
        "box.example.",
        "192.168.1.7:",
        "nanogrid",
        "NANOGRID:8080",
        "box_1",
        "nanogrid.lan",
        "nanogrid.home",
        "nanogrid.internal",
        "nanogrid.localdomain",
        "nanogrid.home.arpa",
        "garage.nanogrid.local",
        "a.localhost",
    ],
)
def test_ours(host: str) -> None:
    assert host_is_ours(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.notlocal",
        "evil.local.example",
        "home.arpa.example",
        "evil.arpa",
        "evil.fritz.box",
        "evil.corp",
        "127",
        "0x7f000001",
        ".local",
        ".lan",
        "evil..local",
        "e vil.local",
        "evil;.local",
        "\u00e9vil.local",
        "box.example.evil.example",
        "xbox.example",
        "0x7f.1",
        "2130706433",
        "127.1",
        "evil.example:127.0.0.1",
        "127.0.0.1:80:90",
        "127.0.0.1:x",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "evil.example/127.0.0.1",
        "[::1]evil.example",
        "[::1",
        "[localhost]",
        "[]",
        "[127.0.0.1]:80@evil.example",
        "::1",
        "127.0.0.1 ",
        "http://127.0.0.1",
        "127.0.0.1, evil.example",
        "١٢٧.٠.٠.١",
        "127.0.0.1\x00",
        "127.0.0.1\n",
    ],
)
def test_foreign(host: str) -> None:
    assert not host_is_ours(host, NAMES)


@given(st.ip_addresses(), st.none() | st.integers(0, 65535))
def test_every_address_is_ours(address: object, port: int | None) -> None:
    host = f"[{address}]" if ":" in str(address) else str(address)
    assert host_is_ours(host if port is None else f"{host}:{port}", frozenset())


@given(st.text(max_size=30))
def test_whatever_comes_is_judged(host: str) -> None:
    assert host_is_ours(host, frozenset()) in (True, False)
