"""What holds whatever arrives, in whatever order."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision
from ngair.model.rules import MAIN_FUSE, Fuse, Pace
from ngair.model.site import Site, apply
from tests.balance.happenings import SUB, Happening, Passed, drawn, happen, happenings, phase_sets, sites
from tests.balance.plant import BOX, telegram


def outlets_of(site: Site) -> list[tuple[ChargeBox, Outlet]]:
    return [(box, outlet) for box in site.charge_boxes for outlet in box.outlets]


def is_below(site: Site, fuse: Fuse, box: ChargeBox, outlet: Outlet) -> bool:
    if fuse.name == MAIN_FUSE:
        return True
    return box.serial in fuse.chargers or f"{box.serial}/{outlet.id}" in fuse.chargers


def fallback_of(site: Site, box: ChargeBox, outlet: Outlet) -> int:
    wish = site.wishes.of(box.serial, outlet.id)
    return site.pace.fallback_a if wish.fallback_a is None else wish.fallback_a


def setpoint_of(decision: Decision, box: ChargeBox, outlet: Outlet) -> int:
    found = decision.setpoint(box.serial, outlet.id)
    assert found is not None
    return found.setpoint_a


def check_legal(site: Site, decision: Decision) -> None:
    assert len(decision.setpoints) == len(outlets_of(site))
    for box, outlet in outlets_of(site):
        wish = site.wishes.of(box.serial, outlet.id)
        most_a = outlet.max_a if wish.max_a is None else min(outlet.max_a, wish.max_a)
        setpoint_a = setpoint_of(decision, box, outlet)
        assert isinstance(setpoint_a, int)
        assert setpoint_a == 0 or outlet.min_a <= setpoint_a <= most_a
        assert not (wish.paused and setpoint_a)


def check_fuses(site: Site, decision: Decision, now_s: float, trusted_since_s: float) -> None:
    """What the box counts with is what it shows: the sum of the chargers that talk is within what is left."""
    for fuse, headroom in zip(site.rated_fuses, decision.headrooms, strict=True):
        for phase in range(3):
            left_a = headroom.left_a[phase]
            if left_a is None:
                continue
            total = 0
            for box, outlet in outlets_of(site):
                uses = (outlet.car_phases or outlet.phases)[phase]
                if not is_below(site, fuse, box, outlet) or not uses:
                    continue
                told_at_s = outlet.told_at_s
                setpoint_a = setpoint_of(decision, box, outlet)
                assert left_a >= 0 or setpoint_a == 0
                if box.connected and told_at_s is not None and trusted_since_s <= told_at_s >= now_s - 30:
                    total += setpoint_a
            assert total <= max(left_a, 0) + 1e-5


def check_stale(site: Site, decision: Decision, now_s: float) -> None:
    for fuse in site.fuses:
        if fuse.name == SUB and fuse.meter is None:
            continue
        meter = site.meter if fuse.name == MAIN_FUSE else site.sub_meters.get(fuse.name)
        if meter is not None and meter.is_fresh(now_s):
            continue
        for box, outlet in outlets_of(site):
            if is_below(site, fuse, box, outlet):
                assert setpoint_of(decision, box, outlet) <= fallback_of(site, box, outlet)


def check_held(site: Site, decision: Decision, before: Decision, *, held_before: bool) -> None:
    """At most the fallback, and nothing more than before."""
    for box, outlet in outlets_of(site):
        setpoint_a = setpoint_of(decision, box, outlet)
        assert setpoint_a <= fallback_of(site, box, outlet)
        assert not held_before or setpoint_a <= setpoint_of(before, box, outlet)


@settings(max_examples=300, deadline=None)
@given(sites(), st.lists(happenings, max_size=40))
def test_whatever_happens(site: Site, story: list[Happening]) -> None:
    """Setpoints are legal, within what is left of every phase of every fuse, and at most the fallback on stale data
    and before a restart."""
    balancer = Balancer()
    now_s, trusted_since_s, held = 1000.0, 0.0, False
    for happening in [*story, Passed(1), Passed(20), Passed(50)]:
        if isinstance(happening, Passed):
            now_s += happening.seconds
            if not 0 <= happening.seconds <= 60:
                trusted_since_s = now_s
        site = happen(site, happening, now_s)
        decision = balancer.decide(site, now_s)
        check_legal(site, decision)
        check_fuses(site, decision, now_s, trusted_since_s)
        check_stale(site, decision, now_s)
        if site.update.holding:
            check_held(site, decision, site.decision, held_before=held)
        held = site.update.holding
        assert balancer.decide(site, now_s) is decision or balancer.decide(site, now_s) == decision
        site = replace(site, decision=decision)


def test_without_data_who_charges_comes_before_who_might() -> None:
    """Found by the test above: who was let in first made room for the other at the next call."""
    outlets = (Outlet(id=1, told_at_s=1000.0), Outlet(id=2, told_at_s=1000.0, current_a=(0, 0, 3)))
    box = ChargeBox(serial="CHARGER1", identity="CHARGER1", outlets=outlets)
    fuses = (Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25)), Fuse(name=SUB, under=MAIN_FUSE, rating_a=(6, 6, 6)))
    fuses = (fuses[0], replace(fuses[1], chargers=("CHARGER1",)))
    pace = Pace(margin_a=0, raise_after_s=0, restart_after_s=0)
    site = Site(box=BOX, fuses=fuses, charge_boxes=(box,), pace=pace)
    balancer = Balancer()
    for now_s in (1000.0, 1001.0, 1021.0):
        decision = balancer.decide(site, now_s)
        assert balancer.decide(site, now_s) == decision
    assert [setpoint.setpoint_a for setpoint in decision.setpoints] == [0, 6]


house_amperes = st.tuples(st.floats(0, 24), st.floats(0, 24), st.floats(-10, 24))


def one_car(setpoint_a: float, phases: tuple[bool, bool, bool], now_s: float) -> tuple[ChargeBox, ...]:
    outlet = Outlet(
        id=1,
        state=OutletState.CHARGING if setpoint_a else OutletState.SUSPENDED_BY_CHARGER,
        current_a=drawn(setpoint_a, phases),
        car_phases=phases,
        told_at_s=now_s,
    )
    return (ChargeBox(serial="CHARGER1", identity="CHARGER1", outlets=(outlet,)),)


def live(
    balancer: Balancer,
    houses: list[tuple[float, float, float]],
    phases: tuple[bool, bool, bool],
    pace: Pace,
    start_s: float = 1000.0,
) -> tuple[Site, float, int]:
    """A car that follows its setpoint, a telegram every ten seconds. Returns the site, the time, and the setpoint."""
    site = Site(box=BOX, fuses=(Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25)),), pace=pace)
    now_s, setpoint_a, draw_a = start_s, 0, 0.0
    for house in houses:
        for second in range(10):
            draw_a += max(-2.0, min(2.0, setpoint_a - draw_a))
            site = replace(site, charge_boxes=one_car(draw_a, phases, now_s))
            if second == 0:
                a, b, c = (h + d for h, d in zip(house, drawn(draw_a, phases), strict=True))
                site = apply(site, telegram((a, b, c), now_s))
            setpoint_a = balancer.decide(site, now_s).setpoints[0].setpoint_a
            now_s += 1
    return site, now_s, setpoint_a


histories = st.lists(house_amperes, min_size=1, max_size=30).flatmap(
    lambda houses: st.builds(
        lambda times: [house for house, count in zip(houses, times, strict=True) for _ in range(count)],
        st.lists(st.integers(1, 9), min_size=len(houses), max_size=len(houses)),
    )
)


@settings(max_examples=60, deadline=None)
@given(histories, phase_sets, house_amperes, st.tuples(*[st.floats(0, 20)] * 3), st.sampled_from((0, 30)))
def test_more_left_in_the_next_sample_never_gives_one_car_less(
    houses: list[tuple[float, float, float]],
    phases: tuple[bool, bool, bool],
    told_a: tuple[float, float, float],
    less_a: tuple[float, float, float],
    wait_s: float,
) -> None:
    balancer = Balancer()
    site, now_s, _ = live(balancer, houses, phases, Pace(raise_after_s=wait_s, restart_after_s=3 * wait_s))
    other = deepcopy(balancer)
    lower = (told_a[0] - less_a[0], told_a[1] - less_a[1], told_a[2] - less_a[2])
    with_more = other.decide(apply(site, telegram(lower, now_s)), now_s)
    with_less = balancer.decide(apply(site, telegram(told_a, now_s)), now_s)
    assert with_more.setpoints[0].setpoint_a >= with_less.setpoints[0].setpoint_a


@settings(max_examples=60, deadline=None)
@given(histories, phase_sets, st.sampled_from(("lost", "doubled", "late", "impossible")), st.floats(0, 24))
def test_losing_doubling_and_reordering_raise_nothing(
    houses: list[tuple[float, float, float]], phases: tuple[bool, bool, bool], fault: str, told_a: float
) -> None:
    """What comes besides newer samples never raises a setpoint above what it was, nor above what it would be with the
    sample that belongs there instead."""
    balancer = Balancer()
    site, now_s, before_a = live(balancer, houses, phases, Pace(fallback_a=0), start_s=1000.0)
    stamped = telegram((told_a, told_a, told_a), now_s)
    reading = stamped.telegram.reading
    newest = site.meter.reading
    assert newest is not None
    match fault:
        case "lost":
            pass
        case "doubled":
            site = apply(site, telegram((0, 0, 0), now_s - 0.5))
            assert site.meter.reading is not None
            timed = replace(site.meter.reading, time="2026-01-01T00:01:00")
            site = replace(site, meter=replace(site.meter, reading=timed))
            before_a = balancer.decide(site, now_s - 0.5).setpoints[0].setpoint_a
            site = replace(site, meter=replace(site.meter, received_at_s=now_s))
        case "late":
            timed = replace(newest, time="2026-01-01T00:01:00")
            site = replace(site, meter=replace(site.meter, reading=timed, received_at_s=now_s - 0.5))
            before_a = balancer.decide(site, now_s - 0.5).setpoints[0].setpoint_a
            old = replace(reading, time="2026-01-01T00:00:50")
            site = replace(site, meter=replace(site.meter, reading=old, received_at_s=now_s))
        case _:
            wrong = replace(reading, current_a=(told_a, 1e4, told_a))
            site = replace(site, meter=replace(site.meter, reading=wrong, received_at_s=now_s))
    for second in range(120):
        site = replace(site, charge_boxes=one_car(before_a, phases, now_s + second))
        assert balancer.decide(site, now_s + second).setpoints[0].setpoint_a <= before_a
