"""M-Bus: long frames, numbered segments, lengths modulo 256; all that is checked beside the weak sum."""

from __future__ import annotations

import pytest

from ngair.meter.framings.mbus import MbusFraming
from ngair.model.telegram import Reason
from tests.meter.framings.frames import ciphered, cut, frames, mbus, mbus_segments, payloads, reasons

MESSAGE = ciphered(bytes(range(256)) * 2)


@pytest.mark.parametrize("size", [100, 245, 250, 252, 300, 511, 530, 1000])
def test_a_ciphered_message_is_joined_whatever_the_size_of_its_segments(size: int) -> None:
    wire = mbus_segments(MESSAGE, size)
    (frame,) = frames(cut(MbusFraming(), wire))
    assert (frame.payload, frame.raw, frame.stop) == (MESSAGE, wire, len(wire))


def test_a_frame_of_257_bytes_tells_a_length_of_1() -> None:
    wire = mbus_segments(MESSAGE, 252)
    assert wire.startswith(b"\x68\x01\x01\x68")
    assert payloads(cut(MbusFraming(), wire + wire)) == [MESSAGE] * 2


def test_a_damaged_frame_does_not_keep_the_next_ones_waiting() -> None:
    framing = MbusFraming()
    wire = mbus(ciphered(bytes(180)))
    broken = wire.replace(b"\0\0\0\0\0", b"\0\0\1\0\0", 1)
    assert broken != wire
    assert reasons(framing.feed(broken)) == [Reason.CHECK]
    assert len(frames(framing.feed(wire))) == 1


@pytest.mark.parametrize(
    "order",
    [(0, 2), (0, 0, 1, 2), (0, 1, 1, 2), (0, 2, 1), (1, 2), (2,), (2, 1, 0)],
    ids=lambda order: "-".join(map(str, order)),
)
def test_a_segment_is_missing_or_comes_twice(order: tuple[int, ...]) -> None:
    parts = [
        mbus(MESSAGE[:200], last=False),
        mbus(MESSAGE[200:400], number=1, last=False),
        mbus(MESSAGE[400:], number=2),
    ]
    found = cut(MbusFraming(), b"".join(parts[number] for number in order))
    assert payloads(found) == ([MESSAGE] if order == (0, 0, 1, 2) else [])
    assert set(reasons(found)) == {Reason.TRUNCATED}


def test_the_segments_are_not_as_long_as_the_message_tells() -> None:
    wire = mbus(MESSAGE[:200], last=False) + mbus(MESSAGE[200:300], number=1)
    assert reasons(cut(MbusFraming(), wire)) == [Reason.CHECK]


@pytest.mark.parametrize(
    "wire",
    [
        mbus(b"data" * 9, control=0x08),
        mbus(b"data" * 9).replace(b"\x68\x29\x29", b"\x68\x29\x28"),
        mbus(b"data" * 9, number=0x20),
        mbus(b"data" * 9)[:-1] + b"\x17",
        mbus(b"data" * 9, told=40),
        mbus(b"data" * 9, told=42),
    ],
)
def test_a_frame_is_looked_at_closely(wire: bytes) -> None:
    good = mbus(b"data" * 9)
    assert payloads(cut(MbusFraming(), good + wire + good)) == [b"data" * 9] * 2
