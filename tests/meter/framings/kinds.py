"""Every kind of frame there is, made from a body: what the tests of all framings have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from tests.meter.framings.frames import LLC, ciphered, hdlc, hdlc_segments, mbus, mbus_segments, sml
from tests.meter.telegrams import seven_even, with_check


class Kind(NamedTuple):
    """How a body is sent."""

    framing: str
    wire: Callable[[bytes], bytes]
    payload: Callable[[bytes], bytes]
    checked: bool = True
    tail: int = 0
    """When no more bytes than this are cut off its end, nothing shows it before it is opened."""


def same(body: bytes) -> bytes:
    return body


def with_llc(body: bytes) -> bytes:
    return LLC + body


def text(body: bytes) -> bytes:
    return b"/NGA5\r\n\r\n0-0:96.13.0(%b)\r\n!" % body.hex().encode()


SAGEMCOM = b"\xdb\x08NGA\x00\x00\x00\x00\x01\x81\xf8\x20\x00\x00\x00\x07"
"""The beginning of a message of 260 bytes, whose first segment has 257 where its length says 1."""

KINDS = {
    "HDLC": Kind("HDLC", lambda body: hdlc(LLC + body), with_llc),
    "HDLC with long addresses": Kind(
        "HDLC", lambda body: hdlc(LLC + body, destination=b"\x02\x23", source=b"\x02\x04\x06\x09"), with_llc
    ),
    "HDLC in segments": Kind("HDLC", lambda body: hdlc_segments(LLC + body, 50), with_llc),
    "HDLC with shared flags": Kind("HDLC", lambda body: hdlc_segments(LLC + body, 50, shared=True), with_llc),
    "M-Bus": Kind("M-Bus", mbus, same),
    "M-Bus in segments": Kind("M-Bus", lambda body: mbus_segments(body, 50), same),
    "M-Bus longer than told": Kind(
        "M-Bus",
        lambda body: mbus_segments(SAGEMCOM + body.ljust(243, b".")[:243], 252),
        lambda body: SAGEMCOM + body.ljust(243, b".")[:243],
    ),
    "DB": Kind("DB", ciphered, ciphered, checked=False, tail=9),
    "SML": Kind("SML", sml, same),
    "SML of Holley": Kind("SML", lambda body: sml(body, holley=True), same),
    "P1": Kind("P1", lambda body: with_check(text(body)), text),
    "P1 at 7E1": Kind("P1", lambda body: seven_even(with_check(text(body))), text),
}

BODIES = st.binary(min_size=6, max_size=240)
DISTINCT = st.lists(BODIES, min_size=2, max_size=2, unique_by=lambda body: body.ljust(243, b".")[:243])

each_kind = pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in KINDS.items()])
each_checked_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=name) for name, kind in KINDS.items() if kind.checked]
)
