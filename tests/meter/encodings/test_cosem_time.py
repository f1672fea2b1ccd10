"""Date-times: what tells a time is one, all else is none."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.encodings.cosem_time import read_time


@given(
    time=st.datetimes().map(lambda time: time.replace(microsecond=0)),
    weekday=st.integers(0, 255),
    rest=st.binary(min_size=4, max_size=4),
)
def test_a_time_is_read_as_it_was_written(time: datetime, weekday: int, rest: bytes) -> None:
    data = time.year.to_bytes(2) + bytes([time.month, time.day, weekday, time.hour, time.minute, time.second]) + rest
    assert read_time(data) == time.isoformat()


GOOD = bytes.fromhex("07e80b160511223b00ff8800")


@pytest.mark.parametrize(
    ("place", "byte"), [(0, 0xFF), (2, 0xFF), (2, 0), (2, 13), (3, 0xFF), (3, 0xFE), (3, 31), (5, 24), (6, 60), (7, 60)]
)
def test_a_part_left_open_or_out_of_range_is_no_time(place: int, byte: int) -> None:
    assert read_time(GOOD) == "2024-11-22T17:34:59"
    assert read_time(GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]) is None


@given(data=st.binary(max_size=14))
def test_any_bytes_are_a_time_or_none(data: bytes) -> None:
    time = read_time(data)
    assert time is None or len(time) == len("2024-11-22T17:34:59")
