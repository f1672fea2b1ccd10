"""Several outlets under a tree of fuses."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Rule
from ngair.model.rules import MAIN_FUSE, Fuse, OutletWish, Pace, Wishes
from tests.balance.plant import Car, Plant, steady, steps
from tests.balance.scene import MAIN, Scene, two


def test_two_cars_share_and_say_so() -> None:
    scene = Scene(outlets=two(), house_a=5).run(100)
    assert sorted((scene.given(1), scene.given(2))) == [9, 10]
    reason = scene.setpoint(1).reason
    assert (reason.rule, reason.fuse) == (Rule.SHARE, MAIN_FUSE)
    assert "another car" in reason.text


def test_priority_is_served_first() -> None:
    scene = Scene(outlets=two(), house_a=5)
    scene.wish(2, priority=3)
    scene.run(100)
    assert (scene.given(1), scene.given(2)) == (0, 16)
    scene.house_a = 1
    scene.run(200)
    assert (scene.given(1), scene.given(2)) == (7, 16)


def test_a_one_phase_car_takes_nothing_of_the_others_phases() -> None:
    one = Outlet(id=1, state=OutletState.CHARGING, car_phases=(True, False, False))
    other = Outlet(id=2, state=OutletState.CHARGING, car_phases=(False, True, True))
    scene = Scene(outlets=(one, other), house_a=8).run(100)
    assert (scene.given(1), scene.given(2)) == (16, 16)


def test_the_phases_of_a_car_are_learnt_from_what_it_draws() -> None:
    cars = [Car(phases=(True, False, False)), Car(outlet_id=2, phases=(False, True, False))]
    plant = Plant(steady(8), cars)
    plant.run(400)
    assert plant.history[-1] == (16, 16)


def test_too_little_for_all_lets_them_take_turns_of_equal_length() -> None:
    scene = Scene(outlets=two(), house_a=14, pace=Pace(turn_s=300)).run(7200)
    times = [sum(row[n] > 0 for row in scene.seen[600:]) for n in (1, 2)]
    assert abs(times[0] - times[1]) <= 450
    assert min(times) > 2500
    assert all(row[1] + row[2] <= 10 for row in scene.seen[40:])
    waiting = 1 if scene.given(1) == 0 else 2
    reason = scene.setpoint(waiting).reason
    assert reason.rule is Rule.TURN
    assert reason.until_s is not None
    assert reason.until_s > scene.now_s - 1


def test_three_take_turns_too() -> None:
    outlets = (*two(), Outlet(id=3, state=OutletState.CHARGING))
    scene = Scene(outlets=outlets, house_a=11, pace=Pace(turn_s=300, restart_after_s=30)).run(9000)
    times = [sum(row[n] > 0 for row in scene.seen[600:]) for n in (1, 2, 3)]
    assert max(times) - min(times) <= 700
    assert all(sum(a > 0 for a in row.values()) <= 2 for row in scene.seen[60:])


def test_who_charges_is_not_interrupted_by_one_who_comes() -> None:
    outlet, later = two()
    scene = Scene(outlets=(outlet, replace(later, state=OutletState.AVAILABLE)), house_a=14)
    scene.run(200)
    scene.becomes(2, OutletState.CHARGING)
    scene.run(600)
    assert (scene.given(1), scene.given(2)) == (10, 0)


def test_a_car_that_comes_takes_its_share_once_the_other_has_followed() -> None:
    plant = Plant(steady(5), [Car(), Car(outlet_id=2, wants_from_s=300)])
    plant.run(299)
    assert plant.history[-1][0] == 16
    plant.run(60)
    assert sorted(plant.history[-1]) == [9, 10]
    assert max(max(row) for row in plant.carried[300:]) <= 25


def test_a_fuse_below_with_its_own_meter() -> None:
    garage = Fuse(name="garage", rating_a=(16, 16, 16), under=MAIN_FUSE, chargers=("CHARGER1",), meter="sim:")
    scene = Scene(fuses=(MAIN, garage), house_a=4)
    scene.subs = {"garage": 3}
    scene.run(100)
    assert scene.given() == 12
    assert scene.setpoint().reason.fuse == "garage"
    scene.subs = {"garage": 8}
    scene.run(11)
    assert scene.given() == 7
    assert "of garage" in scene.setpoint().reason.text


def test_a_fuse_below_without_a_meter_reserves_what_is_declared() -> None:
    garage = Fuse(name="garage", rating_a=(16, 16, 16), under=MAIN_FUSE, chargers=("CHARGER1/1",), reserve_a=(0, 5, 0))
    scene = Scene(fuses=(MAIN, garage), outlets=two(), house_a=0).run(100)
    assert scene.given(1) == 10
    assert scene.given(2) == 14
    assert scene.setpoint(1).reason.phase == "L2"


def test_a_limit_on_power() -> None:
    scene = Scene(fuses=(replace(MAIN, power_max_w=11_000),), house_a=4).run(100)
    assert scene.given() == int((11_000 - 230 - 4 * 3 * 230) / 690)
    assert scene.setpoint().reason.rule is Rule.POWER
    assert "kW" in scene.setpoint().reason.text


def test_no_main_fuse_no_charging() -> None:
    scene = Scene(fuses=()).run(60)
    assert scene.given() == 0
    assert "main fuse" in scene.setpoint().reason.text
    assert scene.decision.headrooms == ()


@pytest.mark.parametrize("fuse", ["nowhere", "loop"])
def test_a_tree_that_is_none_still_hangs_at_the_main_fuse(fuse: str) -> None:
    strange = (
        Fuse(name="loop", rating_a=(32, 32, 32), under="pool", chargers=("CHARGER1",)),
        Fuse(name="pool", rating_a=(32, 32, 32), under=fuse),
    )
    scene = Scene(fuses=(MAIN, *strange), house_a=14).run(100)
    assert scene.given() == 10


def test_outlets_come_and_go() -> None:
    scene = Scene(outlets=two(), house_a=5).run(100)
    del scene.outlets[2]
    scene.run(100)
    assert [setpoint.outlet_id for setpoint in scene.decision.setpoints] == [1]
    assert scene.given(1) == 16
    scene.site = replace(scene.site, charge_boxes=(*scene.site.charge_boxes, ChargeBox(serial="X", identity="X")))
    scene.balancer.decide(scene.site, scene.now_s)


def test_a_car_that_does_not_follow_is_counted_with_what_it_draws() -> None:
    """The first ignores its setpoint and draws 16 A: the other gets only what that leaves."""
    scene = Scene(outlets=two(), house_a=5)
    stubborn = (16, 16, 16)
    followed = scene.drawn
    scene.drawn = lambda outlet: stubborn if outlet.id == 1 else followed(outlet)  # type: ignore[method-assign]  # its car
    scene.run(200)
    assert scene.given(2) == 0
    assert scene.given(1) > 0


def test_equal_cars_end_within_an_ampere_after_a_troubled_day() -> None:
    house = steps(*[(97 * n, 2 + (n * 7) % 13) for n in range(1, 60)], (1e9, 6))
    plant = Plant(
        house, [Car(), Car(outlet_id=2), Car(serial="OTHER")], fuses=(Fuse(name=MAIN_FUSE, rating_a=(40,) * 3),)
    )
    plant.run(97 * 60 + 900)
    assert max(plant.history[-1]) - min(plant.history[-1]) <= 1
    assert sum(plant.history[-1]) >= 31


def test_a_reserved_priority_does_not_start_a_low_one_on_scraps() -> None:
    plant = Plant(
        steady(10),
        [Car(), Car(outlet_id=2)],
        wishes=Wishes(outlets={"CHARGER1/2": OutletWish(priority=1)}),
    )
    plant.run(300)
    assert plant.history[-1] == (0, 14)
    assert plant.decision.setpoints[0].reason.rule is Rule.SHARE
