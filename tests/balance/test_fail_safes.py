"""Silence of the meter, of the charger, of both; steps of the clock; impossible readings; restarts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.charging import Outlet, OutletState
from ngair.model.decision import FailSafeKind, Rule
from ngair.model.rules import MAIN_FUSE, Fuse, Pace
from ngair.model.site import apply
from tests.balance.plant import Car, Plant, reading, steady, telegram
from tests.balance.scene import MAIN, Scene, two


def test_a_silent_meter_first_holds_then_falls_back_with_a_countdown() -> None:
    scene = Scene(house_a=4).run(201)
    scene.meter_speaks = False
    scene.run(17)
    assert scene.given() == 16
    assert scene.setpoint().reason.rule is Rule.HOLD
    late = scene.fail_safe(FailSafeKind.METER_SILENT)
    assert late is not None
    assert late.subject == MAIN_FUSE
    assert late.until_s == 1230
    assert scene.setpoint().reason.until_s == 1230
    scene.run(13)
    assert scene.given() == 16
    scene.run(1)
    assert scene.given() == 6
    assert scene.setpoint().reason.rule is Rule.FALLBACK
    assert scene.fail_safe(FailSafeKind.METER_SILENT) is not None
    scene.run(600)
    assert {row[1] for row in scene.seen[-600:]} == {6}


@pytest.mark.parametrize("cadence_s", [1, 10])
def test_after_silence_the_way_back_is_proven_anew(cadence_s: int) -> None:
    scene = Scene(house_a=4, cadence_s=cadence_s).run(400)
    scene.meter_speaks = False
    scene.run(120)
    scene.meter_speaks = True
    assert 20 <= scene.seconds_until(1, 16) <= 45
    assert scene.fail_safe(FailSafeKind.METER_SILENT) is None


def test_a_stopped_car_gets_the_declared_reserve_after_a_while() -> None:
    scene = Scene(house_a=22).run(201)
    assert scene.given() == 0
    scene.meter_speaks = False
    scene.run(40)
    reason = scene.setpoint().reason
    assert reason.rule is Rule.FALLBACK
    assert reason.until_s is not None
    assert scene.fail_safe(FailSafeKind.METER_SILENT).until_s == reason.until_s  # type: ignore[union-attr]  # else it fails
    waited_s = scene.seconds_until(1, 6)
    assert scene.now_s - 1 == pytest.approx(reason.until_s, abs=2)
    assert waited_s + 40 >= 30


def test_without_a_declared_reserve_a_silent_meter_is_a_pause() -> None:
    scene = Scene().run(200)
    scene.wish(fallback_a=0)
    scene.meter_speaks = False
    scene.run(400)
    assert {row[1] for row in scene.seen[-360:]} == {0}
    scene.wish(fallback_a=8)
    scene.run(100)
    assert scene.given() == 8


def test_a_paused_one_stays_paused_on_stale_data() -> None:
    scene = Scene().run(200)
    scene.wish(paused=True)
    scene.meter_speaks = False
    scene.run(400)
    assert scene.given() == 0


def test_a_phase_that_is_not_told_counts_as_full() -> None:
    scene = Scene(house_a=4).run(200)
    scene.reading = replace(reading((10, 10, 10)), current_a=(10, None, 10), phase_power_w=(0, None, 0))
    scene.run(100)
    assert scene.given() == 6
    unknown = scene.fail_safe(FailSafeKind.METER_SILENT)
    assert unknown is not None
    assert "L2" in unknown.text
    assert scene.decision.headrooms[0].left_a[1] is None


def test_a_phase_that_is_not_told_does_not_touch_a_car_on_another() -> None:
    outlet = Outlet(id=1, state=OutletState.CHARGING, car_phases=(True, False, False))
    scene = Scene(outlets=(outlet,), house_a=4).run(200)
    scene.reading = replace(reading((20, 4, 4)), current_a=(20, None, 4), phase_power_w=(4600, None, 900))
    scene.run(100)
    assert scene.given() == 16


@pytest.mark.parametrize("wrong", [(2000.0, 4.0, 4.0), (float("nan"), 4.0, 4.0), (4.0, 4.0, float("inf"))])
def test_impossible_readings_are_no_readings(wrong: tuple[float, float, float]) -> None:
    scene = Scene(house_a=4).run(200)
    scene.reading = replace(reading((4, 4, 4)), current_a=wrong)
    scene.run(15)
    found = scene.fail_safe(FailSafeKind.READING_IMPOSSIBLE)
    assert found is not None
    assert found.until_s is not None
    scene.run(20)
    assert scene.given() == 6
    scene.reading = None
    scene.run(60)
    assert scene.given() == 16
    assert scene.fail_safe(FailSafeKind.READING_IMPOSSIBLE) is None


def test_impossible_readings_do_not_stretch_how_long_old_ones_count() -> None:
    """The meter's pace quickens while all it says is impossible: the last good reading ages by the quick pace."""
    scene = Scene(house_a=4).run(201)
    scene.reading = replace(reading((4, 4, 4)), current_a=(5000, 4, 4))
    scene.cadence_s = 1
    scene.run(9)
    scene.meter_speaks = False
    scene.run(17)
    assert not scene.site.meter.is_fresh(scene.now_s)
    assert scene.given() == 6


