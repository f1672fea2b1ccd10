"""Frames become messages, whatever wraps them; what does not open says why."""

from __future__ import annotations

import fastcrc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.framings.frame import Frame
from ngair.meter.message import Message
from ngair.meter.opener import Opener
from ngair.model.keys import Keys
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection
from tests.meter.encodings.writers import Coded, blocks, ciphered, items, notification, u32

KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
OTHER = bytes.fromhex("ffeeddccbbaa99887766554433221100")
AUTHENTICATION = bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
BOTH, ALONE = Keys(KEY, AUTHENTICATION), Keys(KEY)

LIST = notification(items([Coded(bytes.fromhex("0100010700ff"), u32(4321), (0, 27))]), bytes(range(12)))
IDENT = b"/NGA5\\demo\r\n\r\n"
LINES = b"1-0:1.7.0(00.378*kW)\r\n"
ASCII = IDENT + LINES + b"!"
CHECKED_ASCII = b"%b%04X\r\n" % (ASCII, fastcrc.crc16.arc(ASCII))
LLC = b"\xe6\xe7\x00"


def frame(payload: bytes, framing: str = "HDLC", *, checked: bool | None = None) -> Frame:
    """A frame whose raw bytes are the payload between two marks."""
    return Frame(framing, b"<" + payload + b">", payload, framing != "DB" if checked is None else checked)


def opened(payload: bytes, framing: str = "HDLC", keys: Keys | None = None) -> Message:
    message = Opener(keys).open(frame(payload, framing))
    assert isinstance(message, Message), message
    return message


def refused(payload: bytes, framing: str = "HDLC", keys: Keys | None = None) -> Rejection:
    rejection = Opener(keys).open(frame(payload, framing))
    assert isinstance(rejection, Rejection)
    assert rejection.size == len(payload) + 2
    assert rejection.detail.isprintable()
    return rejection


@pytest.mark.parametrize("llc", [LLC, b"\xe6\xe6\x00", b""])
@pytest.mark.parametrize("framing", ["HDLC", "M-Bus", "bare"])
def test_a_list_with_and_without_the_header_of_hdlc(llc: bytes, framing: str) -> None:
    payload = llc + LIST
    assert opened(payload, framing) == Message("cosem", LIST, b"<" + payload + b">", framing, True)


def test_a_telegram_and_a_file_of_sml_are_what_they_are() -> None:
    for checked in (True, False):
        given_frame = frame(ASCII, "P1", checked=checked)
        assert Opener().open(given_frame) == Message("ascii", ASCII, given_frame.raw, "P1", checked)
    assert opened(b"\x76\x05", "SML").encoding == "sml"


@pytest.mark.parametrize(
    ("framing", "llc", "name"),
    [
        ("HDLC", LLC, "DB in HDLC"),
        ("HDLC", b"", "DB in HDLC"),
        ("M-Bus", b"", "DB in M-Bus"),
        ("DB", b"", "DB"),
        ("bare", b"", "DB"),
    ],
)
@pytest.mark.parametrize("inner_llc", [b"", LLC])
def test_a_ciphered_list(framing: str, llc: bytes, name: str, inner_llc: bytes) -> None:
    payload = llc + ciphered(inner_llc + LIST, KEY, authentication=AUTHENTICATION)
    message = opened(payload, framing, BOTH)
    assert message == Message("cosem", LIST, b"<" + payload + b">", name, True, True, "NGA")


def test_what_is_wrapped_but_sent_in_clear_is_not_ciphered() -> None:
    message = opened(ciphered(CHECKED_ASCII, KEY, control=0), "DB")
    assert (message.body, message.framing, message.ciphered, message.checked) == (ASCII, "DB", False, True)


@pytest.mark.parametrize("control", [0x20, 0x30])
def test_without_a_verified_tag_only_what_is_around_or_inside_counts_as_a_check(control: int) -> None:
    payload = ciphered(LIST, KEY, control=control, authentication=AUTHENTICATION)
    assert opened(payload, "M-Bus", ALONE).checked
    assert refused(payload, "DB", ALONE).reason == Reason.CHECK_MISSING
    in_a_file = Opener(ALONE).open(frame(payload, "bare", checked=False))
    assert isinstance(in_a_file, Message)
    assert not in_a_file.checked
    lines = ciphered(CHECKED_ASCII, KEY, control=control, authentication=AUTHENTICATION)
    assert opened(lines, "DB", ALONE).checked
    bare = ciphered(ASCII + b"\r\n", KEY, control=control, authentication=AUTHENTICATION)
    assert not opened(bare, "DB", ALONE).checked


@pytest.mark.parametrize("end", [b"", b"\r\n", b"0000\r\n", b"%04X\r\n" % fastcrc.crc16.arc(ASCII)])
def test_behind_a_tag_that_matches_lines_need_no_check_sum(end: bytes) -> None:
    message = opened(ciphered(ASCII + end, KEY, authentication=AUTHENTICATION), "DB", BOTH)
    assert (message.encoding, message.body, message.checked) == ("ascii", ASCII, True)


