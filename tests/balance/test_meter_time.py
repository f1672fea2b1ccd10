"""The car's current is subtracted as it was when the meter measured; ramps move nothing."""

from __future__ import annotations

import pytest

from ngair.balance.constants import LAG_MAX_S
from ngair.balance.lag import Lag
from ngair.balance.peaks import Peaks
from ngair.balance.trace import Trace
from ngair.model.phases import KnownPhases
from ngair.model.rules import MAIN_FUSE, Fuse, Pace
from tests.balance.plant import Car, Plant, steady, steps

FIRST_S = 200
KNOWN_FAILURE = steps((FIRST_S, 4), (FIRST_S + 60, 14), (FIRST_S + 120, 20.5), (1e9, 4))
METERS = [(10, 10), (10, 0), (10, 5), (10, 14), (1, 0), (1, 2), (1, 10), (5, 7)]


@pytest.mark.parametrize(("cadence_s", "lag_s"), METERS)
def test_the_fields_known_failure(cadence_s: int, lag_s: int) -> None:
    """House 4 -> 14 -> 20.5 -> 4 A under 25 A: one step down to 10 A, one stop, one step back."""
    plant = Plant(KNOWN_FAILURE, [Car()], cadence_s=cadence_s, lag_s=lag_s)
    plant.run(FIRST_S + 120 + 200)
    changes = plant.changes(0, FIRST_S)
    assert [setpoint_a for _, setpoint_a in changes] == [10, 0, 16]
    down_s, stop_s, back_s = (at_s for at_s, _ in changes)
    assert down_s - FIRST_S <= lag_s + cadence_s
    assert stop_s - FIRST_S - 60 <= lag_s + cadence_s
    assert back_s - FIRST_S - 120 <= 180
    assert plant.cars[0].draw_a == 16


@pytest.mark.parametrize(("cadence_s", "lag_s"), METERS)
@pytest.mark.parametrize("car", [Car(), Car(phases=(False, True, False)), Car(follow_s=5), Car(follow_s=1)])
def test_a_ramp_alone_changes_nothing(cadence_s: int, lag_s: int, car: Car) -> None:
    """A car that begins beside a steady house gets one setpoint and keeps it: its ramp is no load of the house's."""
    begins = Car(phases=car.phases, follow_s=car.follow_s, wants_from_s=100, wants_until_s=400)
    plant = Plant(steady(7.4), [begins], cadence_s=cadence_s, lag_s=lag_s)
    plant.run(390)
    assert [a for _, a in plant.changes(0, 90)] == [16]
    plant.run(310)
    assert plant.changes(0, 395) == []


def test_the_lag_is_learnt_from_ramps() -> None:
    for lag_s in (0, 3, 10, 15):
        plant = Plant(steps(*[(60 * n, 4 if n % 2 else 16) for n in range(1, 15)]), [Car()], cadence_s=1, lag_s=lag_s)
        plant.run(800)
        lag = plant.balancer.lag_of(MAIN_FUSE)
        assert lag is not None
        assert lag[0] <= lag_s <= lag[1] <= lag[0] + 2, lag_s


def test_a_slow_meter_leaves_a_wider_span_that_holds_the_truth() -> None:
    plant = Plant(steps(*[(130 * n, 4 if n % 2 else 15.3) for n in range(1, 15)]), [Car()], lag_s=6)
    plant.run(1500)
    lag = plant.balancer.lag_of(MAIN_FUSE)
    assert lag is not None
    assert lag[0] <= 6 <= lag[1]


def test_until_a_lag_is_learnt_every_lag_is_possible() -> None:
    lag = Lag()
    trace = Trace()
    for second in range(60):
        trace.add(second, (10, 10, 10))
        lag.learn(second, (15 + second % 7, 20, 9), [trace])
    assert lag.least_s == 0
    assert lag.most_s == LAG_MAX_S


