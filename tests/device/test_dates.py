"""Which times the wall clock can show."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.dates import Dates
from ngair.model.limits import CLOCK_BEHIND_MAX_S, CLOCK_EARLIEST_S

NOW_S = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
HOUR_S, DAY_S = 3600.0, 86_400.0


def test_the_earliest_time_is_that_of_this_version() -> None:
    assert datetime.fromtimestamp(CLOCK_EARLIEST_S, UTC) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("wall_s", [-5.0, 0.0, 60.0, CLOCK_EARLIEST_S - 1])
def test_a_time_before_this_version_cannot_be(wall_s: float) -> None:
    assert not Dates().can_be(wall_s)


@pytest.mark.parametrize(
    ("been", "can_be"),
    [
        ([], True),
        ([NOW_S - DAY_S, 0.0], True),
        ([NOW_S], True),
        ([NOW_S + 1], False),
        ([NOW_S - DAY_S, NOW_S + HOUR_S], False),
        ([NOW_S + CLOCK_BEHIND_MAX_S], False),
        ([NOW_S + CLOCK_BEHIND_MAX_S + 1], True),
        ([NOW_S + 10_000 * DAY_S], True),
        ([NOW_S + 10_000 * DAY_S, NOW_S + HOUR_S], False),
    ],
)
def test_what_has_been_is_over_unless_it_was_a_wrong_clock(been: list[float], can_be: bool) -> None:
    assert Dates(been).can_be(NOW_S) is can_be
    later = Dates()
    for at_s in been:
        later.been(at_s)
    assert later.can_be(NOW_S) is can_be


@given(st.lists(st.floats(0, 4e9)), st.floats(CLOCK_EARLIEST_S, 4e9))
def test_nobody_waits_longer_than_a_week(been: list[float], wall_s: float) -> None:
    dates = Dates(been)
    assert dates.can_be(wall_s) or any(wall_s < at_s <= wall_s + CLOCK_BEHIND_MAX_S for at_s in been)
    if been:
        assert dates.can_be(max(CLOCK_EARLIEST_S, *been))


@given(st.lists(st.floats(0, 4e9)), st.floats(CLOCK_EARLIEST_S, 4e9), st.floats(0, 4e9))
def test_after_long_waiting_only_what_cannot_be_is_refused(been: list[float], wall_s: float, later_s: float) -> None:
    dates = Dates(been)
    dates.wait_no_more()
    dates.been(later_s)
    assert dates.can_be(wall_s)
    assert not dates.can_be(CLOCK_EARLIEST_S - 1)
