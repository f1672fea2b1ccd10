"""General block transfer: messages come back whole however they were cut, and nothing grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.gbt import BlockTransfer, MissingBlockError, is_block, read_block
from ngair.model.limits import TELEGRAM_MAX_BYTES
from tests.meter.encodings.drawn import error_of
from tests.meter.encodings.writers import blocks

SIZES = st.lists(st.integers(0, 300), max_size=12)


@given(messages=st.lists(st.tuples(st.binary(max_size=500), SIZES), min_size=1, max_size=3))
def test_messages_come_back_whole(messages: list[tuple[bytes, list[int]]]) -> None:
    transfer = BlockTransfer()
    for message, sizes in messages:
        *first, last = blocks(message, sizes)
        assert [transfer.take(block) for block in first] == [None] * len(first)
        assert transfer.take(last) == message
        assert not transfer.lost


@given(message=st.binary(min_size=1, max_size=200), sizes=SIZES.filter(bool), data=st.data())
def test_a_missing_block_ends_a_transfer_and_the_next_one_begins_anew(
    message: bytes, sizes: list[int], data: st.DataObject
) -> None:
    whole = blocks(message, sizes)
    missing = data.draw(st.integers(0, len(whole) - 2))
    transfer = BlockTransfer()
    for number, block in enumerate(whole):
        if number < missing:
            assert transfer.take(block) is None
        elif number > missing:
            with pytest.raises(MissingBlockError):
                transfer.take(block)
    assert [transfer.take(block) for block in whole][-1] == message


def test_a_transfer_that_begins_before_the_last_one_ended_counts() -> None:
    transfer = BlockTransfer()
    old, new = blocks(b"an old message", [3, 3]), blocks(b"the new one", [4])
    assert (transfer.take(old[0]), transfer.take(old[1]), transfer.lost) == (None, None, False)
    assert (transfer.take(new[0]), transfer.lost) == (None, True)
    assert (transfer.take(new[1]), transfer.lost) == (b"the new one", False)


def test_a_block_that_comes_twice_ends_the_transfer() -> None:
    transfer = BlockTransfer()
    first, second, _ = blocks(b"a message", [3, 3])
    transfer.take(first)
    transfer.take(second)
    with pytest.raises(MissingBlockError):
        transfer.take(second)


def test_window_streaming_and_acknowledgement_say_nothing() -> None:
    assert BlockTransfer().take(b"\xe0\xff\x00\x01\x12\x34\x03abc") == b"abc"


def test_a_transfer_has_a_bound() -> None:
    transfer = BlockTransfer()
    size = 1000
    fitting = TELEGRAM_MAX_BYTES // size
    endless = blocks(bytes(2 * TELEGRAM_MAX_BYTES), [size] * (fitting + 1))
    assert [transfer.take(block) for block in endless[:fitting]] == [None] * fitting
    with pytest.raises(EncodingError, match=str(TELEGRAM_MAX_BYTES)):
        transfer.take(endless[fitting])
    assert transfer.take(blocks(b"x", [])[0]) == b"x"


@pytest.mark.parametrize(
    "apdu", [b"", b"\xe0", b"\xe0\x80\0\1\0\0", b"\xe1\x80\0\1\0\0\0", b"\xe0\x80\0\1\0\0\1", b"\xe0\x80\0\1\0\0\0x"]
)
def test_what_is_no_block_is_refused(apdu: bytes) -> None:
    assert not is_block(apdu)
    with pytest.raises(EncodingError):
        read_block(apdu)


@given(apdus=st.lists(st.binary(max_size=40) | st.binary(max_size=20).map(lambda rest: b"\xe0" + rest), max_size=10))
def test_any_bytes_are_blocks_or_errors(apdus: list[bytes]) -> None:
    transfer = BlockTransfer()
    for apdu in apdus:
        result = error_of(lambda data: transfer.take(data) or b"", apdu)
        assert not isinstance(result, str) or result.isprintable()
