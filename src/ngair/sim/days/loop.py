"""One house-day in virtual time: cars, charger, meter, faults and the box, stepping together."""

from __future__ import annotations

from collections import deque
from math import ceil

from ngair.model.charging import OutletState
from ngair.model.decision import Setpoint
from ngair.model.phases import KnownPhases
from ngair.sim.cars import TAPER_WS, Car
from ngair.sim.chargers import Charger, SimOutlet, rotation
from ngair.sim.dates import DAY_S
from ngair.sim.days.box import Box
from ngair.sim.days.controller import NewController
from ngair.sim.days.faults import Fate, Faults, Window
from ngair.sim.days.loads import NOMINAL_V, NOON_S, Currents
from ngair.sim.days.meter import DayMeter, Received
from ngair.sim.days.plan import CarPlan, HousePlan
from ngair.sim.days.trace import CarTrace, Trace
from ngair.sim.options import CHARGER_MIN_A

WARM_UP_S = 4200
"""So long before something happens to a car the box reads the meter again, after hours in which no car wanted any:
longer than our balancer remembers anything, which is six raises that came too early, each for ten minutes."""
LOSS_NOTICED_S = 15
"""From the last word of a charger until its link is called gone."""
VOLTAGES: KnownPhases = (NOMINAL_V, NOMINAL_V, NOMINAL_V)
"""Energy is counted at the nominal voltage, ours and the optimum's alike."""