def test_without_a_tag_a_check_sum_of_lines_has_to_match() -> None:
    rejection = refused(ciphered(ASCII + b"0000\r\n", KEY, control=0x20), "DB", ALONE)
    assert (rejection.reason, rejection.body) == (Reason.CHECK, ASCII + b"0000\r\n")


def test_lines_without_an_end_are_refused() -> None:
    for control in (0x20, 0x30):
        payload = ciphered(IDENT + LINES, KEY, control=control, authentication=AUTHENTICATION)
        assert refused(payload, "DB", BOTH).reason in (Reason.ENCODING, Reason.TRUNCATED)


@pytest.mark.parametrize("control", [0x20, 0x30])
def test_without_a_key_and_with_a_wrong_one(control: int) -> None:
    payload = ciphered(LIST, KEY, control=control, authentication=AUTHENTICATION)
    assert refused(payload, "M-Bus").reason == Reason.KEY_MISSING
    assert refused(payload, "M-Bus", Keys(OTHER)).reason == Reason.KEY_WRONG
    assert refused(payload, "M-Bus", Keys(OTHER, AUTHENTICATION)).reason == Reason.KEY_WRONG
    if control & 0x10:
        assert refused(payload, "M-Bus", Keys(KEY, OTHER)).reason == Reason.KEY_WRONG


@given(key=st.binary(min_size=16, max_size=16).filter(lambda key: key != KEY))
def test_no_wrong_key_makes_a_message(key: bytes) -> None:
    for plaintext in (LIST, CHECKED_ASCII):
        assert refused(ciphered(plaintext, KEY, control=0x20), "DB", Keys(key)).reason == Reason.KEY_WRONG


@given(bit=st.integers(min_value=0), plaintext=st.sampled_from((LIST, CHECKED_ASCII)))
def test_a_frame_with_one_bit_flipped_is_never_read_as_something_else(bit: int, plaintext: bytes) -> None:
    """A flipped bit may say that there is no tag: then the check sum inside has to say that all is well."""
    payload = bytearray(ciphered(plaintext, KEY, authentication=AUTHENTICATION))
    payload[bit // 8 % len(payload)] ^= 1 << bit % 8
    fresh, proved = Opener(BOTH), Opener(BOTH)
    assert isinstance(proved.open(frame(ciphered(LIST, KEY, authentication=AUTHENTICATION), "DB")), Message)
    assert isinstance(proved.open(frame(bytes(payload), "DB")), Rejection)
    message = fresh.open(frame(bytes(payload), "DB"))
    if isinstance(message, Message):
        assert (plaintext, message.body, message.checked) == (CHECKED_ASCII, ASCII, True)


@pytest.mark.parametrize("keys", [BOTH, ALONE])
def test_once_a_tag_has_matched_a_bad_one_is_damage_and_not_a_wrong_key(keys: Keys) -> None:
    known = keys.authentication or bytes.fromhex("00112233445566778899aabbccddeeff")
    good = ciphered(LIST, KEY, authentication=known)
    bad = good[:-1] + bytes([good[-1] ^ 1])
    opener = Opener(keys)
    first = opener.open(frame(bad, "DB"))
    assert isinstance(first, Rejection)
    assert first.reason == (Reason.CHECK_MISSING if keys is ALONE else Reason.KEY_WRONG)
    assert isinstance(opener.open(frame(good, "DB")), Message)
    second = opener.open(frame(bad, "DB"))
    assert isinstance(second, Rejection)
    assert second.reason == Reason.CHECK


@pytest.mark.parametrize("wrapping", ["plain", "ciphered inside", "ciphered outside"])
@given(sizes=st.lists(st.integers(0, 40), max_size=8))
def test_blocks_become_one_message(wrapping: str, sizes: list[int]) -> None:
    if wrapping == "ciphered inside":
        payloads = blocks(ciphered(LIST, KEY, authentication=AUTHENTICATION), sizes)
    else:
        payloads = blocks(LIST, sizes)
    if wrapping == "ciphered outside":
        payloads = [ciphered(payload, KEY, authentication=AUTHENTICATION) for payload in payloads]
    opener = Opener(BOTH)
    frames = [frame(LLC + payload) for payload in payloads]
    *first, last = [opener.open(each) for each in frames]
    assert first == [None] * len(first)
    raw = b"".join(each.raw for each in frames)
    if wrapping == "plain":
        assert last == Message("cosem", LIST, raw, "HDLC", True)
    else:
        assert last == Message("cosem", LIST, raw, "DB in HDLC", True, True, "NGA")
    assert opener.finish() == []


def test_a_transfer_is_as_checked_as_its_worst_frame() -> None:
    opener = Opener()
    first, last = blocks(LIST, [5])
    assert opener.open(frame(first, checked=False)) is None
    message = opener.open(frame(last, checked=True))
    assert isinstance(message, Message)
    assert not message.checked


def test_one_block_without_a_tag_leaves_a_transfer_to_its_check_sum() -> None:
    first, last = blocks(ASCII + b"0000\r\n", [20])
    opener = Opener(BOTH)
    assert opener.open(frame(ciphered(first, KEY, control=0x20))) is None
    rejection = opener.open(frame(ciphered(last, KEY, authentication=AUTHENTICATION)))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == Reason.CHECK


def test_a_transfer_that_lacks_a_block_is_told_once_with_all_its_bytes() -> None:
    first, second, third = (frame(block) for block in blocks(LIST, [5, 5]))
    opener = Opener()
    assert opener.open(first) is None
    lost = opener.open(third)
    assert isinstance(lost, Rejection)
    assert (lost.reason, lost.size) == (Reason.TRUNCATED, len(first.raw) + len(third.raw))
    assert [opener.open(each) for each in (first, second)] == [None, None]
    again = opener.open(first)
    assert again == Rejection(Reason.TRUNCATED, "a transfer that did not end", len(first.raw) + len(second.raw))
    (end,) = opener.finish()
    assert (end.reason, end.size) == (Reason.TRUNCATED, len(first.raw))
    assert opener.finish() == []
    assert [isinstance(opener.open(each), Message) for each in (first, second, third)] == [False, False, True]


def test_a_whole_message_in_one_block_does_not_hide_the_loss_before_it() -> None:
    first, _ = blocks(LIST, [5])
    opener = Opener()
    assert opener.open(frame(first)) is None
    assert isinstance(opener.open(frame(blocks(LIST, [])[0])), Message)
    assert [rejection.size for rejection in opener.finish()] == [len(first) + 2]


def test_a_transfer_has_a_bound_on_the_wire() -> None:
    opener = Opener()
    empty = [frame(block) for block in blocks(b"", [0] * TELEGRAM_MAX_BYTES)]
    results = [opener.open(each) for each in empty]
    fitting = TELEGRAM_MAX_BYTES // len(empty[0].raw)
    assert results[:fitting] == [None] * fitting
    too_long = results[fitting]
    assert isinstance(too_long, Rejection)
    assert too_long.reason == Reason.TOO_LONG
    told = [result.size for result in results if isinstance(result, Rejection)]
    assert sum(told) == sum(len(each.raw) for each in empty)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x00", LLC, b"\xc4\x01", blocks(blocks(LIST, [])[0], [])[0], ciphered(ciphered(LIST, KEY), KEY)],
)
def test_what_is_whole_but_not_understood_is_shown(payload: bytes) -> None:
    rejection = refused(payload, "HDLC", ALONE)
    assert rejection.reason == Reason.ENCODING
    assert rejection.body == b"" or rejection.body in payload or rejection.body[:1] in (b"\xe0", b"\xdb")


