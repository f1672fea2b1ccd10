"""A day lived: what the cars get, what the fuse goes through, and that shortcuts change nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.phases import KnownPhases
from ngair.model.site import Site
from ngair.sim.car_models import CAR_MODELS
from ngair.sim.dates import DAY_S
from ngair.sim.days.controller import NewController
from ngair.sim.days.faults import Fate, Faults, Window, draw_faults
from ngair.sim.days.judge import judge
from ngair.sim.days.loads import Currents, house_currents
from ngair.sim.days.loop import LOSS_NOTICED_S, HouseDay
from ngair.sim.days.many import judge_day
from ngair.sim.days.meter import ByteMeter, DirectMeter, Received
from ngair.sim.days.plan import CarPlan, HousePlan, MeterPlan, house_plan
from ngair.sim.days.result import DayResult
from ngair.sim.days.trace import Trace

EMPTY: Currents = ([0.0] * DAY_S, [0.0] * DAY_S, [0.0] * DAY_S)
FAMILY = next(model for model in CAR_MODELS if model.name == "family")


class Always:
    """A controller that is of one mind. Tells what it was asked."""

    def __init__(self, setpoint_a: int) -> None:
        self.setpoint_a = setpoint_a
        self.asked: list[tuple[Site, float]] = []

    def decide(self, site: Site, now_s: float) -> Decision:
        """The same for everybody."""
        self.asked.append((site, now_s))
        reason = SetpointReason(rule=Rule.FREE, text="")
        return Decision(
            setpoints=tuple(
                Setpoint(serial=box.serial, outlet_id=outlet.id, setpoint_a=self.setpoint_a, reason=reason)
                for box in site.charge_boxes
                for outlet in box.outlets
            )
        )


def plan(**changes: object) -> HousePlan:
    """A house with one three-phase car behind 25 A."""
    meter = MeterPlan(family="se", cadence_s=10, latency_s=2, power_factor=1)
    car = CarPlan(model=FAMILY, rotation="RST", max_a=16, wired_phases=3)
    simple = HousePlan(seed=5, day=1, calendar_day=1, fuse_a=25, meter=meter, cars=(car,), solar_kwp=0, faulty=False)
    return replace(simple, **changes)


def live(
    plan: HousePlan, new_controller: NewController, house_a: Currents = EMPTY, faults: Faults | None = None
) -> Trace:
    return HouseDay(plan, house_a, faults or Faults(), DirectMeter(plan), new_controller).run()


def test_full_current_in_an_empty_house_is_nearly_the_optimum() -> None:
    result = judge(plan(), live(plan(), lambda _: Always(16)))
    assert result.ratio is not None
    assert 0.98 < result.ratio <= 1
    assert (result.trips, result.seconds_over, result.limited_hours) == (0, 0, 0)
    (full_after_s,) = result.full_after_s
    assert full_after_s is not None
    assert 15 <= full_after_s <= 30


def test_half_the_current_is_half_the_optimum() -> None:
    result = judge(plan(), live(plan(), lambda _: Always(8)))
    assert result.ratio == pytest.approx(0.5, abs=0.01)


def test_nothing_is_nothing() -> None:
    result = judge(plan(), live(plan(), lambda _: Always(0)))
    assert (result.kwh, result.ratio, result.full_after_s) == (0, 0, (None,))
    assert result.kwh_optimum > 5


def test_a_controller_that_never_looks_opens_the_fuse() -> None:
    """16 A beside 18 A in a 16 A house: 2.1 times its fuse, for hours."""
    small = plan(fuse_a=16)
    result = judge(small, live(small, lambda _: Always(16), ([18.0] * DAY_S, *EMPTY[1:])))
    assert result.trips_of.gg > 0
    assert result.trips_of.b > 0
    assert result.trips_of.c > 0
    assert result.depth_a == pytest.approx(18)
    assert result.wear >= 1


def test_the_box_hears_of_the_house_and_its_cars() -> None:
    controller = Always(10)
    trace = live(plan(), lambda _: controller, ([3.0] * DAY_S, *EMPTY[1:]))
    charging = [(site, now_s) for site, now_s in controller.asked if site.meter.reading is not None]
    site, now_s = charging[-1]
    assert site.meter.cadence_s == pytest.approx(10)
    assert site.meter.received_at_s is not None
    assert (site.meter.received_at_s - now_s) <= 0
    assert (13, 10, 10) in {s.meter.reading.current_a for s, _ in charging if s.meter.reading is not None}
    assert max(trace.cars[0].current_a) == pytest.approx(10)
    steps_s = [after - before for (_, before), (_, after) in pairwise(controller.asked)]
    assert set(steps_s) <= {0, 1}, "asked once a second, and the hours without cars are hidden"


def test_a_charger_out_of_reach_keeps_its_setpoint_and_is_told_lost() -> None:
    (plugged_s,) = live(plan(), lambda _: Always(16)).cars[0].plugged_s
    gone = Window(plugged_s + 600, plugged_s + 1200)

    class Lowering(Always):
        """16 A, and 6 A for chargers that are lost."""

        def decide(self, site: Site, now_s: float) -> Decision:
            self.setpoint_a = 16 if all(box.connected for box in site.charge_boxes) else 6
            return super().decide(site, now_s)

    controller = Lowering(16)
    trace = live(plan(), lambda _: controller, faults=Faults(link_gone=(gone,)))
    told_lost_s = sum(not all(box.connected for box in site.charge_boxes) for site, _ in controller.asked)
    assert told_lost_s == pytest.approx(600 - LOSS_NOTICED_S, rel=0.15), "at each call, telegrams too"
    assert set(trace.cars[0].setpoint_a[plugged_s : gone.end_s + 100]) == {16}


def test_a_restarted_box_begins_anew_and_knows_its_chargers() -> None:
    born: list[Always] = []

    def new(_: HousePlan) -> Always:
        born.append(Always(16))
        return born[-1]

    (plugged_s,) = live(plan(), lambda _: Always(16)).cars[0].plugged_s
    live(plan(), new, faults=Faults(restarts=(Window(plugged_s + 600, plugged_s + 620),)))
    assert len(born) == 2
    first_site, first_s = born[1].asked[0]
    assert first_s - born[0].asked[-1][1] == pytest.approx(20, abs=1)
    assert first_site.meter.telegrams <= 1
    assert [box.serial for box in first_site.charge_boxes] == ["SIMCB000"]


def test_clocks_jump_ahead_and_stand_still() -> None:
    (plugged_s,) = live(plan(), lambda _: Always(16)).cars[0].plugged_s
    controller = Always(16)
    faults = Faults(jumps_s={plugged_s + 600: 500}, suspended=(Window(plugged_s + 1000, plugged_s + 1100),))
    live(plan(), lambda _: controller, faults=faults)
    gaps_s = [b - a for (_, a), (_, b) in pairwise(controller.asked)]
    assert sorted(gaps_s)[-2:] == [1, 501]
    received = [site.meter.received_at_s for site, _ in controller.asked if site.meter.received_at_s is not None]
    assert received == sorted(received)


@pytest.mark.parametrize("day", [pytest.param(7, marks=pytest.mark.long), 13])
def test_hours_in_which_no_car_wants_any_may_be_left_out(day: int) -> None:
    short, whole = judged(day, skip_idle=True), judged(day, skip_idle=False)
    assert short == replace(whole, decisions=short.decisions, rejected=short.rejected)


def test_one_day_in_twenty_goes_through_true_bytes_and_comes_to_the_same() -> None:
    assert [day for day in range(60) if house_plan(1, day).through_bytes] == [0, 20, 40]
    assert judge_day(2, 20, "ours").bytes_equal is True
    assert judge_day(2, 21, "max-hold").bytes_equal is None


def test_a_meter_that_says_something_else_is_noticed() -> None:
    """The comparison can fail: bytes of a house with two amperes more come to something else."""

    class Off(ByteMeter):
        def receive(self, second: int, current_a: KnownPhases, fate: Fate) -> list[Received]:
            one_a, two_a, three_a = current_a
            return super().receive(second, (one_a + 2, two_a, three_a), fate)

    house_a: Currents = ([13.0] * DAY_S, *EMPTY[1:])
    results = [
        judge(plan(), HouseDay(plan(), house_a, Faults(), meter, lambda _: Balancer()).run())
        for meter in (DirectMeter(plan()), ByteMeter(plan()), Off(plan()))
    ]
    assert results[0] == results[1] != results[2]


def judged(day: int, *, skip_idle: bool) -> DayResult:
    drawn = house_plan(1, day)
    faults, house_a = draw_faults(drawn), house_currents(drawn)
    return judge(
        drawn,
        HouseDay(drawn, house_a, faults, DirectMeter(drawn), lambda _: Balancer(), skip_idle=skip_idle).run(),
    )
