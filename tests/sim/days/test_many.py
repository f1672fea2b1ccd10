"""Many days: the same whoever runs them, sums that are sums, and days that answer what they are asked."""

from __future__ import annotations

import pytest

from ngair.sim.days.many import CONTROLLERS, OURS, simulate
from ngair.sim.days.result import DayResult, total, worst

DAYS = 3


@pytest.fixture(scope="module")
def results() -> list[DayResult]:
    return simulate(11, DAYS, "max-hold", 1).days


def test_the_number_of_processes_changes_nothing(results: list[DayResult]) -> None:
    heard: list[DayResult] = []
    report = simulate(11, DAYS, "max-hold", 2, heard.append)
    assert report.days == results
    assert sorted(day.day for day in heard) == list(range(DAYS))


def test_the_seed_changes_all_but_the_kind(results: list[DayResult]) -> None:
    assert simulate(12, 2, "max-hold", 1).days != results[:2]


def test_totals_are_sums_and_quotients_of_sums(results: list[DayResult]) -> None:
    sums = total(results)
    assert sums.days_done == DAYS
    assert sums.kwh == pytest.approx(sum(day.kwh for day in results), abs=0.01)
    assert sums.ratio == pytest.approx(sums.kwh / sums.kwh_optimum, abs=1e-4)
    assert sums.seconds_over == sum(day.seconds_over for day in results)
    assert sums.changes_per_hour == pytest.approx(
        sum(day.changes for day in results) / sum(day.wanting_hours for day in results), abs=0.01
    )
    assert 0 < sums.limited_hours <= sums.counted_hours <= sums.wanting_hours


@pytest.mark.long
def test_the_fuse_is_the_limit_in_a_good_part_of_the_hours_in_which_a_car_wants_more() -> None:
    """Of the first hundred days of `scripts/bench`. Fewer would tell of themselves: fifty vary from 0.2 to 0.4."""
    share = total(simulate(1, 100, "max-hold", 2).days).limited_share
    assert share is not None
    assert share >= 0.3


def test_each_day_is_sound(results: list[DayResult]) -> None:
    for day in results:
        assert 0 <= day.kwh_fair <= day.kwh_optimum
        assert day.limited_kwh <= day.kwh + 1e-9
        assert day.stops <= day.changes
        assert day.bytes_equal in ((True,) if day.day == 0 else (None,))
        assert day.fairness is None or 0 < day.fairness <= 1
        assert (day.fairness is None) or len(day.cars) > 1


def test_the_worst_come_first(results: list[DayResult]) -> None:
    ratios = [day.ratio for day in worst(results) if day.ratio is not None and not day.trips]
    assert ratios == sorted(ratios)
    assert len(worst(results * 4)) == 10


def test_no_day_is_nothing() -> None:
    assert total([]).ratio is None
    assert total([]).changes_per_hour == 0


@pytest.mark.parametrize(
    ("days", "policy", "jobs", "told"),
    [(0, OURS, 1, "days=0"), (1, "theirs", 1, "policy=theirs"), (1, OURS, 0, "jobs=0")],
)
def test_what_cannot_be_is_refused_by_name(days: int, policy: str, jobs: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        simulate(1, days, policy, jobs)


def test_an_interrupt_ends_it_with_what_was_done() -> None:
    def interrupt(day: DayResult) -> None:
        if day.day == 1:
            raise KeyboardInterrupt

    assert [day.day for day in simulate(11, DAYS, "max-hold", 1, interrupt).days] == [0, 1]


def test_ours_and_three_policies_can_be_had() -> None:
    assert list(CONTROLLERS) == ["ours", "gain-one", "time-aligned", "max-hold"]
