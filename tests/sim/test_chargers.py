"""Cars and chargers: arrivals, waking, ramps, limits, full batteries, departures."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.model.charging import Outlet, OutletState
from ngair.sim.chargers import ROTATION_NAMES, build_chargers, rotation, rotation_name
from ngair.sim.options import Options
from ngair.sim.world import World

SERIAL = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{3,63}$")


def outlets(world: World) -> list[Outlet]:
    return [outlet for box in world.charge_boxes() for outlet in box.outlets]


def watch(world: World, seconds: int) -> list[Outlet]:
    """The first outlet, each second."""
    seen = []
    for _ in range(seconds):
        world.step()
        seen.append(outlets(world)[0])
    return seen


@given(seed=st.integers(0, 2**32 - 1), hour=st.floats(0, 23.9))
@settings(max_examples=40)
def test_a_car_charges_within_the_first_minute(seed: int, hour: float) -> None:
    seen = watch(World(Options(seed=seed, start_hour=hour)), 60)
    charging = [outlet for outlet in seen if outlet.state is OutletState.CHARGING]
    # Someone may look in the very minute of a departure: then the car was there and has left.
    assert charging or OutletState.FINISHING in {outlet.state for outlet in seen}
    if charging[-1:] == seen[-1:]:
        assert max(seen[-1].current_a) >= 6


def test_a_car_wakes_idles_and_ramps_at_two_amperes_a_second() -> None:
    seen = watch(World(Options()), 60)
    states = [outlet.state for outlet in seen]
    assert [states[0], states[-1]] == [OutletState.PREPARING, OutletState.CHARGING]
    currents = [outlet.current_a[0] for outlet in seen]
    idle = [amps for amps, outlet in zip(currents, seen, strict=True) if outlet.state is OutletState.CHARGING]
    assert sum(0.3 <= amps <= 1.1 for amps in idle) >= 5
    assert all(abs(after - before) <= 2.05 for before, after in pairwise(currents))
    assert seen[-1].current_a == (10.0, 10.0, 10.0)
    assert seen[-1].power_w == pytest.approx(10 * 230 * 3, rel=0.05)


def test_a_lower_limit_is_followed_within_five_seconds_and_the_ramp() -> None:
    world = World(Options(main_fuse_a=63))
    watch(world, 60)
    [box] = world.charge_boxes()
    world.set_setpoint(box.serial, 1, 6)
    seen = watch(world, 8)
    assert seen[0].current_a[0] == 10, "a car takes its time"
    assert seen[-1].current_a == (6.0, 6.0, 6.0)


def test_zero_pauses_and_a_limit_wakes_the_car_again() -> None:
    world = World(Options())
    watch(world, 60)
    [box] = world.charge_boxes()
    world.set_setpoint(box.serial, 1, 0)
    paused = watch(world, 15)
    assert {outlet.state for outlet in paused} == {OutletState.SUSPENDED_BY_CHARGER}
    assert paused[-1].current_a == (0.0, 0.0, 0.0)
    world.set_setpoint(box.serial, 1, 16)
    resumed = watch(world, 40)
    assert 0 < resumed[6].current_a[0] <= 1.1
    assert resumed[-1].state is OutletState.CHARGING
    assert resumed[-1].current_a == (16.0, 16.0, 16.0)


def test_limits_that_change_each_second_are_followed_all_the_same() -> None:
    world = World(Options(main_fuse_a=63))
    watch(world, 60)
    [box] = world.charge_boxes()
    for amps in (9, 8, 7, 8, 7, 6, 7, 6, 7, 6):
        world.set_setpoint(box.serial, 1, amps)
        world.step()
    assert outlets(world)[0].current_a[0] < 9


@pytest.mark.parametrize("amps", [-1, 1, 5, 17, 1000])
def test_limits_that_no_charger_takes_are_refused(amps: int) -> None:
    world = World(Options())
    with pytest.raises(ValueError, match=f"setpoint {amps} A: must be 0 or from 6 to 16"):
        world.set_setpoint(world.charge_boxes()[0].serial, 1, amps)


@pytest.mark.parametrize(("serial", "outlet_id"), [("SIMCB0000000199", 1), ("SIMCB0000000101", 2)])
def test_outlets_that_do_not_exist_are_refused(serial: str, outlet_id: int) -> None:
    message = f"{serial}/{outlet_id}: no such outlet; there are SIMCB0000000101/1"
    with pytest.raises(ValueError, match=message):
        World(Options()).set_setpoint(serial, outlet_id, 6)


@pytest.mark.parametrize(("cars", "numbers"), [(1, [[1]]), (2, [[1, 2]]), (3, [[1, 2], [1]])])
def test_one_outlet_a_car(cars: int, numbers: list[list[int]]) -> None:
    boxes = World(Options(cars=cars, seed=4_000_000_000)).charge_boxes()
    assert [[outlet.id for outlet in box.outlets] for box in boxes] == numbers
    assert len({box.serial for box in boxes}) == len(boxes)
    assert all(SERIAL.match(box.serial) and box.connected for box in boxes)


def test_a_whole_day_of_three_cars() -> None:
    world = World(Options(cars=3, start_hour=12))
    states: list[set[OutletState]] = [set(), set(), set()]
    phases: list[set[tuple[bool, ...]]] = [set(), set(), set()]
    energy_wh = [0, 0, 0]
    for _ in range(86_400):
        world.step()
        for index, outlet in enumerate(outlets(world)):
            states[index].add(outlet.state)
            phases[index].add(tuple(amps > 2 for amps in outlet.current_a))
            assert outlet.energy_wh >= energy_wh[index]
            energy_wh[index] = outlet.energy_wh
            assert max(outlet.current_a) <= world.options.charger_limit_a
    daily = {
        OutletState.AVAILABLE,
        OutletState.PREPARING,
        OutletState.CHARGING,
        OutletState.SUSPENDED_BY_VEHICLE,
        OutletState.FINISHING,
    }
    assert states == [daily, daily, daily]
    nothing = (False, False, False)
    three = {nothing, (True, True, True)}
    assert phases == [three, {nothing, (False, True, False)}, three]
    assert all(3_000 < wh < 40_000 for wh in energy_wh)


@given(seed=st.integers(0, 1000), changes=st.lists(st.tuples(st.integers(1, 30), st.integers(5, 16)), max_size=20))
@settings(max_examples=40)
def test_a_car_never_exceeds_the_highest_limit_nor_ramps_faster(seed: int, changes: list[tuple[int, int]]) -> None:
    world = World(Options(seed=seed))
    serial = world.charge_boxes()[0].serial
    highest_a, before = 10, 0.0
    for seconds, amps in changes:
        world.set_setpoint(serial, 1, 0 if amps == 5 else amps)
        highest_a = max(highest_a, amps)
        for outlet in watch(world, seconds):
            now = outlet.current_a[0]
            assert now <= highest_a
            assert outlet.state is OutletState.FINISHING or abs(now - before) <= 2.11
            before = now


@pytest.mark.parametrize(("cars", "main_fuse_a"), [(1, 16), (2, 16), (1, 25), (2, 25), (3, 25), (3, 35)])
def test_house_and_cars_usually_fit_the_main_fuse(cars: int, main_fuse_a: int) -> None:
    world = World(Options(cars=cars, main_fuse_a=main_fuse_a, family="se"))
    over = 0
    for _ in range(86_400):
        world.step()
        over += max(world.state.current_a) > main_fuse_a
    assert over / 86_400 < 0.05


def test_an_outlet_tells_its_phases_by_the_house_s_and_the_car_s_once_it_draws() -> None:
    world = World(Options(cars=2, start_hour=20))
    before = outlets(world)[1]
    assert (before.min_a, before.max_a, before.phases, before.car_phases) == (6, 16, (True, True, True), None)
    for _ in range(60):
        world.step()
    three, one = outlets(world)
    assert three.car_phases == (True, True, True)
    assert one.car_phases == (False, True, False), "a one-phase car on a charger whose first phase is on L2"


def test_what_a_charger_tells_has_the_time_that_it_is_given() -> None:
    [charger] = build_chargers(Options(cars=2), 0)
    assert [outlet.told_at_s for outlet in charger.charge_box(12.5).outlets] == [12.5, 12.5]
    assert [outlet.told_at_s for outlet in charger.charge_box().outlets] == [None, None]


def test_each_rotation_has_a_name() -> None:
    meant = {name: rotation(name) for name in ROTATION_NAMES}
    assert meant == {
        "RST": (0, 1, 2),
        "RTS": (0, 2, 1),
        "SRT": (1, 0, 2),
        "STR": (1, 2, 0),
        "TRS": (2, 0, 1),
        "TSR": (2, 1, 0),
    }
    assert [rotation_name(phases) for phases in meant.values()] == list(meant)
