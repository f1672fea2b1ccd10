"""What a car does not take is the others', until it asks again."""

from __future__ import annotations

from msgspec.structs import replace

from ngair.model.charging import OutletState
from ngair.model.decision import Rule
from tests.balance.scene import Scene, two


def test_alone_a_modest_car_keeps_its_setpoint() -> None:
    scene = Scene().run(100)
    scene.takes_a = {1: 8}
    scene.run(600)
    assert scene.changes(last_s=600) == []
    assert scene.given() == 16
    assert "all it wants" in scene.setpoint().reason.text


def test_beside_another_the_rest_goes_to_that_one() -> None:
    scene = Scene(outlets=two(), house_a=4)
    scene.takes_a = {1: 7}
    scene.run(300)
    assert scene.given(1) in (8, 9)
    assert scene.given(1) + scene.given(2) == 20
    assert scene.setpoint(1).reason.rule in (Rule.FREE, Rule.SHARE)


def test_it_gets_its_share_back_at_once_when_it_draws_up_to_what_it_has() -> None:
    scene = Scene(outlets=two(), house_a=4)
    scene.takes_a = {1: 7}
    scene.run(300)
    scene.takes_a = {}
    assert scene.seconds_until(1, 10) <= 12
    assert scene.given(2) in (9, 10)


def test_a_car_that_only_waits_frees_the_rest_and_is_ready() -> None:
    scene = Scene(outlets=two(), house_a=4)
    scene.run(100)
    scene.becomes(1, OutletState.PREPARING)
    scene.run(300)
    assert scene.given(2) >= 14
    assert scene.given(1) in (0, 6)


def test_an_outlet_without_a_car_takes_nothing_from_anybody() -> None:
    scene = Scene(outlets=two(), house_a=4)
    scene.run(100)
    scene.becomes(1, OutletState.AVAILABLE)
    scene.run(120)
    assert (scene.given(1), scene.given(2)) == (0, 16)
    scene.house_a = 1
    scene.run(200)
    assert (scene.given(1), scene.given(2)) == (6, 16)


def test_a_foreign_lower_limit_is_told() -> None:
    scene = Scene().run(100)
    scene.outlets[1] = replace(scene.outlets[1], foreign_a=6)
    scene.takes_a = {1: 6}
    scene.run(60)
    assert scene.given() == 16
    assert "somebody else" in scene.setpoint().reason.text
