"""Cars by themselves: ramps, least currents, waking, sleep, faults, full batteries, warmth before leaving."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.sim.car_models import CAR_MODELS, CarModel
from ngair.sim.cars import FAULT_WINDOW_S, PREHEAT_S, Car
from ngair.sim.dates import DAY_S

EVENING_S = 17 * 3600
MODELS = {model.name: model for model in CAR_MODELS}
any_model = pytest.mark.parametrize("model", CAR_MODELS, ids=lambda model: model.name)


def at_home(model: CarModel, seed: int = 1) -> Car:
    car = Car(model, seed, 1, EVENING_S, at_home=True)
    car.live(EVENING_S)
    return car


def drawn(car: Car, limits_a: Iterable[float]) -> list[float]:
    return [car.draw(limit_a) for limit_a in limits_a]


def for_s(seconds: int, limit_a: float) -> list[float]:
    return [limit_a] * seconds


def test_the_models_are_what_the_field_has() -> None:
    assert len(MODELS) == len(CAR_MODELS)
    assert {model.phases for model in CAR_MODELS} == {1, 2, 3}
    assert {10, 13, 16, 32} == {model.max_a for model in CAR_MODELS}
    assert {6, 8} == {model.min_a for model in CAR_MODELS}
    assert all(0.3 <= model.idle_a <= 1.1 and 0 < model.follow_s <= 5 for model in CAR_MODELS)
    assert any(model.sleeps_after_s for model in CAR_MODELS)
    assert any(model.faults_after for model in CAR_MODELS)
    assert any(model.preheat_wh for model in CAR_MODELS)


@any_model
def test_a_car_idles_wakes_ramps_and_takes_what_it_can(model: CarModel) -> None:
    seen = drawn(at_home(model), for_s(120, 32))
    assert seen[: model.follow_s] == [0] * model.follow_s
    idle = [amps for amps in seen if 0 < amps <= model.idle_a]
    assert len(idle) >= model.wake_s - 1
    assert seen[-1] == model.max_a
    rises = [after - before for before, after in pairwise(seen)]
    assert max(rises) == pytest.approx(model.ramp_up_a)


@any_model
def test_a_lower_limit_is_followed_within_five_seconds_and_five_of_ramp(model: CarModel) -> None:
    car = at_home(model)
    drawn(car, for_s(120, 16))
    seen = drawn(car, for_s(10, 8))
    assert seen[-1] == min(8, model.max_a)
    assert seen[: model.follow_s] == [min(16, model.max_a)] * model.follow_s


@any_model
def test_below_its_least_current_it_takes_nothing(model: CarModel) -> None:
    car = at_home(model)
    drawn(car, for_s(120, 16))
    below_a = model.min_a - 1
    assert drawn(car, for_s(60, below_a))[-1] == 0
    assert drawn(car, for_s(120, model.min_a))[-1] == model.min_a


def test_limits_that_change_all_the_time_do_not_keep_a_car_from_following() -> None:
    car = at_home(MODELS["van"])
    drawn(car, for_s(120, 16))
    restless = [12 if second % 2 else 11 for second in range(30)]
    assert drawn(car, restless)[-1] <= 12


def test_a_car_that_sleeps_wakes_only_when_it_is_stopped_and_offered_again() -> None:
    model = MODELS["sleeper"]
    assert model.sleeps_after_s
    car = at_home(model)
    drawn(car, for_s(60, 16))
    drawn(car, for_s(model.sleeps_after_s + 10, 0))
    asleep = drawn(car, for_s(600, 16))
    assert max(asleep) == asleep[-1] == model.idle_a
    drawn(car, for_s(model.follow_s + 2, 0))
    assert drawn(car, for_s(60, 16))[-1] == 16


def test_a_short_pause_puts_nobody_to_sleep() -> None:
    model = MODELS["sleeper"]
    assert model.sleeps_after_s
    car = at_home(model)
    drawn(car, for_s(60, 16))
    drawn(car, for_s(model.sleeps_after_s // 2, 0))
    assert drawn(car, for_s(60, 16))[-1] == 16


@pytest.mark.parametrize("name", ["fast", "delicate"])
def test_quick_stops_make_it_fault_until_it_is_unplugged(name: str) -> None:
    model = MODELS[name]
    assert model.faults_after
    car = at_home(model)
    faulted = []
    for _ in range(model.faults_after):
        drawn(car, [*for_s(40, 16), *for_s(20, 0)])
        faulted.append(car.is_faulted)
    assert faulted == [False] * (model.faults_after - 1) + [True]
    assert max(drawn(car, for_s(FAULT_WINDOW_S * 2, 16))[10:]) == 0
    _live_to(car, EVENING_S, home=False)
    _live_to(car, EVENING_S, home=True)
    assert max(drawn(car, for_s(120, 16))) > 6


def test_slow_stops_are_borne() -> None:
    model = MODELS["delicate"]
    assert model.faults_after
    car = at_home(model)
    apart_s = FAULT_WINDOW_S // (model.faults_after - 1)
    for _ in range(4 * model.faults_after):
        drawn(car, [*for_s(apart_s, 16), *for_s(60, 0)])
    assert not car.is_faulted


def test_a_blip_shorter_than_it_takes_to_follow_is_no_stop() -> None:
    model = MODELS["delicate"]
    car = at_home(model)
    for _ in range(20):
        drawn(car, [*for_s(40, 16), *for_s(model.follow_s - 1, 0)])
    assert not car.is_faulted


@any_model
def test_it_tapers_and_is_full_in_the_end(model: CarModel) -> None:
    car = at_home(model)
    currents = []
    while not car.is_full:
        currents.append(car.draw(16))
        car.take(round(currents[-1] * 230 * model.phases))
        assert len(currents) < DAY_S
    most_a = min(16, model.max_a)
    assert max(currents) == most_a
    assert currents[-1] == pytest.approx(model.taper_min_a, abs=0.1)
    taper = currents[currents.index(most_a) :]
    assert all(after <= before for before, after in pairwise(taper))
    assert drawn(car, for_s(60, 16))[-1] == 0


@any_model
def test_those_that_heat_want_again_before_they_leave(model: CarModel) -> None:
    car = at_home(model)
    car.take(100_000 * 3600)
    assert car.is_full
    wanted_at_s = next((second for second in _seconds_at_home(car) if not car.is_full), None)
    if wanted_at_s is None:
        assert not model.preheat_wh
        return
    left_s = _live_to(car, wanted_at_s, home=False)
    assert left_s - wanted_at_s == PREHEAT_S
    assert not car.is_full


def test_warmth_is_wanted_each_morning_once() -> None:
    car = at_home(MODELS["northern"])
    wanted = 0
    for second in range(EVENING_S, EVENING_S + 3 * DAY_S, 10):
        was_home, was_full = car.is_home, car.is_full
        car.live(second)
        wanted += car.is_home and was_home and was_full and not car.is_full
        car.take(100_000 * 3600)
    assert wanted == 3


@any_model
def test_the_seed_alone_decides(model: CarModel) -> None:
    def life(seed: int) -> list[float]:
        car = Car(model, seed, 1, EVENING_S, at_home=False)
        seen = []
        for second in range(EVENING_S, EVENING_S + DAY_S, 60):
            car.live(second)
            seen.append(car.draw(16) if car.is_home else -1.0)
            car.take(round(max(0.0, seen[-1]) * 230 * 60))
        return seen

    assert life(7) == life(7)
    assert life(7) != life(8)


@given(
    model=st.sampled_from(CAR_MODELS),
    steps=st.lists(st.tuples(st.integers(1, 60), st.sampled_from([0, *range(6, 33)])), min_size=1, max_size=20),
)
def test_it_never_exceeds_the_highest_limit_nor_its_ramps(model: CarModel, steps: list[tuple[int, int]]) -> None:
    car = at_home(replace(model, faults_after=4))
    before, highest_a = 0.0, 0
    for seconds, limit_a in steps:
        highest_a = max(highest_a, limit_a)
        for amps in drawn(car, for_s(seconds, limit_a)):
            assert 0 <= amps <= max(min(highest_a, model.max_a), model.idle_a)
            assert -model.ramp_down_a - 1e-9 <= amps - before <= model.ramp_up_a + 1e-9
            before = amps


def _live_to(car: Car, start_s: int, *, home: bool) -> int:
    for second in range(start_s, start_s + 2 * DAY_S):
        car.live(second)
        if car.is_home == home:
            return second
    raise AssertionError("it stays as it is")


def _seconds_at_home(car: Car) -> Iterable[int]:
    for second in range(EVENING_S, EVENING_S + 2 * DAY_S):
        car.live(second)
        if not car.is_home:
            return
        yield second