@pytest.mark.parametrize("lag_s", [0, 5, 10])
def test_an_overload_that_a_ramp_cannot_explain_sheds_at_once(lag_s: int) -> None:
    """The car begins its ramp, and meanwhile the house alone fills the fuse."""

    def house(now_s: float) -> KnownPhases:
        a = 4.0 if now_s < 106 else 24.5
        return (a, a, a)

    plant = Plant(house, [Car(wants_from_s=100)], cadence_s=1, lag_s=lag_s)
    plant.run(106 + lag_s + 16)
    assert plant.history[-1] == (0,)
    assert plant.changes(0, 101)[-1][0] <= 106 + lag_s + 14


def test_export_leaves_room_but_no_more_than_the_fuse_carries() -> None:
    plant = Plant(steady(-8), [Car(), Car(outlet_id=2)])
    plant.run(120)
    headroom = plant.decision.headrooms[0]
    assert headroom.other_a == pytest.approx((-8, -8, -8))
    assert headroom.left_a == pytest.approx((24, 24, 24))
    assert sum(plant.history[-1]) == 24


def test_whole_amperes_from_the_meter_keep_the_fuse() -> None:
    """A meter that rounds, a house that steps every 70 s, raises at once: over the fuse only until the meter tells."""
    house = steps(*[(70 * n, 4.4 + 3.7 * (n % 4)) for n in range(1, 40)])
    plant = Plant(house, [Car()], whole=True, pace=Pace(raise_after_s=0))
    plant.run(2400)
    over_s = [at_s for at_s, row in enumerate(plant.carried) if max(row) > 25]
    assert all((at_s % 70) <= plant.lag_s + plant.cadence_s + 10 for at_s in over_s)


def test_two_cars_ramp_together_without_a_phantom_load() -> None:
    plant = Plant(steady(5), [Car(wants_from_s=100), Car(outlet_id=2, wants_from_s=103)])
    plant.run(400)
    assert plant.history[-1] in ((10, 9), (9, 10))
    assert len(plant.changes(0, 100)) + len(plant.changes(1, 100)) <= 4


def test_peaks_remember_the_highest_of_any_while() -> None:
    peaks = Peaks()
    for at_s, value in enumerate((3, 9, 4, 7, 1, 2)):
        peaks.add(at_s, value, 100)
    assert [peaks.highest_since(at_s) for at_s in (0, 1, 2, 3, 4, 5, 6)] == [9, 9, 7, 7, 2, 2, None]
    assert [peaks.last_above(value) for value in (0, 2, 6.9, 7, 9)] == [5, 3, 3, 1, None]


def test_peaks_forget_what_is_old_and_never_grow_beyond_their_bound() -> None:
    peaks = Peaks()
    for n in range(5000):
        peaks.add(n / 100, 5000 - n, 1000)
    assert (peaks.highest_since(0) or 0) >= 5000 - 1023
    peaks.add(3000, 1, 10)
    assert peaks.highest_since(0) == 1


def test_a_trace_bounds_what_it_does_not_know() -> None:
    trace = Trace()
    assert trace.bounds(0, 5, 16) == ((0, 0, 0), (16, 16, 16))
    for second in range(10, 30):
        trace.add(second, (10, 0, 0))
    assert trace.bounds(15, 25, 16) == ((10, 0, 0), (10, 0, 0))
    assert trace.bounds(5, 25, 16) == ((0, 0, 0), (16, 16, 16))
    assert trace.bounds(29, 36, 16)[0] == (0, 0, 0)
    trace.add(30, (4, 0, 0))
    least, most = trace.bounds(28.5, 30, 16)
    assert (least[0], most[0]) == (4, 10)
    assert trace.at(29.5)[0] == 7


def test_a_main_fuse_of_unequal_phases() -> None:
    plant = Plant(
        lambda now_s: (2, 9, 3),
        [Car(), Car(outlet_id=2, phases=(True, False, False), tells_phases=True)],
        fuses=(Fuse(name=MAIN_FUSE, rating_a=(25, 20, 25)),),
    )
    plant.run(300)
    assert plant.history[-1] == (10, 12)
