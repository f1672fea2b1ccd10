"""The simulated meters' A-XDR and HDLC: read back to the last bit, and checked by sums made one bit at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.encodings import axdr as reader
from ngair.meter.encodings.cosem_time import read_time
from ngair.sim.telegrams import _axdr as axdr
from ngair.sim.telegrams._hdlc import FRAME_MAX_BYTES, frame, segments

Written = tuple[bytes, object]
"""The bytes of a value, and what has to be read from them."""


def numbers(write: Callable[[int], bytes], low: int, high: int) -> st.SearchStrategy[Written]:
    return st.integers(low, high).map(lambda value: (write(value), value))


NUMBERS = st.one_of(
    numbers(axdr.int8, -(2**7), 2**7 - 1),
    numbers(axdr.int16, -(2**15), 2**15 - 1),
    numbers(axdr.int32, -(2**31), 2**31 - 1),
    numbers(axdr.int64, -(2**63), 2**63 - 1),
    numbers(axdr.uint8, 0, 2**8 - 1),
    numbers(axdr.uint16, 0, 2**16 - 1),
    numbers(axdr.uint32, 0, 2**32 - 1),
    numbers(axdr.uint64, 0, 2**64 - 1),
    numbers(axdr.enum, 0, 2**8 - 1),
    st.booleans().map(lambda value: (axdr.boolean(value), int(value))),
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda value: (axdr.float32(value), value)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: (axdr.float64(value), value)),
)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=300)
LEAVES = st.one_of(
    NUMBERS,
    st.just((axdr.NULL, None)),
    st.binary(max_size=300).map(lambda value: (axdr.octets(value), value)),
    TEXTS.map(lambda value: (axdr.text(value), value.encode())),
)


def lists(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.tuples(st.sampled_from((axdr.array, axdr.structure)), st.lists(parts, max_size=4)).map(
        lambda drawn: (drawn[0](*(data for data, _ in drawn[1])), [value for _, value in drawn[1]])
    )


@given(written=st.recursive(LEAVES, lists, max_leaves=12))
def test_what_is_written_is_read(written: Written) -> None:
    data, value = written
    node = reader.read(data)
    assert node.stop == len(data)
    assert plain(node) == value


def plain(node: reader.Node) -> object:
    return [plain(part) for part in node.value] if isinstance(node.value, tuple) else node.value


@pytest.mark.parametrize(("count", "data"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100")])
def test_lengths(count: int, data: str) -> None:
    assert axdr.length(count).hex() == data


def test_codes() -> None:
    assert axdr.code("1-0:1.7.0").hex() == "0100010700ff"
    assert axdr.code("1-1:0.2.129*255").hex() == "0101000281ff"
    assert axdr.code("0-0:98.1.0*1").hex() == "000062010001"


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 - a clock of no zone
def test_times(moment: datetime) -> None:
    data = axdr.date_time(moment)
    assert read_time(data) == moment.replace(microsecond=0).isoformat()
    assert data[4] == moment.isoweekday()
    assert data[8:] == bytes.fromhex("ff800000")


def test_a_time_with_all_that_it_can_tell() -> None:
    moment = datetime(2026, 7, 2, 11, 5, 20, tzinfo=UTC)
    assert axdr.date_time(moment, deviation_min=-60, status=0x80).hex() == "07ea0702040b0514ffffc480"
    assert axdr.date_time(moment, weekday=False)[4] == 0xFF


def test_the_time_of_a_message_with_and_without_tag() -> None:
    moment = axdr.date_time(datetime(2026, 7, 2, tzinfo=UTC))
    assert axdr.notification(axdr.NULL).hex() == "0f400000000000"
    assert axdr.notification(axdr.NULL, invoke_id=1, clock=moment) == b"\x0f\0\0\0\1\x0c" + moment + b"\0"
    assert (
        axdr.notification(axdr.NULL, invoke_id=1, clock=moment, tagged=True) == b"\x0f\0\0\0\1\x09\x0c" + moment + b"\0"
    )


ADDRESSES = st.sampled_from((b"\x03", b"\x41", b"\x08\x83", b"\x00\x02\x00\x03"))


@given(information=st.binary(max_size=300), destination=ADDRESSES, source=ADDRESSES, segmented=st.booleans())
def test_a_frame_has_its_length_and_two_check_sums(
    information: bytes, destination: bytes, source: bytes, segmented: bool
) -> None:
    data = frame(information, destination=destination, source=source, segmented=segmented)
    assert data[0] == data[-1] == 0x7E
    inside = data[1:-1]
    assert int.from_bytes(inside[:2], "big") == 0xA000 | segmented << 11 | len(inside)
    assert bitwise_x25(inside[:-2]) == int.from_bytes(inside[-2:], "little")
    header = inside[: 2 + len(destination) + len(source) + 1]
    assert header[2:] == destination + source + b"\x13"
    if information:
        assert bitwise_x25(header) == int.from_bytes(inside[len(header) : len(header) + 2], "little")
        assert inside[len(header) + 2 : -2] == information
    else:
        assert len(inside) == len(header) + 2


@given(information=st.binary(min_size=1, max_size=400), size=st.integers(20, 250))
def test_segments_carry_it_all_and_all_but_the_last_go_on(information: bytes, size: int) -> None:
    data = segments(information, size, destination=b"\x03", source=b"\x05")
    carried, goes_on = b"", []
    while data:
        length = int.from_bytes(data[1:3], "big") & FRAME_MAX_BYTES
        one, data = data[: length + 2], data[length + 2 :]
        carried += one[8:-3]
        goes_on.append(bool(one[1] & 0x08))
        assert len(one[8:-3]) <= size
    assert carried == information
    assert goes_on == [True] * (len(goes_on) - 1) + [False]


def test_a_frame_longer_than_its_length_can_tell() -> None:
    longest = FRAME_MAX_BYTES - 9
    assert len(frame(bytes(longest), destination=b"\x03", source=b"\x05")) == FRAME_MAX_BYTES + 2
    with pytest.raises(ValueError, match="at most 2047 bytes"):
        frame(bytes(longest + 1), destination=b"\x03", source=b"\x05")


def bitwise_x25(data: bytes) -> int:
    """By the polynomial x^16 + x^12 + x^5 + 1, least significant bit first, inverted before and behind."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def test_the_check_of_this_test_is_the_catalogued_one() -> None:
    assert bitwise_x25(b"123456789") == 0x906E