class HouseDay:
    """One run of one day."""

    def __init__(
        self,
        plan: HousePlan,
        house_a: Currents,
        faults: Faults,
        meter: DayMeter,
        new_controller: NewController,
        *,
        skip_idle: bool = True,
    ) -> None:
        """Without `skip_idle` the hours in which no car wants anything are lived through, at the same result."""
        self._plan = plan
        self._faults = faults
        self._meter = meter
        self._skip_idle = skip_idle
        self._start_s = plan.calendar_day * DAY_S + NOON_S
        self._outlets = [self._outlet(number, car) for number, car in enumerate(plan.cars)]
        self._chargers = [
            Charger(f"SIMCB{number:03d}", [outlet], car.rotation)
            for number, (outlet, car) in enumerate(zip(self._outlets, plan.cars, strict=True))
        ]
        self._by_key = {(f"SIMCB{number:03d}", 1): number for number in range(len(self._outlets))}
        self._box = Box(plan, new_controller)
        self._queue: deque[tuple[int, list[Received]]] = deque()
        self._rules = [""] * len(self._outlets)
        self._wanted_ws = [0] * len(self._outlets)
        self._setpoints: tuple[Setpoint, ...] = ()
        self._house_a = house_a
        cars = [_car_trace(outlet, car) for outlet, car in zip(self._outlets, plan.cars, strict=True)]
        self._trace = Trace(house_a=house_a, cars=cars)

    def run(self) -> Trace:
        """Live the day."""
        second = 0
        while second < DAY_S:
            self._step(second)
            second += 1
            if self._skip_idle and self._is_idle():
                second = self._skip(second)
        self._trace.decisions = self._box.decisions
        return self._trace

    def _outlet(self, number: int, plan: CarPlan) -> SimOutlet:
        car = Car(plan.model, self._plan.seed * 1_000_003 + self._plan.day, number, self._start_s, at_home=False)
        return SimOutlet(1, car, rotation(plan.rotation), CHARGER_MIN_A, max_a=plan.max_a, phases=plan.wired_phases)

    def _step(self, second: int) -> None:
        time_s = self._start_s + second
        one, two, three = (phase[second] for phase in self._house_a)
        for number, outlet in enumerate(self._outlets):
            outlet.step(time_s)
            if outlet.car.is_home:
                one_a, two_a, three_a = outlet.current_a
                one, two, three = one + one_a, two + two_a, three + three_a
                self._live(number, outlet, second)
        if second % self._plan.meter.cadence_s == 0:
            self._sample(second, (one, two, three))
        self._run_box(second)

    def _live(self, number: int, outlet: SimOutlet, second: int) -> None:
        """Count and keep what a car at home did in this second."""
        trace, wanted_ws = self._trace.cars[number], outlet.car.wanted_ws
        if wanted_ws > self._wanted_ws[number]:
            trace.more_ws[second] = wanted_ws - max(0, self._wanted_ws[number])
        outlet.count(VOLTAGES)
        self._wanted_ws[number] = outlet.car.wanted_ws
        trace.current_a[second] = outlet.current_a[trace.phases[0]]
        trace.setpoint_a[second] = outlet.setpoint_a
        if outlet.state is OutletState.PREPARING and (not trace.plugged_s or second - trace.plugged_s[-1] > 60):
            trace.plugged_s.append(second)
        if wanted_ws >= TAPER_WS:
            trace.wanting[second] = 1
            rule = self._rules[number]
            self._trace.reasons[rule] = self._trace.reasons.get(rule, 0) + 1

    def _sample(self, second: int, current_a: KnownPhases) -> None:
        """The meter samples; its telegram arrives later, or not."""
        fate = self._faults.fates.get(second // self._plan.meter.cadence_s, Fate.GOOD)
        items = self._meter.receive(second, current_a, fate)
        if items:
            arrives_s = second + self._plan.meter.latency_s
            stall = _window_at(self._faults.stalls, arrives_s)
            self._queue.append((arrives_s if stall is None else stall.end_s, items))

    def _run_box(self, second: int) -> None:
        due = self._due(second)
        if _window_at(self._faults.suspended, second):
            self._box.ahead_s -= 1
            return
        if window := _window_at(self._faults.restarts, second):
            if second == window.end_s - 1:
                self._box.restart()
            return
        self._box.ahead_s += self._faults.jumps_s.get(second, 0)
        gone = _window_at(self._faults.link_gone, second)
        if gone is None:
            for charger in self._chargers:
                self._box.see(charger.charge_box(second + self._box.ahead_s))
        elif second == gone.start_s + LOSS_NOTICED_S:
            for charger in self._chargers:
                self._box.lose(charger.serial)
        for item in due:
            self._box.receive(item, second)
            self._decide(second)
            self._trace.rejected += not hasattr(item, "reading")
        if not due:
            self._decide(second)
        if gone is None:
            self._follow()

    def _due(self, second: int) -> list[Received]:
        due: list[Received] = []
        while self._queue and self._queue[0][0] <= second:
            due += self._queue.popleft()[1]
        return due

    def _decide(self, second: int) -> None:
        setpoints = self._box.decide(second)
        if setpoints is not self._setpoints:
            self._setpoints = setpoints
            for setpoint in setpoints:
                self._rules[self._by_key[setpoint.serial, setpoint.outlet_id]] = setpoint.reason.rule

    def _follow(self) -> None:
        """The chargers hear what was decided."""
        for setpoint in self._setpoints:
            number = self._by_key[setpoint.serial, setpoint.outlet_id]
            outlet = self._outlets[number]
            before_a, amps = outlet.setpoint_a, setpoint.setpoint_a
            if amps == before_a:
                continue
            outlet.set_setpoint(amps)
            if outlet.car.is_home and outlet.car.wanted_ws >= TAPER_WS:
                self._trace.cars[number].changes += 1
                self._trace.cars[number].stops += amps == 0

    def _is_idle(self) -> bool:
        """Whether no car draws or wants anything."""
        return all(
            outlet.state is OutletState.AVAILABLE
            or (outlet.state is OutletState.SUSPENDED_BY_VEHICLE and outlet.car.is_full and not any(outlet.current_a))
            for outlet in self._outlets
        )

    def _skip(self, second: int) -> int:
        """Leave out what nothing happens in, hidden from the box's clock, but for some time to warm up."""
        next_s = min(outlet.car.next_s for outlet in self._outlets) - self._start_s
        left_out_s = min(next_s - WARM_UP_S, DAY_S) - second
        left_out_s -= left_out_s % self._plan.meter.cadence_s
        if left_out_s <= 0:
            return second
        self._box.ahead_s -= left_out_s
        self._queue = deque((arrives_s + left_out_s, items) for arrives_s, items in self._queue)
        return second + left_out_s


def _car_trace(outlet: SimOutlet, plan: CarPlan) -> CarTrace:
    used = min(outlet.car.phases, plan.wired_phases)
    least_a, most_a = ceil(max(CHARGER_MIN_A, plan.model.min_a)), int(min(plan.max_a, plan.model.max_a))
    return CarTrace(
        phases=rotation(plan.rotation)[:used],
        steps_a=tuple(range(least_a, most_a + 1)),
        ramp_a=plan.model.ramp_up_a,
        current_a=[0.0] * DAY_S,
        wanting=bytearray(DAY_S),
        setpoint_a=bytearray(DAY_S),
    )


def _window_at(windows: tuple[Window, ...], second: int) -> Window | None:
    for window in windows:
        if window.start_s <= second < window.end_s:
            return window
    return None
