"""Every setpoint tells why, in words and figures, and says the same again only as the same object."""

from __future__ import annotations

from msgspec.structs import replace

from ngair.model.charging import OutletState
from ngair.model.decision import Rule
from ngair.model.rules import MAIN_FUSE, Pace
from tests.balance.plant import Car, Plant, steady
from tests.balance.scene import MAIN, Scene, two


def test_a_fuse_is_told_with_phase_figures_and_what_must_happen() -> None:
    scene = Scene(house_a=21).run(100)
    reason = scene.setpoint().reason
    assert (reason.rule, reason.fuse, reason.phase) == (Rule.FUSE, MAIN_FUSE, "L1")
    assert reason.text == ("L1 has 21 of 25 A in use besides the car; more when it stays at 18 A or less for 30 s")


def test_without_waits_no_wait_is_told() -> None:
    scene = Scene(house_a=14.5, pace=Pace(raise_after_s=0, restart_after_s=0)).run(100)
    assert scene.setpoint().reason.text == "L1 has 15 of 25 A in use besides the car; more when it is at 14 A or less"


def test_what_it_says_must_happen_is_what_makes_it_more() -> None:
    """At the figure that it tells the car is raised, and just above it is not."""
    for house_a, raised in ((13.0, True), (13.1, False)):
        scene = Scene(house_a=4).run(400)
        scene.house_a = 14
        scene.run(400)
        assert "at 13 A or less for" in scene.setpoint().reason.text
        scene.house_a = house_a
        scene.run(700)
        assert scene.given() == (11 if raised else 10)


def test_proving_counts_down_to_the_raise() -> None:
    scene = Scene(house_a=4).run(400)
    scene.house_a = 14
    scene.run(400)
    scene.house_a = 4
    scene.run(2)
    reason = scene.setpoint().reason
    assert reason.rule is Rule.PROVING
    assert "16 A" in reason.text
    assert reason.until_s is not None
    scene.seconds_until(1, 16)
    assert abs(scene.now_s - 1 - reason.until_s) <= 10


def test_a_reason_keeps_its_beginning_while_only_figures_change() -> None:
    scene = Scene(house_a=14).run(100)
    before = scene.setpoint().reason
    scene.house_a = 14.9
    scene.run(60)
    after = scene.setpoint().reason
    assert before.text != after.text
    assert after.since_s == before.since_s
    assert before.since_s < 1100


def test_what_did_not_change_is_the_same_object() -> None:
    scene = Scene(house_a=14).run(100)
    decision = scene.decision
    scene.run(40)
    assert scene.decision.setpoints[0] is decision.setpoints[0]
    assert scene.balancer.decide(scene.site, scene.now_s) is scene.balancer.decide(scene.site, scene.now_s)


def test_who_waits_for_a_higher_priority_is_told_so() -> None:
    scene = Scene(outlets=two(), house_a=10)
    scene.wish(2, priority=1)
    scene.run(100)
    assert scene.setpoint(1).reason.rule is Rule.SHARE
    assert "another car" in scene.setpoint(1).reason.text


def test_no_text_has_a_place_left_open() -> None:
    plant = Plant(steady(10), [Car(), Car(outlet_id=2), Car(serial="OTHER", wants_from_s=200)])
    seen: dict[Rule, str] = {}
    for second in range(900):
        plant.lost = lambda now_s: 500 < now_s < 620
        plant.mute = lambda serial, now_s: serial == "OTHER" and 700 < now_s < 760
        plant.step()
        for setpoint in plant.decision.setpoints:
            reason = setpoint.reason
            seen[reason.rule] = reason.text
            assert reason.text
            assert "{" not in reason.text
            assert reason.since_s <= second + 1
            assert reason.phase in (None, "L1", "L2", "L3")
        for one in plant.decision.fail_safes:
            assert "{" not in one.text
    assert {Rule.START, Rule.SHARE, Rule.HOLD, Rule.FALLBACK, Rule.TURN} <= set(seen)


def test_a_fuse_too_small_for_any_car_says_so() -> None:
    scene = Scene(fuses=(replace(MAIN, rating_a=(6, 6, 6)),), house_a=0).run(100)
    assert scene.given() == 0
    assert "too little" in scene.setpoint().reason.text


def test_an_outlet_without_a_car() -> None:
    scene = Scene().run(100)
    scene.becomes(1, OutletState.AVAILABLE)
    scene.run(5)
    assert scene.setpoint().reason.text == "No car that wants to charge; one may begin with 6 A"
