"""What must hold of every telegram, however it is written, cut, glued or damaged."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ngair.meter.decoder import Decoder
from ngair.model.telegram import Reason, Rejection, Telegram
from tests.conftest import LONG
from tests.meter.contents import Content, contents, successors
from tests.meter.expectation import assert_reads
from tests.meter.telegrams import (
    DSMR5,
    DSMR22,
    accepted,
    byte_by_byte,
    crc16_arc,
    decoded,
    only,
    reasons,
    seven_even,
    telegram,
    with_check,
)

pytestmark = pytest.mark.timeout(3600 if LONG else 120)

LINE_ENDS = st.sampled_from(["\r\n", "\n"])
GARBAGE = st.binary(max_size=60) | st.text("/!ABab09(.*)\r\n\xaf\xc1\xff\0", max_size=60).map(
    lambda text: text.encode("latin-1")
)


@given(contents(), LINE_ENDS, st.booleans())
def test_a_checked_telegram_says_what_was_put_in(content: Content, line_end: str, seven: bool) -> None:
    out = decoded(content.telegram(line_end=line_end, seven=seven))
    if content.measures():
        assert_reads(only(out).reading, content, checked=True)
    else:
        assert reasons(out) == [Reason.NOTHING_MEASURED]


@given(contents(version=False), LINE_ENDS, st.booleans())
def test_an_unchecked_telegram_says_what_was_put_in(content: Content, line_end: str, seven: bool) -> None:
    out = decoded(content.telegram(check=False, line_end=line_end, seven=seven))
    if content.measures():
        assert_reads(only(out).reading, content, checked=False)
    else:
        assert reasons(out) == [Reason.NOTHING_MEASURED]


@given(st.data())
def test_what_comes_out_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    stream = b"".join(data.draw(st.lists(pieces(), max_size=6)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    portions = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = decoded(stream)
    assert decoded(*portions) == whole
    assert decoded(*byte_by_byte(stream)) == whole


@given(st.data())
def test_a_telegram_is_read_behind_anything(data: st.DataObject) -> None:
    content = data.draw(contents())
    assume(content.measures())
    before = b"".join(data.draw(st.lists(pieces(), max_size=4)))
    out = decoded(before + content.telegram())
    assert isinstance(out[-1], Telegram)
    assert_reads(out[-1].reading, content, checked=True)


@given(st.data())
def test_a_telegram_without_check_is_read_behind_garbage(data: st.DataObject) -> None:
    content = data.draw(contents(version=False))
    assume(content.measures())
    out = decoded(data.draw(GARBAGE) + content.telegram(check=False, seven=data.draw(st.booleans())))
    assert isinstance(out[-1], Telegram)
    assert_reads(out[-1].reading, content, checked=False)


@given(st.data())
def test_a_telegram_cut_by_the_next_gives_no_reading(data: st.DataObject) -> None:
    check, seven = data.draw(st.booleans()), data.draw(st.booleans())
    content = data.draw(contents(version=False))
    assume(content.measures())
    whole = content.telegram(check=check, seven=seven)
    kept = data.draw(st.integers(4, whole.index(b"!")))
    out = decoded(whole[:kept] + whole)
    assert reasons(out) == [Reason.TRUNCATED]
    assert [item.size for item in out if isinstance(item, Rejection)] == [kept]
    (read,) = accepted(out)
    assert_reads(read.reading, content, checked=check)


@given(st.data())
def test_wrong_parity_on_a_7e1_line_gives_no_reading(data: st.DataObject) -> None:
    content = data.draw(contents(version=False))
    assume(content.measures())
    whole = bytearray(content.telegram(check=False, seven=True))
    at = data.draw(st.integers(4, whole.index(b"!") - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    out = decoded(bytes(whole))
    assert accepted(out) == []
    assert reasons(out)


@given(st.data())
def test_remembering_the_layout_changes_nothing(data: st.DataObject) -> None:
    content = data.draw(contents())
    decoder = Decoder()
    for _ in range(data.draw(st.integers(2, 6))):
        body, mark, _ = data.draw(successors(content)).telegram().rpartition(b"!")
        sent = with_check(data.draw(damaged(body)) + mark)
        anew, remembered = decoded(sent), decoded(sent, decoder=decoder)
        assert repr(remembered) == repr(anew)


@given(st.data())
def test_one_damage_in_a_checked_telegram_gives_no_wrong_value(data: st.DataObject) -> None:
    content = data.draw(contents())
    assume(content.measures())
    whole = content.telegram(seven=data.draw(st.booleans()))
    good = only(decoded(whole)).reading
    sent = data.draw(damaged(whole))
    readings = accepted(decoded(sent + whole))
    assert readings[-1].reading == good
    assert all(read.reading == good or collides(read) for read in readings)


def test_no_bit_flip_and_no_drop_or_double_of_a_byte_gives_a_wrong_value() -> None:
    whole = telegram(r"NGA5\2MX500T-1012", DSMR5)
    good = only(decoded(whole)).reading
    for at in range(len(whole)):
        flips = [whole[at] ^ 1 << bit for bit in range(8)]
        for instead in (b"", whole[at : at + 1] * 2, *(bytes([byte]) for byte in flips)):
            assert_harmless(whole[:at] + instead + whole[at + 1 :], whole, good)


@pytest.mark.parametrize("part", range(8))
def test_no_changed_byte_gives_a_wrong_value(part: int) -> None:
    lines = DSMR5 if LONG else DSMR5[:1] + DSMR5[8:10] + DSMR5[18:19]
    whole = telegram("NGA5", lines)
    good = only(decoded(whole)).reading
    for at in range(part, len(whole), 8):
        for byte in range(256):
            assert_harmless(whole[:at] + bytes([byte]) + whole[at + 1 :], whole, good)


def assert_harmless(sent: bytes, whole: bytes, good: object) -> None:
    """What is sent gives the good reading or none, and the telegram behind it is read."""
    out = decoded(sent + whole)
    assert [read.reading for read in accepted(out)] in ([good], [good, good]), sent
    assert isinstance(out[-1], Telegram), sent


def collides(read: Telegram) -> bool:
    """Whether a drop or a double met the one check sum in 65 536 that does not tell: then no reader can know."""
    body, _, check = read.data.encode("latin-1").rpartition(b"!")
    return read.reading.checked and crc16_arc(body + b"!") == int(check, 16)


@st.composite
def pieces(draw: st.DrawFn) -> bytes:
    """What may stand on a line: telegrams, halves of them, damaged ones, garbage, padding."""
    whole = draw(
        contents().map(Content.telegram)
        | contents(version=False).map(lambda content: content.telegram(check=False))
        | st.sampled_from([GOOD, OLD, seven_even(GOOD), seven_even(OLD)])
    )
    kind = draw(st.sampled_from(["whole", "half", "damaged", "garbage", "padding"]))
    if kind == "half":
        return whole[: draw(st.integers(0, len(whole)))]
    if kind == "damaged":
        return draw(damaged(whole))
    if kind == "garbage":
        return draw(GARBAGE)
    return b"\xff\0\r\n" * draw(st.integers(0, 5)) if kind == "padding" else whole


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """One byte flipped in a bit, changed, dropped or doubled; or, to see the bounds of that, nothing."""
    at = draw(st.integers(0, len(data) - 1))
    byte = data[at : at + 1]
    instead = draw(
        st.sampled_from([byte, b"", byte * 2])
        | st.binary(min_size=1, max_size=1)
        | st.integers(0, 7).map(lambda bit: bytes([data[at] ^ 1 << bit]))
        | st.sampled_from([bytes([value]) for value in b"0123456789:;<=>?-+.()*!/\r\n "])
    )
    return data[:at] + instead + data[at + 1 :]


GOOD = telegram(r"NGA5\2MX500T-1012", DSMR5)
OLD = telegram(r"NGA5\2MX100-0022", DSMR22, check=False)