def test_a_silent_charger_keeps_its_last_setpoint_reserved() -> None:
    plant = Plant(steady(4), [Car(), Car(serial="OTHER")])
    plant.run(200)
    assert set(plant.history[-1]) == {10}
    plant.mute = lambda serial, now_s: serial == "OTHER"
    plant.run(120)
    silent = [one for one in plant.decision.fail_safes if one.kind is FailSafeKind.CHARGER_SILENT]
    assert [one.subject for one in silent] == ["OTHER"]
    assert "10 A" in silent[0].text
    # Nothing is subtracted for it, and its ten amperes are reserved beside that: nothing is left for the other.
    assert list(plant.history[-1]) == [0, 10]
    plant.mute = lambda serial, now_s: False
    plant.run(200)
    assert plant.history[-1] == (10, 10)


def test_a_charger_that_told_nothing_yet_is_reserved_all_that_it_can_take() -> None:
    scene = Scene(outlets=two(), house_a=4)
    scene.run(100)
    unknown = scene.site.charge_boxes[0]
    fresh = replace(unknown, serial="NEW", outlets=(Outlet(id=1),))
    scene.charger_speaks = False
    for _ in range(20):
        scene.site = replace(scene.site, charge_boxes=(unknown, fresh))
        scene.run(1)
    found = scene.decision.setpoint("NEW", 1)
    assert found is not None
    assert found.setpoint_a <= 6
    assert scene.given(1) + scene.given(2) <= 8
    silent = [one.subject for one in scene.decision.fail_safes if one.kind is FailSafeKind.CHARGER_SILENT]
    assert silent == ["NEW"]


def test_a_lost_link_is_silence_at_once() -> None:
    scene = Scene().run(200)
    scene.charger_speaks = False
    scene.site = replace(scene.site, charge_boxes=(replace(scene.site.charge_boxes[0], connected=False),))
    scene.run(100)
    assert scene.fail_safe(FailSafeKind.CHARGER_SILENT) is not None
    assert scene.setpoint().reason.rule is Rule.HOLD
    assert scene.given() == 16
    scene.charger_speaks = True
    scene.run(200)
    assert scene.changes(last_s=300) == []


def test_what_a_silent_charger_cannot_be_told_is_still_decided() -> None:
    """The house alone needs the whole fuse: should the charger hear but not speak, it stops."""
    scene = Scene().run(200)
    scene.charger_speaks = False
    scene.run(60)
    scene.house_a = 25
    scene.run(11)
    assert scene.given() == 0
    scene.house_a = 4
    scene.run(300)
    assert scene.given() == 0


def test_both_silent() -> None:
    scene = Scene().run(200)
    scene.charger_speaks = scene.meter_speaks = False
    scene.run(60)
    assert scene.given() == 6
    kinds = {one.kind for one in scene.decision.fail_safes}
    assert kinds == {FailSafeKind.METER_SILENT, FailSafeKind.CHARGER_SILENT}


@pytest.mark.parametrize("step_s", [-500, -2, 61, 100_000])
def test_a_step_of_the_clock_makes_everything_stale_until_new_samples_come(step_s: int) -> None:
    scene = Scene().run(205)
    scene.now_s += step_s
    decision = scene.balancer.decide(scene.site, scene.now_s)
    assert decision.setpoints[0].setpoint_a == 6
    assert any(one.kind is FailSafeKind.CLOCK_STEPPED for one in decision.fail_safes)
    scene.run(11)
    assert scene.given() == 6
    assert scene.fail_safe(FailSafeKind.CLOCK_STEPPED) is None
    scene.run(70)
    assert scene.given() == 16


