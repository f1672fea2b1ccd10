"""The field's known failure: a controller that fed its own grant back stopped the car at a load that left it 10 A."""

from __future__ import annotations

import pytest

from ngair.balance.balancer import Balancer
from ngair.sim.car_models import CAR_MODELS, CarModel
from ngair.sim.dates import DAY_S
from ngair.sim.days.controller import NewController
from ngair.sim.days.faults import Faults
from ngair.sim.days.loop import HouseDay
from ngair.sim.days.meter import DirectMeter
from ngair.sim.days.plan import CarPlan, HousePlan, MeterPlan
from ngair.sim.days.policies import GainOne
from ngair.sim.days.trace import Trace

FUSE_A = 25
STEP_S = 60
STEPS_A = (4.0, 14.0, 20.5, 4.0)
"""The last one is held."""
DELAY_S = 10
SETTLED_S = 20 * 60
"""From the plug until the first step: the car has its full current by then."""
BACK_WITHIN_S = 180
MODELS = {model.name: model for model in CAR_MODELS}


@pytest.mark.parametrize("offset_s", [1, 6], ids=lambda offset_s: f"{offset_s}s-after-a-sample")
@pytest.mark.parametrize("family", ["dsmr5", "se"])
@pytest.mark.parametrize("model", [MODELS["family"], MODELS["small"]], ids=lambda model: f"{model.phases}-phase")
class TestSteps:
    """The house draws 4, 14, 20.5 and again 4 A for a minute each."""

    def test_the_car_keeps_what_is_left_stops_when_it_must_and_is_back_soon(
        self, model: CarModel, family: str, offset_s: int
    ) -> None:
        steps_s, trace = lived(model, family, offset_s, lambda plan: Balancer())
        car = trace.cars[0]
        at_14, at_20, at_4 = steps_s
        assert car.setpoint_a[at_14] == 16
        assert round(car.current_a[at_14]) == 16

        at_14_a = list(car.setpoint_a[at_14 : at_20 + DELAY_S])
        assert at_14_a == sorted(at_14_a, reverse=True), "it goes down and not up and down"
        assert 9 <= at_14_a[-1] <= 10

        at_20_a = list(car.setpoint_a[at_20 + DELAY_S : at_4 + DELAY_S])
        assert at_20_a == sorted(at_20_a, reverse=True)
        assert at_20_a[-1] == 0

        back = list(car.setpoint_a[at_4 + DELAY_S : at_4 + 600])
        assert back == sorted(back), "it goes up and not down again"
        assert min(car.current_a[at_4 + BACK_WITHIN_S : at_4 + 600]) == pytest.approx(16)
        assert car.stops == 1

    def test_the_failure_is_one(self, model: CarModel, family: str, offset_s: int) -> None:
        """The same house under the policy that failed: what the scenario asks for is not had for nothing."""
        steps_s, trace = lived(model, family, offset_s, lambda plan: GainOne())
        at_14_a = list(trace.cars[0].setpoint_a[steps_s[0] : steps_s[1] + DELAY_S])
        assert at_14_a != sorted(at_14_a, reverse=True) or 0 in at_14_a


def lived(
    model: CarModel, family: str, offset_s: int, new_controller: NewController
) -> tuple[tuple[int, int, int], Trace]:
    """When the steps to 14, 20.5 and 4 A came, and the day."""
    plan = HousePlan(
        seed=1,
        day=1,
        calendar_day=1,
        fuse_a=FUSE_A,
        meter=MeterPlan(family=family, cadence_s=10, latency_s=DELAY_S, power_factor=0.98),
        cars=(CarPlan(model=model, rotation="RST", max_a=16, wired_phases=3),),
        solar_kwp=0,
        faulty=False,
    )
    flat = [1.0] * DAY_S
    idle = day(plan, (flat, flat, flat), new_controller)
    first_s = (idle.cars[0].plugged_s[0] + SETTLED_S) // 10 * 10 + offset_s
    steps_s = (first_s, first_s + STEP_S, first_s + 2 * STEP_S)
    one = [STEPS_A[sum(second >= step_s for step_s in steps_s)] for second in range(DAY_S)]
    return steps_s, day(plan, (one, flat, flat), new_controller)


def day(plan: HousePlan, house_a: tuple[list[float], list[float], list[float]], new_controller: NewController) -> Trace:
    """One day of a house that draws so much."""
    return HouseDay(plan, house_a, Faults(), DirectMeter(plan), new_controller).run()
