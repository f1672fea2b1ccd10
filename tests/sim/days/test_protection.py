"""The main fuse and breakers open where their standards let them open earliest, and earlier when they are warm."""

from __future__ import annotations

import pytest

from ngair.sim.days.protection import BREAKER_B, BREAKER_C, GG_GATES_A, Device, devices, gg_fuse, wear

HOUR_S = 3600
COLD = [0.0]


def opens_after_s(device: Device, rated_a: float, share: float, *, warmed_by: float = 0.0) -> int | None:
    """Seconds at a multiple of the rated current until it opens for the first time; `None` within two hours."""
    before = [warmed_by * rated_a] * HOUR_S
    current_a = share * rated_a
    low, high = 0, 2 * HOUR_S
    if not wear(device, rated_a, before + [current_a] * high).openings:
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        if wear(device, rated_a, before + [current_a] * middle).openings:
            high = middle
        else:
            low = middle
    return high


@pytest.mark.parametrize("rated_a", GG_GATES_A)
class TestGgFuse:
    """IEC 60269-1: conventional currents and gates of gG fuse-links."""

    def test_carries_its_conventional_non_fusing_current_for_an_hour_and_longer(self, rated_a: int) -> None:
        assert opens_after_s(gg_fuse(rated_a), rated_a, 1.25) is None

    def test_opens_at_its_conventional_fusing_current_within_the_hour(self, rated_a: int) -> None:
        after_s = opens_after_s(gg_fuse(rated_a), rated_a, 1.6)
        assert after_s is not None
        assert after_s < HOUR_S

    def test_survives_each_gate_for_its_time_and_not_much_longer(self, rated_a: int) -> None:
        fuse = gg_fuse(rated_a)
        for current_a, seconds in zip(GG_GATES_A[rated_a], (10, 0.1), strict=True):
            assert fuse.curve_s(current_a / rated_a) == pytest.approx(seconds)
        after_s = opens_after_s(fuse, rated_a, GG_GATES_A[rated_a][0] / rated_a)
        assert after_s is not None
        assert 8 <= after_s <= 11, "taken in steps upwards, so a little early"

    def test_a_larger_current_opens_it_earlier(self, rated_a: int) -> None:
        times_s = [gg_fuse(rated_a).curve_s(share / 100) for share in range(126, 500)]
        assert times_s == sorted(times_s, reverse=True)


@pytest.mark.parametrize("breaker", [BREAKER_B, BREAKER_C], ids=lambda breaker: f"type-{breaker.name}")
class TestBreakers:
    """IEC 60898-1: time-current operating characteristics."""

    def test_carries_its_conventional_non_tripping_current_for_an_hour_and_longer(self, breaker: Device) -> None:
        assert opens_after_s(breaker, 20, 1.13) is None

    def test_opens_at_its_conventional_tripping_current_within_the_hour(self, breaker: Device) -> None:
        after_s = opens_after_s(breaker, 20, 1.45)
        assert after_s is not None
        assert 60 < after_s < HOUR_S

    def test_survives_2_55_in_for_a_second_and_no_minute(self, breaker: Device) -> None:
        assert breaker.curve_s(2.55) == pytest.approx(1)
        after_s = opens_after_s(breaker, 20, 2.55)
        assert after_s is not None
        assert 1 <= after_s < 60

    def test_is_quicker_when_it_was_loaded_before(self, breaker: Device) -> None:
        cold_s, warm_s = (opens_after_s(breaker, 20, 1.45, warmed_by=share) for share in (0.0, 0.95))
        assert cold_s is not None
        assert warm_s is not None
        assert warm_s < cold_s / 2

    def test_two_overloads_are_more_than_one(self, breaker: Device) -> None:
        after_s = opens_after_s(breaker, 20, 1.6)
        assert after_s is not None
        once = [0.0] * 60 + [32.0] * (after_s - 5)
        assert wear(breaker, 20, once).openings == 0
        assert wear(breaker, 20, once + [10.0] * 20 + once).openings > 0


def test_only_type_b_opens_at_once_between_three_and_five_times() -> None:
    surge = [10.0] * 60 + [20 * 3.1] + [10.0] * 60
    assert [wear(device, 20, surge).openings for device in (BREAKER_B, BREAKER_C)] == [1, 1]
    assert wear(BREAKER_C, 20, [0.0, 20 * 5.1, 0.0]).openings == 1


def test_a_load_at_the_rated_current_wears_nothing_out() -> None:
    for device in devices(25):
        worn = wear(device, 25, [25.0] * 2 * HOUR_S)
        assert worn.openings == 0
        assert worn.nearest < 1


def test_how_near_it_came_is_told_before_it_opens() -> None:
    near = [wear(BREAKER_B, 20, [18.0] * 600 + [28.0] * seconds).nearest for seconds in (0, 20, 40)]
    assert near == sorted(near)
    assert near[-1] < 1


def test_a_rating_without_gates_is_refused() -> None:
    with pytest.raises(KeyError):
        gg_fuse(17)
