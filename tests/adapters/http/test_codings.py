"""Which clients get a compressed body."""

from __future__ import annotations

import pytest

from ngair.adapters.http.codings import takes_gzip


@pytest.mark.parametrize(
    "value",
    [
        b"gzip",
        b"GZIP",
        b"gzip, deflate, br, zstd",
        b"br;q=1.0, gzip;q=0.8",
        b"identity;q=0.5, gzip;q=0.5",
        b"*",
        b"x-gzip",
        b"gzip ; q=0.001",
        b"*;q=0, gzip",
    ],
)
def test_who_takes_it(value: bytes) -> None:
    assert takes_gzip([(b"host", b"box"), (b"accept-encoding", value)])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"identity",
        b"br",
        b"gzip;q=0",
        b"gzip;q=0.000",
        b"*;q=0",
        b"*, gzip;q=0",
        b"gzip;q=0.4, identity",
        b"gzip;q=much",
        b"gzip;q=2",
        b"gzip;q=nan",
        b";;q=,=",
    ],
)
def test_who_does_not(value: bytes) -> None:
    assert not takes_gzip([(b"accept-encoding", value)])


def test_who_says_nothing_gets_it_as_it_is() -> None:
    assert not takes_gzip([(b"host", b"box")])


def test_what_stands_in_two_headers_counts_together() -> None:
    assert takes_gzip([(b"accept-encoding", b"identity;q=0.1"), (b"accept-encoding", b"gzip;q=0.2")])
