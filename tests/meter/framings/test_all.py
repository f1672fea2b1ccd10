"""What every framing does, on frames of every kind: cut anyhow, after garbage, glued, cut off, damaged."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from ngair.meter.framings import FRAMINGS
from ngair.meter.framings.frame import Frame
from ngair.model.limits import FRAMING_HELD_MAX_BYTES, TELEGRAM_MAX_BYTES
from tests.meter.framings.frames import covered, cut, frames, payloads, sliced
from tests.meter.framings.kinds import BODIES, DISTINCT, Kind, each_checked_kind, each_kind

CUTS = st.lists(st.integers(0, 300), max_size=6)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A copy with one bit flipped, or one byte changed, dropped or doubled."""
    at = chance.randrange(len(data))
    before, byte, behind = data[:at], data[at : at + 1], data[at + 1 :]
    match chance.randrange(4):
        case 0:
            return before + bytes([byte[0] ^ 1 << chance.randrange(8)]) + behind
        case 1:
            return before + bytes([byte[0] + chance.randrange(1, 256) & 0xFF]) + behind
        case 2:
            return before + behind
        case _:
            return before + byte + byte + behind


def completes(second: bytes, first: bytes) -> bool:
    """Whether the next file's first escape byte would stand in for the last byte of the check sum before it."""
    return first.startswith(second[:8]) and first[-1:] == second[:1] == b"\x1b"


@each_kind
@given(body=BODIES, cuts=CUTS)
def test_a_frame_is_read_however_it_is_cut(kind: Kind, body: bytes, cuts: list[int]) -> None:
    wire = kind.wire(body)
    (frame,) = cut(FRAMINGS[kind.framing](0), *sliced(wire, [place for place in cuts if place < len(wire)]))
    assert isinstance(frame, Frame)
    assert (frame.framing, frame.payload, frame.checked) == (kind.framing, kind.payload(body), kind.checked)
    assert frame.stop == len(wire) == len(frame.raw)
    assert cut(FRAMINGS[kind.framing](0), frame.raw) == [frame]


@each_kind
@given(body=BODIES, garbage=st.binary(max_size=60))
def test_a_frame_is_read_after_garbage(kind: Kind, body: bytes, garbage: bytes) -> None:
    found = cut(FRAMINGS[kind.framing](0), garbage + kind.wire(body))
    assert payloads(found) == [kind.payload(body)]
    assert frames(found)[0].stop == len(garbage + kind.wire(body))
    assert covered(found) <= len(garbage)


@each_kind
@given(bodies=DISTINCT, padding=st.sampled_from([b"", b"\0", b"\xff" * 20, b"\r\n"]))
def test_frames_follow_each_other(kind: Kind, bodies: list[bytes], padding: bytes) -> None:
    first, second = map(kind.wire, bodies)
    found = cut(FRAMINGS[kind.framing](100), first + padding + second)
    assert payloads(found) == list(map(kind.payload, bodies))
    assert [frame.stop for frame in frames(found)] == [100 + len(first), 100 + len(first + padding + second)]
    assert covered(found) == 0


@each_kind
@given(bodies=DISTINCT, share=st.floats(0, 1))
def test_a_frame_is_cut_off_by_the_next_one(kind: Kind, bodies: list[bytes], share: float) -> None:
    first, second = map(kind.wire, bodies)
    assume(not completes(second, first))
    kept = first[: int(share * (len(first) - 1 - kind.tail))]
    found = cut(FRAMINGS[kind.framing](0), kept + second)
    assert payloads(found)[-1] == kind.payload(bodies[1])
    assert set(payloads(found)) <= set(map(kind.payload, bodies))
    assert covered(found) <= len(kept)


@each_kind
@given(bodies=DISTINCT, share=st.floats(0, 1))
def test_a_frame_is_cut_off_and_the_line_is_quiet(kind: Kind, bodies: list[bytes], share: float) -> None:
    first, second = map(kind.wire, bodies)
    framing = FRAMINGS[kind.framing](0)
    found = framing.feed(first[: int(share * (len(first) - 1 - kind.tail))]) + framing.quiet()
    found += framing.feed(second) + framing.quiet()
    assert payloads(found)[-1] == kind.payload(bodies[1])
    assert set(payloads(found)) <= set(map(kind.payload, bodies))


@each_checked_kind
@given(bodies=DISTINCT, chance=st.randoms(use_true_random=False))
def test_damage_never_gives_another_payload(kind: Kind, bodies: list[bytes], chance: random.Random) -> None:
    sent = list(map(kind.payload, bodies))
    first, second = map(kind.wire, bodies)
    assume(not completes(second, first))
    found = cut(FRAMINGS[kind.framing](0), damaged(first, chance) + second)
    assert {frame.payload for frame in frames(found) if frame.checked} <= set(sent)
    assert sent[1] in payloads(found)


@each_kind
def test_nothing_grows_on_frames_that_never_end(kind: Kind) -> None:
    framing = FRAMINGS[kind.framing](0)
    half = kind.wire(bytes(range(200)))[:60]
    found, sent = [], 0
    for portion in (half, b"\x41" * TELEGRAM_MAX_BYTES, half * 500, b"\x7e\xa7" * 9000, b"\x68" * 5000):
        found += framing.feed(portion)
        sent += len(portion)
        assert framing.held_bytes <= FRAMING_HELD_MAX_BYTES
    found += framing.finish()
    assert framing.held_bytes == 0
    assert [frame for frame in frames(found) if frame.checked] == []
    assert covered(found) <= sent
