"""The clairvoyant's bound is what its words say: nothing that fits is more, and what it tells fits."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ngair.sim.cars import TAPER_WS
from ngair.sim.dates import DAY_S
from ngair.sim.days.optimum import WATTS_PER_AMPERE, best_share, optimum
from ngair.sim.days.trace import CarTrace, Trace

PHASES = st.sampled_from([(0,), (1,), (2,), (0, 1), (2, 0), (0, 1, 2)])
STEPS = st.sampled_from([tuple(range(6, 17)), tuple(range(8, 17)), tuple(range(6, 11))])
TAKERS = st.lists(st.tuples(PHASES, STEPS), min_size=1, max_size=3).map(tuple)
FREE = st.tuples(*[st.integers(-20, 40)] * 3)


@given(TAKERS, FREE)
def test_no_legal_setpoints_that_fit_are_more(
    takers: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...], free: tuple[int, int, int]
) -> None:
    sums = [
        sum(a * len(phases) for a, (phases, _) in zip(amps, takers, strict=True))
        for amps in product(*((0, *steps_a) for _, steps_a in takers))
        if all(
            sum(a for a, (phases, _) in zip(amps, takers, strict=True) if phase in phases) <= max(0, free[phase])
            for phase in range(3)
        )
    ]
    best = best_share(takers, free)
    assert best.sum_a == max(sums)
    assert abs(sum(best.watts) - best.sum_a * WATTS_PER_AMPERE) < 1e-6
    assert best.fair_a <= best.sum_a


def test_fair_is_as_many_as_can_and_then_the_least_served() -> None:
    one_phase, three_phase = ((0,), tuple(range(6, 17))), ((0, 1, 2), tuple(range(6, 17)))
    best = best_share((one_phase, three_phase), (16, 16, 16))
    assert best.sum_a == 16 * 3
    assert best.fair_a == 8 + 8 * 3


def test_a_lone_car_gets_the_whole_amperes_that_the_fullest_of_its_phases_leaves() -> None:
    found = optimum(one_car([10.2] * DAY_S, [3.0] * DAY_S, plugged_s=100, wanted_ws=10**9), 25)
    assert found.level_a[DAY_S // 2] == 14 * 2
    assert set(found.limited[100:]) == {1}
    assert not any(found.limited[:100])
    assert found.fair_a == found.level_a


def test_it_rises_no_faster_than_the_car_and_falls_at_once() -> None:
    house_a = [5.0] * 1000 + [15.0] * 10 + [5.0] * (DAY_S - 1010)
    level_a = optimum(one_car(house_a, [0.0] * DAY_S, plugged_s=100, wanted_ws=10**9), 25).level_a
    assert [a / 2 for a in level_a[99:110]] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 16, 16]
    assert [a / 2 for a in level_a[999:1016]] == [16, *[10] * 10, 12, 14, 16, 16, 16, 16]


def test_less_than_the_least_current_is_nothing() -> None:
    found = optimum(one_car([19.5] * DAY_S, [0.0] * DAY_S, plugged_s=100, wanted_ws=10**9), 25)
    assert not any(found.level_a)
    assert found.limited[100] == 1
    assert found.counts[0][100] == 1, "a car that wants more and can get nothing still wants more"


def test_seconds_count_until_the_optimum_has_filled_the_car() -> None:
    seconds = 3000
    wanted_ws = TAPER_WS + 16 * 2 * WATTS_PER_AMPERE * seconds
    found = optimum(one_car([0.0] * DAY_S, [0.0] * DAY_S, plugged_s=0, wanted_ws=wanted_ws), 25)
    assert seconds <= sum(found.counts[0]) <= seconds + 10, "a ramp longer"
    assert sum(found.level_a) * WATTS_PER_AMPERE >= wanted_ws - TAPER_WS


def test_a_car_that_is_full_in_truth_counts_no_more() -> None:
    trace = one_car([0.0] * DAY_S, [0.0] * DAY_S, plugged_s=0, wanted_ws=10**9)
    trace.cars[0].wanting[500:] = bytes(DAY_S - 500)
    found = optimum(trace, 25)
    assert sum(found.counts[0]) == 500
    assert not any(found.level_a[500:])


def one_car(one_a: list[float], other_a: list[float], *, plugged_s: int, wanted_ws: float) -> Trace:
    """A car on L1 and L2 that wants more until the end of the day."""
    car = CarTrace(
        phases=(0, 1),
        steps_a=tuple(range(6, 17)),
        ramp_a=2,
        current_a=[0.0] * DAY_S,
        wanting=bytearray(second >= plugged_s for second in range(DAY_S)),
        setpoint_a=bytearray(DAY_S),
        more_ws={plugged_s: wanted_ws},
    )
    return Trace(house_a=(one_a, other_a, other_a), cars=[car])