def test_a_quiet_minute_is_no_step() -> None:
    scene = Scene().run(200)
    assert not scene.balancer.decide(scene.site, scene.now_s + 59).fail_safes or all(
        one.kind is not FailSafeKind.CLOCK_STEPPED
        for one in scene.balancer.decide(scene.site, scene.now_s + 59).fail_safes
    )


def test_a_restart_while_a_car_charges_steps_to_the_minimum_and_back_once() -> None:
    plant = Plant(steady(6), [Car()])
    plant.run(300)
    plant.balancer = Balancer()
    plant.run(100)
    assert [a for _, a in plant.changes(0, 299)] == [6, 16]


def test_a_fuse_below_whose_meter_is_silent_limits_only_what_is_below_it() -> None:
    garage = Fuse(name="garage", rating_a=(25, 25, 25), under=MAIN_FUSE, chargers=("CHARGER1/1",), meter="sim:")
    scene = Scene(fuses=(MAIN, garage), outlets=two(), house_a=0)
    scene.subs = {"garage": 1}
    scene.run(200)
    assert (scene.given(1), scene.given(2)) == (12, 12)
    scene.subs = {}
    scene.run(120)
    assert (scene.given(1), scene.given(2)) == (6, 16)
    silent = scene.fail_safe(FailSafeKind.METER_SILENT)
    assert silent is not None
    assert silent.subject == "garage"


def test_on_a_fresh_main_fuse_reserves_are_within_what_is_left() -> None:
    garage = Fuse(name="garage", rating_a=(25, 25, 25), under=MAIN_FUSE, chargers=("CHARGER1",), meter="sim:")
    scene = Scene(fuses=(MAIN, garage), outlets=two(), house_a=16)
    scene.run(400)
    assert scene.given(1) + scene.given(2) <= 8


def test_a_telegram_stamped_in_the_future_is_not_believed() -> None:
    scene = Scene().run(200)
    scene.meter_speaks = False
    scene.site = apply(scene.site, telegram((0, 0, 0), scene.now_s + 1000))
    scene.run(60)
    assert scene.given() == 6


def test_a_clock_in_the_telegram_that_stands_still_is_no_dead_meter() -> None:
    scene = Scene(house_a=4).run(200)
    for counted_wh in range(30):
        scene.reading = replace(reading((20, 20, 20)), time="2000-01-01T00:00:00", energy_import_wh=counted_wh)
        scene.run(10)
    assert scene.given() == 16
    assert scene.fail_safe(FailSafeKind.METER_SILENT) is None


def test_fallbacks_are_whole_and_legal() -> None:
    scene = Scene(outlets=(Outlet(id=1, state=OutletState.CHARGING, min_a=10),), pace=Pace(fallback_a=8)).run(200)
    assert scene.given() == 16
    scene.meter_speaks = False
    scene.run(100)
    assert scene.given() == 0


def test_a_stamp_that_goes_back_makes_the_reading_as_old_as_it_says() -> None:
    scene = Scene(house_a=4).run(201)
    scene.meter_speaks = False
    scene.site = apply(scene.site, telegram((20, 20, 20), scene.now_s - 20))
    scene.run(14)
    assert not scene.site.meter.is_fresh(scene.now_s - 1)
    assert scene.given() == 6


def test_a_telegram_that_comes_out_of_order_does_not_end_the_start() -> None:
    scene = Scene(house_a=4)
    for minute in (10, 9, 8, 11):
        scene.reading = replace(reading((10, 10, 10)), time=f"2026-01-01T00:00:{minute:02}")
        scene.run(10)
        assert scene.setpoint().reason.rule is Rule.START
    scene.reading = None
    scene.run(10)
    assert scene.setpoint().reason.rule is not Rule.START
    assert scene.given() > 6


def test_a_telegram_that_is_repeated_for_ever_is_a_silent_meter() -> None:
    """Something between meter and box that hangs may say the last it heard again and again: its clock stands still."""
    scene = Scene(house_a=4).run(400)
    assert scene.site.meter.reading is not None
    scene.reading = replace(scene.site.meter.reading, time="2026-01-01T12:00:00")
    scene.run(90)
    assert scene.given() == 16
    scene.run(120)
    assert scene.given() == 6
    assert scene.fail_safe(FailSafeKind.METER_SILENT) is not None
    scene.reading = None
    scene.run(60)
    assert scene.given() == 16


def test_a_value_that_stays_the_same_is_no_silent_meter() -> None:
    scene = Scene(house_a=4).run(400)
    assert scene.site.meter.reading is not None
    scene.reading = replace(scene.site.meter.reading, time=None)
    scene.run(400)
    assert scene.given() == 16
