"""HDLC: by length and check sums, never by the flag; segments joined, or refused when one is not there."""

from __future__ import annotations

import pytest

from ngair.meter.framings.hdlc import HdlcFraming
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason
from tests.meter.framings.frames import LLC, crc16_x25, cut, frames, hdlc, hdlc_segments, payloads, reasons

MESSAGE = LLC + bytes.fromhex("0f00000001000202090601000107 00ff0600000172")


def test_the_check_sum_of_the_tests_is_the_published_one() -> None:
    assert crc16_x25(b"123456789") == 0x906E


def test_flags_stand_inside() -> None:
    message = LLC + b"\x0f~~\x7e\xa0\x7e~" * 9
    assert payloads(cut(HdlcFraming(), hdlc(message))) == [message]


def test_one_flag_ends_a_frame_and_begins_the_next() -> None:
    wire = hdlc(MESSAGE)
    found = cut(HdlcFraming(), wire + wire[1:] + wire[1:])
    assert payloads(found) == [MESSAGE] * 3
    assert [frame.raw for frame in frames(found)] == [wire] * 3
    assert [frame.stop for frame in frames(found)] == [len(wire), 2 * len(wire) - 1, 3 * len(wire) - 2]


def test_a_message_is_joined_from_its_segments() -> None:
    wire = hdlc_segments(MESSAGE, 7)
    (frame,) = frames(cut(HdlcFraming(), wire))
    assert (frame.payload, frame.raw, frame.stop) == (MESSAGE, wire, len(wire))


def test_the_last_segment_has_another_poll_bit() -> None:
    wire = hdlc(MESSAGE[:9], segmented=True, control=0x03) + hdlc(MESSAGE[9:], control=0x13)
    assert payloads(cut(HdlcFraming(), wire)) == [MESSAGE]


def test_a_segment_is_damaged() -> None:
    segments = [hdlc(MESSAGE[:7], segmented=True), hdlc(MESSAGE[7:14], segmented=True), hdlc(MESSAGE[14:])]
    for index in range(3):
        broken = bytearray(segments[index])
        broken[-4] ^= 0x01
        wire = b"".join([*segments[:index], bytes(broken), *segments[index + 1 :]])
        found = cut(HdlcFraming(), wire + hdlc(MESSAGE))
        assert payloads(found) == [MESSAGE]
        assert Reason.CHECK in reasons(found)
        assert set(reasons(found)) <= {Reason.CHECK, Reason.TRUNCATED}


@pytest.mark.parametrize("foreign", [b"noise", hdlc(LLC + b"\x0fother", source=b"\x05"), hdlc(MESSAGE)])
def test_something_stands_between_segments(foreign: bytes) -> None:
    wire = hdlc(MESSAGE[:9], segmented=True) + foreign + hdlc(MESSAGE[9:])
    found = cut(HdlcFraming(), wire)
    assert LLC + b"\x0f" not in payloads(found)
    assert reasons(found)[0] == Reason.TRUNCATED or reasons(found)[0] == Reason.NOISE
    assert reasons(found).count(Reason.TRUNCATED) == 2 or payloads(found)
    assert MESSAGE[:9] + MESSAGE[9:] not in payloads(found) or foreign == hdlc(MESSAGE)


def test_the_beginning_of_a_message_was_missed() -> None:
    segments = [hdlc(MESSAGE[:9], segmented=True), hdlc(MESSAGE[9:16], segmented=True), hdlc(MESSAGE[16:])]
    found = cut(HdlcFraming(), b"".join(segments[1:]) + hdlc(MESSAGE))
    assert payloads(found) == [MESSAGE]
    assert reasons(found) == [Reason.TRUNCATED] * 2


def test_blocks_without_llc_header_are_messages() -> None:
    block = b"\xe0\x40\x00\x02\x00\x00\x04\x01\x02\x03\x04"
    assert payloads(cut(HdlcFraming(), hdlc(LLC + block) + hdlc(block))) == [LLC + block, block]


def test_a_frame_has_no_information() -> None:
    found = cut(HdlcFraming(), hdlc(b"") + hdlc(MESSAGE))
    assert payloads(found) == [MESSAGE]
    assert reasons(found) == [Reason.NOTHING_MEASURED]


def test_segments_without_end_are_given_up() -> None:
    framing = HdlcFraming()
    found = framing.feed(hdlc(LLC + b"\x0f", segmented=True))
    for _ in range(TELEGRAM_MAX_BYTES // 1000 + 2):
        found += framing.feed(hdlc(b"x" * 1000, segmented=True))
    assert reasons(found)[0] == Reason.TOO_LONG
    assert payloads(framing.feed(hdlc(b"x") + hdlc(MESSAGE))) == [MESSAGE]


def test_a_whole_frame_inside_one_that_is_not_counts_when_the_line_is_quiet() -> None:
    framing = HdlcFraming()
    kept = hdlc(LLC + b"x" * 1500)[:900]
    assert framing.feed(kept + hdlc(MESSAGE)) == []
    found = framing.quiet()
    assert payloads(found) == [MESSAGE]
    assert reasons(found) == [Reason.TRUNCATED]
    assert frames(found)[0].stop == len(kept + hdlc(MESSAGE))


def test_a_pause_does_not_end_a_frame() -> None:
    framing = HdlcFraming()
    wire = hdlc_segments(MESSAGE, 10)
    found = []
    for byte in wire:
        found += framing.feed(bytes([byte])) + framing.quiet()
    assert payloads(found) == [MESSAGE]