@pytest.mark.parametrize("plaintext", [LINES, CHECKED_ASCII, LIST])
def test_lines_ciphered_behind_an_ident_in_clear(plaintext: bytes) -> None:
    payload = IDENT + ciphered(plaintext, KEY, authentication=AUTHENTICATION)[1:] + b"!"
    message = opened(payload, "P1", BOTH)
    assert message.body == (LIST if plaintext == LIST else ASCII)
    assert (message.framing, message.ciphered, message.checked) == ("DB in P1", True, True)
    assert refused(payload, "P1").reason == Reason.KEY_MISSING
    assert refused(payload, "P1", Keys(OTHER)).reason == Reason.KEY_WRONG


def test_lines_ciphered_without_a_system_title_are_told_as_that() -> None:
    sealed = ciphered(LINES * 10, KEY, authentication=AUTHENTICATION)
    rejection = refused(IDENT + b"\x00" + sealed[10:] + b"!", "P1", BOTH)
    assert rejection.reason == Reason.ENCODING
    assert "system title" in rejection.detail


@given(
    sent=st.lists(
        st.tuples(
            st.sampled_from(("HDLC", "M-Bus", "DB", "bare", "P1", "SML")),
            st.sampled_from(
                (b"", LLC, b"\x0f", b"/NGA", b"\xe0\x80", b"\xe0\x40\x00\x01\x00\x00", b"\xdb\x08", IDENT + b"\x08")
            ),
            st.binary(max_size=60),
        ),
        max_size=6,
    ),
    keys=st.sampled_from((None, ALONE, BOTH)),
    wrapped=st.booleans(),
)
def test_any_frames_open_or_say_why(sent: list[tuple[str, bytes, bytes]], keys: Keys | None, wrapped: bool) -> None:
    opener = Opener(keys)
    given_bytes = told_bytes = 0
    for framing, begin, rest in sent:
        payload = ciphered(begin + rest, KEY, authentication=AUTHENTICATION) if wrapped else begin + rest
        given_frame = frame(payload + b"!" if framing == "P1" else payload, framing)
        given_bytes += len(given_frame.raw)
        result = opener.open(given_frame)
        if isinstance(result, Rejection):
            assert result.detail.isprintable()
            told_bytes += result.size
        elif result is not None:
            told_bytes += len(result.raw)
    told_bytes += sum(rejection.size for rejection in opener.finish())
    assert told_bytes == given_bytes
