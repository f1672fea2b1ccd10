"""A-XDR: every value comes back as it was written, and bytes that are none never do harm."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.meter.encodings.axdr import Node, read, read_length, read_outermost
from ngair.meter.encodings.fault import CutError, EncodingError
from ngair.model.limits import AXDR_DEPTH_MAX
from tests.meter.encodings.drawn import TREE, Plain, error_of, written
from tests.meter.encodings.writers import array, length, structure, u16


def plain(node: Node) -> Plain:
    return node.tag, [plain(child) for child in node.value] if isinstance(node.value, tuple) else node.value


def assert_places(node: Node, data: bytes) -> None:
    """What stands at a node's place is its value."""
    assert 0 < node.start <= node.stop <= len(data)
    if isinstance(node.value, tuple):
        at = node.start
        for child in node.value:
            assert at < child.start
            assert_places(child, data)
            at = child.stop
        assert at == node.stop
    elif isinstance(node.value, bytes):
        assert data[node.start : node.stop] == node.value
    elif isinstance(node.value, int):
        assert int.from_bytes(data[node.start : node.stop], signed=node.value < 0) == node.value


@given(tree=TREE, before=st.binary(max_size=5), behind=st.binary(max_size=5), spare=st.integers(0, 3))
def test_a_value_is_read_as_it_was_written(tree: Plain, before: bytes, behind: bytes, spare: int) -> None:
    data = before + written(tree, spare) + behind
    node = read(data, len(before))
    assert plain(node) == tree
    assert node.stop == len(data) - len(behind)
    assert_places(node, data)


@given(tree=TREE, cut=st.integers(0, 10_000))
def test_what_ends_too_early_is_told_as_that(tree: Plain, cut: int) -> None:
    data = written(tree)
    with pytest.raises(EncodingError):
        read(data[: cut % len(data)])


@given(data=st.binary(max_size=300))
@example(data=b"\x01\x84\xff\xff\xff\xff")
@example(data=b"\x09\x80")
@example(data=b"\x09\xff" + bytes(200))
@example(data=b"\x04\x84\xff\xff\xff\xff")
def test_any_bytes_are_a_value_or_an_error_in_one_line(data: bytes) -> None:
    for reader in (read, partial(read_length, at=0), partial(read_outermost, start=0)):
        result = error_of(reader, data)
        assert not isinstance(result, str) or result.isprintable()


@pytest.mark.parametrize("count", [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFFFF])
def test_a_length_is_read_in_each_of_its_forms(count: int) -> None:
    for spare in range(4):
        data = b"?" + length(count, spare) + b"!"
        assert read_length(data, 1) == (count, len(data) - 1)


@pytest.mark.parametrize("data", [b"\x80", b"\x85\0\0\0\0\1", b"\xff", b"\x81", b"\x82\x01", b""])
def test_a_length_in_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(EncodingError):
        read_length(data, 0)


@pytest.mark.parametrize("tag", [7, 8, 14, 0x13, 28, 0x80, 0xFF])
def test_a_type_that_no_push_has_is_refused(tag: int) -> None:
    with pytest.raises(EncodingError, match=f"type {tag},"):
        read(bytes([tag]) + bytes(50))


@pytest.mark.parametrize("data", [b"\x17\x7f\xc0\0\0", b"\x17\x7f\x80\0\0", b"\x18\xff\xf0" + bytes(6)])
def test_a_float_that_is_no_number_is_unknown(data: bytes) -> None:
    assert read(data).value is None


@pytest.mark.parametrize(("bits", "size"), [(0, 0), (1, 1), (8, 1), (9, 2)])
def test_a_bit_string_tells_its_bits_and_takes_whole_bytes(bits: int, size: int) -> None:
    node = read(b"\x04" + length(bits) + b"\xa5" * 5)
    assert (node.value, node.stop) == (b"\xa5" * size, 2 + size)


def test_lists_are_nested_to_a_bound() -> None:
    assert read(b"\x02\x01" * (AXDR_DEPTH_MAX - 1) + b"\x02\x00")
    with pytest.raises(EncodingError, match="deeper"):
        read(b"\x02\x01" * AXDR_DEPTH_MAX + b"\x02\x00")


def test_a_list_of_more_values_than_bytes_is_refused_before_any_is_read() -> None:
    with pytest.raises(EncodingError, match="more values"):
        read(b"\x01\x84\xff\xff\xff\xff" + bytes(100))


def test_the_outermost_list_may_tell_more_than_its_frame_holds() -> None:
    whole = structure(u16(1), array(u16(2), u16(3)), u16(4))
    assert [plain(node) for node in read_outermost(whole, 0)[0]] == [(18, 1), (1, [(18, 2), (18, 3)]), (18, 4)]
    for cut in range(1, len(whole) - 5):
        nodes, count = read_outermost(whole[:-cut], 0)
        assert count == 3
        assert [plain(node) for node in nodes] == [(18, 1), (1, [(18, 2), (18, 3)])][: 2 if cut <= 3 else 1]
    with pytest.raises(CutError):
        read_outermost(whole[:4], 0)


def test_nothing_may_stand_behind_the_outermost_list() -> None:
    for data in (structure(u16(1)) + b"\0", u16(1) + b"\0", structure() + b"\0"):
        with pytest.raises(EncodingError, match="1 bytes behind"):
            read_outermost(data, 0)
