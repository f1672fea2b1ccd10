"""Ciphered messages on a bare line, SML files, and messages in files without a frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.framings.bare import BareFraming
from ngair.meter.framings.ciphered import CipheredFraming
from ngair.meter.framings.sml import SmlFraming
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason
from tests.meter.framings.frames import LLC, ciphered, crc16_kermit, cut, frames, payloads, reasons, sml


@pytest.mark.parametrize("size", [1, 100, 130, 300, 5000])
@pytest.mark.parametrize("security", [0x00, 0x10, 0x20, 0x21, 0x30, 0x31])
def test_a_ciphered_message_has_any_length(size: int, security: int) -> None:
    wire = ciphered(b"c" * size, security=security)
    (frame,) = frames(cut(CipheredFraming(), wire))
    assert (frame.payload, frame.raw, frame.checked) == (wire, wire, False)


@pytest.mark.parametrize("length", [b"\x83\x00\x00\x20", b"\x84\x00\x00\x00\x20", b"\x82\x00\x20", b"\x81\x20"])
def test_the_length_is_told_with_more_bytes_than_it_needs(length: bytes) -> None:
    wire = b"\xdb\x08NGA12345" + length + b"\x30" + b"0" * 31
    assert payloads(cut(CipheredFraming(), wire)) == [wire]


@pytest.mark.parametrize(
    "wire",
    [
        ciphered(b"c" * 50, title=b"N\x001\x01\x02\x03\x04\x05"),
        ciphered(b"c" * 50, security=0x33),
        ciphered(b"c" * 50, security=0xB0),
        b"\xdb\x08NGA12345\x10\x30" + b"c" * 40,
        b"\xdb\x08NGA12345\x84\x7f\xff\xff\xff\x30" + b"c" * 40,
        b"\xdb\x08NGA12345\x82\x40\x00\x30" + b"c" * 40,
    ],
)
def test_what_begins_like_a_ciphered_message_is_none(wire: bytes) -> None:
    good = ciphered(b"good")
    found = cut(CipheredFraming(), wire + good)
    assert payloads(found) == [good]
    assert reasons(found) == [Reason.NOISE]


@given(
    file=st.lists(st.sampled_from([b"\x1b", b"\x1b" * 4, b"\x1a\x00", b"\x01", b"v", b"\0"]), max_size=40).map(b"".join)
)
def test_an_sml_file_has_escapes_inside(file: bytes) -> None:
    expected = file
    if len(file) % 4 == 0 or not file.endswith(b"\x1b"):
        assert payloads(cut(SmlFraming(), sml(file))) in ([expected], [])
    assert all(payload == expected for payload in payloads(cut(SmlFraming(), sml(file))))


def test_four_escapes_inside_an_sml_file_are_doubled() -> None:
    for file in (b"v\x1b\x1b\x1b\x1bv", b"\x1b" * 8, b"abc" + b"\x1b" * 4, b"\x1b" * 4 + b"\x1a\x00\x01\x02"):
        assert payloads(cut(SmlFraming(), sml(file))) == [file]


def test_an_sml_file_is_padded_with_something() -> None:
    wire = sml(b"filed")
    at = wire.index(b"\0\0\0")
    changed = wire[:at] + b"\1" + wire[at + 1 : -2]
    changed += crc16_kermit(changed).to_bytes(2, "big")
    assert reasons(cut(SmlFraming(), changed)) == [Reason.CHECK]


def test_an_sml_file_never_ends() -> None:
    found = cut(SmlFraming(), sml(b"first") + sml(b"second")[:12] + b"x" * TELEGRAM_MAX_BYTES + sml(b"third"))
    assert payloads(found) == [b"first", b"third"]
    assert reasons(found) == [Reason.TOO_LONG, Reason.NOISE]


@pytest.mark.parametrize("message", [LLC + b"\x0f\0\0", b"\xe6\xe6\x00\x0f", b"\x0f\x00", ciphered(b"c")])
def test_a_file_is_one_message(message: bytes) -> None:
    framing = BareFraming()
    assert framing.feed(message[:2]) + framing.feed(message[2:]) == []
    assert payloads(framing.finish()) == [message]
    assert framing.finish() == []


@pytest.mark.parametrize("data", [b"\x7e\xa0", b"text", b"\xe6\xe7", b"\x0f" * (TELEGRAM_MAX_BYTES + 1)])
def test_a_file_is_no_message(data: bytes) -> None:
    framing = BareFraming()
    assert framing.feed(data[:1]) + framing.feed(data[1:]) == []
    assert framing.held_bytes <= TELEGRAM_MAX_BYTES
    (rejection,) = framing.finish()
    assert (reasons([rejection]), len(data)) == ([Reason.NOISE], getattr(rejection, "size", 0))
