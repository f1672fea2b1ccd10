"""Before the program restarts every outlet has what may be left to it while nobody decides."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.charging import Outlet, OutletState
from ngair.model.decision import Rule
from ngair.model.rules import Pace
from ngair.model.update import Update
from tests.balance.scene import Scene, two

HELD = Update(state="waiting", version="9.0.0", holding=True)


def test_it_lowers_in_the_same_decision_and_says_why() -> None:
    scene = Scene(house_a=4).run(200)
    assert scene.given() == 16
    scene.site = replace(scene.site, update=HELD)
    decision = scene.balancer.decide(scene.site, scene.now_s - 1)
    (setpoint,) = decision.setpoints
    assert (setpoint.setpoint_a, setpoint.reason.rule) == (6, Rule.RESTART)
    assert setpoint.reason.text == (
        "The program restarts with new firmware: at most the fallback current of 6 A until that has proven itself"
    )


def test_progress_alone_changes_nothing() -> None:
    scene = Scene(house_a=4).run(200)
    before = scene.decision
    scene.site = replace(scene.site, update=Update(state="receiving", progress=50))
    assert scene.balancer.decide(scene.site, scene.now_s - 1) is before


def test_nothing_rises_while_it_holds_and_everything_comes_back_after() -> None:
    scene = Scene(house_a=12, pace=Pace(fallback_a=10)).run(200)
    assert scene.given() == 12
    scene.house_a = 22
    scene.run(100)
    assert scene.given() == 0
    scene.site = replace(scene.site, update=HELD)
    scene.house_a = 2
    scene.run(1800)
    assert {row[1] for row in scene.seen[-1800:]} == {0}
    scene.site = replace(scene.site, update=Update())
    scene.seconds_until(1, 16, at_most=200)


def test_an_idle_outlet_is_lowered_too_for_a_car_may_come() -> None:
    scene = Scene(outlets=(Outlet(id=1, min_a=8),), pace=Pace(fallback_a=6), house_a=4).run(100)
    assert scene.given() == 8
    scene.site = replace(scene.site, update=HELD)
    scene.run(1)
    assert (scene.given(), scene.setpoint().reason.rule) == (0, Rule.RESTART)


@pytest.mark.parametrize(("wished_a", "given_a"), [(0, 0), (10, 10), (None, 6)])
def test_each_outlet_has_its_own_fallback(wished_a: int | None, given_a: int) -> None:
    scene = Scene(outlets=two(), house_a=2, pace=Pace(raise_after_s=0, restart_after_s=0)).run(100)
    scene.wish(1, fallback_a=wished_a)
    scene.run(100)
    assert scene.given(1) == 11
    scene.site = replace(scene.site, update=HELD)
    scene.run(1)
    assert (scene.given(1), scene.given(2)) == (given_a, 6)
    assert ("no fallback current" in scene.setpoint(1).reason.text) is (wished_a == 0)


def test_the_fuse_still_comes_first() -> None:
    scene = Scene(house_a=4).run(100)
    scene.site = replace(scene.site, update=HELD)
    scene.run(20)
    scene.house_a = 23
    scene.run(11)
    assert scene.given() == 0


def test_a_pause_is_still_told_as_the_users() -> None:
    scene = Scene(house_a=4).run(100)
    scene.wish(1, paused=True)
    scene.site = replace(scene.site, update=HELD)
    scene.run(1)
    assert (scene.given(), scene.setpoint().reason.rule) == (0, Rule.PAUSED)


def test_new_firmware_begins_holding_and_goes_on_when_it_need_not() -> None:
    scene = Scene(house_a=4).run(200)
    scene.balancer = Balancer()
    scene.site = replace(scene.site, update=Update(state="trial", version="9.0.0", holding=True))
    scene.run(60)
    assert {row[1] for row in scene.seen[-60:]} == {6}
    assert scene.setpoint().reason.rule is Rule.RESTART
    scene.site = replace(scene.site, update=Update())
    scene.seconds_until(1, 16, at_most=60)


def test_a_car_that_is_plugged_in_meanwhile_gets_no_more() -> None:
    scene = Scene(outlets=(Outlet(id=1),), house_a=4).run(100)
    scene.site = replace(scene.site, update=HELD)
    scene.run(10)
    scene.becomes(1, OutletState.CHARGING)
    scene.run(300)
    assert {row[1] for row in scene.seen[-300:]} == {6}
