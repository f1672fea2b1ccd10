"""The framing of a line is found by itself, also when it changes; what nobody can read is told once, with a reason."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.framings.detect import Detector
from ngair.meter.framings.frame import Frame
from ngair.model.limits import DETECTOR_HELD_MAX_BYTES, FEED_SLICE_BYTES, READ_CHUNK_BYTES, TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection
from tests.meter.framings.frames import LLC, ciphered, covered, cut, frames, hdlc, mbus, payloads, reasons
from tests.meter.framings.kinds import BODIES, KINDS, Kind, each_kind
from tests.meter.telegrams import DSMR5, DSMR22, byte_by_byte, seven_even, telegram

BODY = bytes(range(0x41, 0x41 + 60))
NEW = telegram(r"NGA5\2MX500T-1012", DSMR5)
OLD = telegram(r"NGA5\2MX100-0022", DSMR22, check=False)
WIRES = {name: kind.wire(BODY) for name, kind in KINDS.items()} | {"P1 without check": OLD, "7E1": seven_even(OLD)}


@each_kind
@given(body=BODIES, garbage=st.binary(max_size=40))
def test_each_framing_is_found(kind: Kind, body: bytes, garbage: bytes) -> None:
    detector = Detector()
    found = detector.feed(garbage + kind.wire(body)) + detector.quiet()
    assert detector.framing == kind.framing
    assert payloads(found) == [kind.payload(body)]
    assert payloads(detector.feed(kind.wire(body)) + detector.quiet()) == [kind.payload(body)]


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(WIRES, 2)))
def test_the_framing_changes(before: str, after: str) -> None:
    if (before, after) == ("DB", "M-Bus longer than told"):
        pytest.skip("ciphered messages stand in both: no line changes from being bare to M-Bus")
    first, second = WIRES[before], WIRES[after]
    expected = payloads(cut(Detector(), first)) * 3 + payloads(cut(Detector(), second)) * 3
    detector = Detector()
    found: list[Frame | Rejection] = []
    for wire in (first, first, first, second, second, second):
        found += detector.feed(wire) + detector.quiet()
    assert payloads(found) == expected
    assert reasons(found) == []


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(KINDS, 2)))
def test_a_recording_holds_two_meters(before: str, after: str) -> None:
    other = BODY[::-1]
    sent = WIRES[before] * 3 + KINDS[after].wire(other) * 2 + WIRES[before]
    for portions in ([sent], list(byte_by_byte(sent))):
        out = payloads(cut(Detector(), *portions))
        if KINDS[before].checked:
            assert out.count(KINDS[before].payload(BODY)) == 4
        if KINDS[after].checked and KINDS[before].checked:
            assert out.count(KINDS[after].payload(other)) == 2


def test_telegrams_without_check_come_out_when_the_next_one_begins() -> None:
    detector = Detector()
    assert detector.feed(OLD) == []
    assert len(frames(detector.feed(OLD))) == 1
    assert detector.framing == "P1"
    assert len(frames(detector.quiet())) == 1


@pytest.mark.parametrize("carrier", [lambda data: hdlc(LLC + data), mbus], ids=["HDLC", "M-Bus"])
def test_a_ciphered_message_inside_a_frame_is_that_frame(carrier: Callable[[bytes], bytes]) -> None:
    wire = carrier(ciphered(b"secret" * 20))
    detector = Detector()
    found = detector.feed(wire[:-2]) + detector.quiet() + detector.feed(wire[-2:]) + detector.quiet()
    assert [frame.framing for frame in frames(found)] == [detector.framing]
    assert detector.framing in ("HDLC", "M-Bus")
    assert frames(found)[0].checked


def test_a_ciphered_message_on_a_bare_line_waits_for_a_pause_once() -> None:
    detector = Detector()
    wire = ciphered(b"secret" * 20)
    assert detector.feed(wire) == []
    assert payloads(detector.quiet()) == [wire]
    assert payloads(detector.feed(wire)) == [wire]


def test_what_nobody_reads_is_told_by_whoever_got_furthest() -> None:
    broken = bytearray(WIRES["HDLC"])
    broken[30] ^= 1
    detector = Detector()
    (rejection,) = detector.feed(bytes(broken)) + detector.quiet()
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, detector.framing) == (Reason.CHECK, None)
    assert covered(detector.finish()) <= 1, "but for the flag, which might have begun the next"


def test_noise_is_told_when_the_line_is_quiet() -> None:
    detector = Detector()
    (rejection,) = detector.feed(b"\x11\x12\x13\x14") + detector.quiet()
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.size) == (Reason.NOISE, 4)


def test_rejections_wait_for_the_next_frame() -> None:
    detector = Detector()
    detector.feed(NEW)
    broken = NEW.replace(b"00.378", b"00.379")
    assert detector.feed(broken) == []
    out = detector.feed(NEW)
    assert reasons(out) == [Reason.CHECK]
    assert len(frames(out)) == 1


@pytest.mark.parametrize("only", ["P1", "HDLC"])
def test_the_user_fixed_the_framing(only: str) -> None:
    detector = Detector(only)
    found = cut(detector, NEW, WIRES["HDLC"], NEW)
    assert {frame.framing for frame in frames(found)} == {only}
    assert detector.framing == only


def test_a_file_has_a_message_without_frame() -> None:
    message = LLC + b"\x0f\x00\x00\x00\x01\x00\x02\x00"
    assert payloads(cut(Detector(bare=True), message)) == [message]
    assert payloads(cut(Detector(), message)) == []
    assert payloads(cut(Detector(bare=True), WIRES["HDLC"])) == [LLC + BODY]


def noise_with_frames() -> bytes:
    """Long noise with frames of every kind in it, so that every bound is passed."""
    chance = random.Random(7)
    parts = []
    for name in [*WIRES, *WIRES]:
        parts += [WIRES[name] * chance.randrange(1, 4), chance.randbytes(chance.choice((3, 500, 9000, 40_000)))]
    return b"".join(parts)


def test_long_noise_is_the_same_however_it_is_cut() -> None:
    sent = noise_with_frames()
    detector = Detector()
    out = cut(detector, sent)
    assert {frame.framing for frame in frames(out)} >= {"P1", "HDLC", "M-Bus", "SML"}
    assert 0.85 * len(sent) < covered(out) + sum(len(frame.raw) for frame in frames(out)) <= len(sent)
    for size in (1, 61, FEED_SLICE_BYTES, 5000, READ_CHUNK_BYTES):
        assert cut(Detector(), *(sent[start : start + size] for start in range(0, len(sent), size))) == out


HOSTILE = {
    "HDLC starts": b"\x7e\xa7",
    "HDLC headers": hdlc(LLC + b"x" * 2000)[:10],
    "HDLC frames cut": hdlc(LLC + b"x" * 2000)[:300],
    "HDLC segments": hdlc(LLC + b"x", segmented=True),
    "M-Bus starts": b"\x68\x68\x68\x68\x53",
    "M-Bus headers": b"\x68\xff\xff\x68\x53\xff\x00",
    "M-Bus headers of one": b"\x68\x01\x01\x68\x53\xff\x00",
    "M-Bus segments": mbus(ciphered(b"x" * 90), last=False),
    "DB starts": b"\xdb\x08NGA",
    "DB headers": b"\xdb\x08NGA12345\x82\x3f\x00\x30",
    "DB messages": ciphered(b"x"),
    "SML starts": b"\x1b" * 4 + b"\x01" * 4,
    "SML escapes": b"\x1b",
    "SML doubled": b"\x1b" * 4 + b"\x01" * 4 + b"\x1b" * 8000,
    "all in turn": b"".join(WIRES.values()),
    "two in turn": WIRES["HDLC"] + WIRES["SML"],
    "unchecked and checked": OLD + WIRES["HDLC"],
    "noise": random.Random(3).randbytes(READ_CHUNK_BYTES),
}


@pytest.mark.parametrize("found_before", ["", "P1", "HDLC"])
@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=name) for name, pattern in HOSTILE.items()])
def test_memory_and_work_are_bounded(pattern: bytes, found_before: str) -> None:
    portions = [(pattern * (16 * 1024 // len(pattern) + 1))[: 16 * 1024]] * 8
    calls = []
    for count in (2, 8):
        detector = Detector()
        if found_before:
            detector.feed(WIRES[found_before])
        with Calls() as counted:
            for portion in portions[:count]:
                detector.feed(portion)
                assert detector.held_bytes <= DETECTOR_HELD_MAX_BYTES
                detector.quiet()
        calls.append(counted.count)
        assert payloads(detector.feed(NEW) + detector.quiet() + detector.feed(NEW) + detector.finish()).count(NEW[:-6])
        assert detector.held_bytes <= TELEGRAM_MAX_BYTES
    assert calls[1] <= 4.5 * calls[0] + 2000
    assert calls[1] <= 60 * 8 * 16 * 1024, "calls for each byte"


class Calls:
    """Counts calls of functions, and returns, while it is entered."""

    def __enter__(self) -> Calls:
        self.count = 0
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _count(self, frame: FrameType, event: str, arg: object) -> None:
        self.count += 1


FOUND = {
    "hdlc": {"HDLC"},
    "mbus": {"M-Bus"},
    "gcm": {"HDLC", "DB"},
    "capture": {"P1"},
    "apdu": {"bare"},
    "llc": {"bare"},
}


def test_the_frames_of_real_meters_are_found(telegram_folder: Path | None) -> None:
    if telegram_folder is None:
        pytest.skip("no telegrams of real meters here")
    for kind, framings in FOUND.items():
        for path in sorted((telegram_folder / kind).iterdir()):
            data = path.read_bytes()[:40_000]
            out = cut(Detector(bare=True), data)
            assert out == cut(Detector(bare=True), *byte_by_byte(data)), path
            found = {frame.framing for frame in frames(out)}
            assert found <= framings, path
            assert found or reasons(out) == [Reason.CHECK], path
            assert covered(out) + sum(len(frame.raw) for frame in frames(out)) <= len(data), path
