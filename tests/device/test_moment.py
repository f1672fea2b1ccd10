"""A restart waits for cars, but not for ever, and happens only when every outlet goes by what it may keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.device.moment import FOLLOWED_A, Moment, disturbs, trial_deadline_s
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.limits import RESTART_FOLLOW_S, RESTART_HOLD_MAX_S, RESTART_WAIT_MAX_S
from ngair.model.rules import OutletWish, Wishes
from ngair.model.site import BoxInfo, Meter, Site

BOX = BoxInfo(serial="TESTTESTTESTTEST", firmware="ngair.0", mac="020000000000")
BEGAN_S = 1000.0


def house(
    state: OutletState = OutletState.CHARGING,
    setpoint_a: int = 16,
    draw_a: float = 0,
    rule: Rule = Rule.FREE,
    told_at_s: float | None = BEGAN_S,
    changed_at_s: float = BEGAN_S - 100,
    connected: bool = True,
) -> Site:
    """A charger with one outlet, whose fallback current is 6 A."""
    outlet = Outlet(id=1, state=state, current_a=(draw_a, 0, 0), told_at_s=told_at_s)
    box = ChargeBox(serial="CHARGER1", identity="CHARGER1", outlets=(outlet,), connected=connected)
    reason = SetpointReason(rule=rule, text="")
    setpoint = Setpoint(serial="CHARGER1", outlet_id=1, setpoint_a=setpoint_a, changed_at_s=changed_at_s, reason=reason)
    return Site(box=BOX, charge_boxes=(box,), decision=Decision(setpoints=(setpoint,)))


def lowered(at_s: float, told_at_s: float, draw_a: float = 6, setpoint_a: int = 6) -> Site:
    """What the house becomes when it holds."""
    return house(draw_a=draw_a, setpoint_a=setpoint_a, told_at_s=told_at_s, changed_at_s=at_s, rule=Rule.RESTART)


def test_a_house_without_chargers_restarts_at_once() -> None:
    assert Moment(BEGAN_S).look(Site(box=BOX), BEGAN_S) == "restart"


@pytest.mark.parametrize(
    ("site", "disturbed"),
    [
        (house(OutletState.CHARGING, 16, 15.8), True),
        (house(OutletState.CHARGING, 6, 5.9), False),
        (house(OutletState.CHARGING, 0), False),
        (house(OutletState.PREPARING, 10), True),
        (house(OutletState.SUSPENDED_BY_CHARGER, 0, rule=Rule.TURN), False),
        (house(OutletState.SUSPENDED_BY_VEHICLE, 16), True),
        (house(OutletState.SUSPENDED_BY_VEHICLE, 16, rule=Rule.READY), False),
        (house(OutletState.AVAILABLE, 16), False),
        (house(OutletState.FINISHING, 16), False),
        (house(OutletState.FAULTED, 16, 9), True),
        (house(OutletState.AVAILABLE, 16, 9), True),
        (house(OutletState.UNAVAILABLE, 16, 9, connected=False), False),
        (house(OutletState.CHARGING, 6, 5.9, rule=Rule.FALLBACK), False),
    ],
)
def test_a_car_is_disturbed_that_would_get_less(site: Site, disturbed: bool) -> None:
    assert disturbs(site) is disturbed
    assert (Moment(BEGAN_S).look(site, BEGAN_S) == "wait") is disturbed


def test_an_outlets_own_fallback_counts() -> None:
    site = house(setpoint_a=10, draw_a=10)
    wishes = Wishes(outlets={"CHARGER1/1": OutletWish(fallback_a=10)})
    assert disturbs(site)
    assert not disturbs(replace(site, wishes=wishes))


def test_it_waits_no_longer_than_a_night_and_then_holds_until_all_follow() -> None:
    moment, busy = Moment(BEGAN_S), house(draw_a=15.8)
    last_s = BEGAN_S + RESTART_WAIT_MAX_S
    assert moment.look(busy, last_s - 1) == "wait"
    assert moment.look(busy, last_s) == "hold"
    assert moment.look(lowered(last_s, last_s + 1), last_s + 1) == "hold"
    still_ramping = lowered(last_s, last_s + 4, draw_a=6 + FOLLOWED_A + 0.1)
    assert moment.look(still_ramping, last_s + 4) == "hold"
    assert moment.look(lowered(last_s, last_s + 5), last_s + 5) == "restart"


def test_what_is_lowered_once_more_has_to_be_told_too() -> None:
    moment = Moment(BEGAN_S)
    assert moment.look(house(OutletState.AVAILABLE, 6), BEGAN_S) == "hold"
    again_s = BEGAN_S + 10
    assert moment.look(lowered(again_s, again_s + 1, draw_a=0, setpoint_a=0), again_s + 1) == "hold"
    assert moment.look(lowered(again_s, again_s - 1, draw_a=0, setpoint_a=0), again_s + 5) == "hold"
    assert moment.look(lowered(again_s, again_s + 5, draw_a=0, setpoint_a=0), again_s + 5) == "restart"


def test_an_idle_outlet_is_told_before_it_restarts_too() -> None:
    moment = Moment(BEGAN_S)
    assert moment.look(house(OutletState.AVAILABLE, 16), BEGAN_S) == "hold"
    follows_s = BEGAN_S + RESTART_FOLLOW_S
    assert moment.look(lowered(BEGAN_S, follows_s - 0.1, draw_a=0), follows_s - 0.1) == "hold"
    assert moment.look(lowered(BEGAN_S, follows_s, draw_a=0), follows_s) == "restart"


def test_a_car_that_comes_while_it_holds_changes_nothing() -> None:
    moment = Moment(BEGAN_S)
    assert moment.look(house(OutletState.AVAILABLE, 16), BEGAN_S) == "hold"
    assert moment.look(house(OutletState.CHARGING, 16, 12), BEGAN_S + 1) == "hold"


def test_a_charger_that_says_nothing_since_does_not_stop_it_for_long() -> None:
    moment = Moment(BEGAN_S)
    silent = house(OutletState.AVAILABLE, 6, told_at_s=BEGAN_S - 1)
    assert moment.look(silent, BEGAN_S) == "hold"
    assert moment.look(silent, BEGAN_S + RESTART_HOLD_MAX_S - 1) == "hold"
    assert moment.look(silent, BEGAN_S + RESTART_HOLD_MAX_S) == "restart"


def test_a_car_that_does_not_follow_does_not_stop_it_for_long() -> None:
    moment = Moment(BEGAN_S)
    assert moment.look(house(OutletState.AVAILABLE, 6), BEGAN_S) == "hold"
    end_s = BEGAN_S + RESTART_HOLD_MAX_S
    assert moment.look(lowered(BEGAN_S, end_s - 2, draw_a=16), end_s - 1) == "hold"
    assert moment.look(lowered(BEGAN_S, end_s - 1, draw_a=16), end_s) == "restart"


def test_a_lost_charger_is_not_waited_for() -> None:
    assert Moment(BEGAN_S).look(house(connected=False, draw_a=16), BEGAN_S) == "restart"


houses = st.builds(
    house,
    st.sampled_from(OutletState),
    st.integers(0, 32),
    st.floats(0, 32),
    st.sampled_from(Rule),
    st.one_of(st.none(), st.floats(0, 100_000)),
    st.floats(0, 100_000),
    st.booleans(),
)


@given(st.lists(st.tuples(st.floats(0, 7200), houses), max_size=30))
def test_whatever_a_house_does_it_ends_and_never_goes_back(story: list[tuple[float, Site]]) -> None:
    """Nor does it restart before it held, unless there is nothing to be lowered; a reachable outlet is low by then."""
    moment, now_s, held = Moment(BEGAN_S), BEGAN_S, False
    for passed_s, site in story:
        now_s += passed_s
        step = moment.look(site, now_s)
        assert not (held and step == "wait")
        if step == "restart" and not held:
            assert not site.charge_boxes[0].connected
        held = held or step != "wait"
    now_s += RESTART_WAIT_MAX_S
    moment.look(house(draw_a=16), now_s)
    assert moment.look(house(draw_a=16), now_s + RESTART_HOLD_MAX_S) == "restart"


@pytest.mark.parametrize(
    ("cadence_s", "deadline_s"), [(1.0, 300), (10.0, 300), (59.0, 300), (60.0, 3600), (None, 3600)]
)
def test_a_meter_that_tells_seldom_gets_its_time(cadence_s: float | None, deadline_s: int) -> None:
    assert trial_deadline_s(Meter(cadence_s=cadence_s)) == deadline_s
