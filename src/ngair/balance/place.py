"""What the balancer remembers of one outlet."""

from __future__ import annotations

from collections import deque
from math import ceil

from ngair.balance.constants import (
    ASLEEP_RETRY_S,
    ASLEEP_S,
    CALM_S,
    CHARGER_SILENT_S,
    DEMAND_AFTER_S,
    DEMAND_BELOW_A,
    DEMAND_SHOWN_A,
    DEMAND_SPARE_A,
    DRAWING_A,
    FOLLOW_S,
    HASTY_S,
    LOWERED_S,
    OVERDRAWN_A,
    PHASE_IDLE_A,
    PHASES_LEARNT_S,
    PREMATURE_FACTOR,
    PREMATURE_MAX,
    RAISE_WAIT_MAX_S,
    RAISE_WAITS,
    RESTART_SPARE_A,
    STOPS_MAX,
    STOPS_S,
    WAKE_S,
    WORTH_AS,
)
from ngair.balance.share import Rows
from ngair.balance.trace import Trace
from ngair.model.charging import Outlet, OutletState
from ngair.model.decision import Setpoint
from ngair.model.phases import ALL_PHASES, PhaseSet
from ngair.model.rules import OutletWish, Pace

NEVER = float("-inf")
_PLUGGED = (OutletState.PREPARING, OutletState.SUSPENDED_BY_CHARGER, OutletState.SUSPENDED_BY_VEHICLE)


class Place:
    """One outlet: what it told, what it was given, what its car seems to want."""

    def __init__(self, serial: str, outlet: Outlet, wish: OutletWish, pace: Pace, now_s: float) -> None:
        self.serial = serial
        self.id = outlet.id
        self.outlet = outlet
        self.connected = True
        self.trace = Trace()
        self.rows: Rows = ()
        self.wants = False
        self.sleeps = False
        self.start_a = 6
        self.silent = True
        self.reserve_a = 0
        self.used: PhaseSet = ALL_PHASES
        self.demand_a: int | None = None
        self.stale_since_s: float | None = None
        self.late = False
        self.priority = 0
        self.paused = False
        self.fallback_a = 0
        self.min_a = 6
        self.limit_a = 0
        self.wished_a: int | None = None
        self.hasty_until_s = NEVER
        self.yields_until_s = NEVER
        self.stopped_at_s = NEVER
        self.raised_at_s = NEVER
        self.restarted_at_s = NEVER
        self.turn_at_s = NEVER
        self.arrived = False
        self.served_s = 0.0
        self.shown: Setpoint | None = None
        self.shown_key: tuple[object, ...] = ()
        self._told_at_s: float | None = None
        self._distrusted_s: float | None = None
        self._state_since_s = now_s
        self._below_since_s: float | None = None
        self._peak_a = 0.0
        self._learnt: PhaseSet | None = None
        self._car_min_a = 0
        self._asleep_since_s: float | None = None
        self._drawn: PhaseSet | None = None
        self._drawn_since_s = now_s
        self._before_a = 0
        self._awake = False
        self._premature = 0
        self._stops: deque[float] = deque(maxlen=STOPS_MAX)
        self._raised_by_a = 0
        self._calm_at_s = now_s
        self.setpoint_a = 0
        self.changed_at_s = now_s
        self.follow(wish, pace)
        self.reserve_a = max(outlet.max_a, 0)
        self.setpoint_a = legal(min(self.min_a, self.fallback_a), self.min_a, self.limit_a)

    def follow(self, wish: OutletWish, pace: Pace) -> None:
        """Take the user's wish and the pace; the outlet's own bounds as it told them."""
        outlet = self.outlet
        self.min_a = max(1, outlet.min_a)
        self.wished_a = wish.max_a
        self.limit_a = outlet.max_a if wish.max_a is None else min(outlet.max_a, wish.max_a)
        self.priority = wish.priority
        self.paused = wish.paused
        fallback_a = pace.fallback_a if wish.fallback_a is None else wish.fallback_a
        self.fallback_a = legal(fallback_a, self.min_a, self.limit_a)
        self.start_a = max(self.min_a, min(self._car_min_a, self.limit_a))

    def hear(self, outlet: Outlet, connected: bool, now_s: float) -> None:
        """Take what the charger told."""
        if outlet.state is not self.outlet.state:
            self._learn_minimum(outlet.state, now_s)
            self._state_since_s = now_s
        self.outlet = outlet
        self.connected = connected
        told_at_s = outlet.told_at_s
        if told_at_s is None or told_at_s == self._told_at_s or not connected:
            return
        self._told_at_s = told_at_s
        if told_at_s > now_s + CHARGER_SILENT_S:
            self._distrusted_s = told_at_s
            return
        self.trace.add(told_at_s, outlet.current_a)
        self._learn_phases(now_s)
        self._learn_demand(now_s)

    def tick(self, now_s: float) -> tuple[object, ...]:
        """Let time pass. Returns all that others have to know; equal while nothing changed."""
        silent = self._is_silent(now_s)
        if silent and not self.silent:
            self.reserve_a = max(self.setpoint_a, ceil(max(self.outlet.current_a)))
            self.trace.clear()
        self.silent = silent
        wants = not silent and self._wants(now_s)
        if wants and not self.wants:
            self.hasty_until_s = now_s + HASTY_S
            self.arrived = True
        if wants is not self.wants and self.turn_at_s != NEVER:
            # Time in which it was ready for a car that did not come, or wanted nothing, is nobody's turn.
            self.served_s += now_s - self.turn_at_s if self.wants else 0.0
            self.turn_at_s = now_s
        self.wants = wants
        if not wants:
            self.demand_a = self._below_since_s = None
        self.used = self._used()
        self.sleeps = not silent and not wants and self.outlet.state in _PLUGGED
        return (
            silent,
            wants,
            self.sleeps,
            self._car_min_a,
            self.demand_a,
            self.used,
            self.outlet.min_a,
            self.outlet.max_a,
            self.outlet.foreign_a,
        )

    def step_time(self, now_s: float) -> None:
        """The clock stepped: what it told has no known age, and every wait begins anew."""
        self._distrusted_s = self.outlet.told_at_s
        self.trace.clear()
        self.changed_at_s = self._state_since_s = self._drawn_since_s = self._calm_at_s = now_s
        self.hasty_until_s = self.yields_until_s = self.raised_at_s = self.restarted_at_s = NEVER
        self._below_since_s = None
        if self.stopped_at_s != NEVER:
            self.stopped_at_s = now_s
        if self._asleep_since_s is not None:
            self._asleep_since_s = now_s
        if self.turn_at_s != NEVER:
            self.turn_at_s = now_s
        if self.stale_since_s is not None:
            self.stale_since_s = now_s

    @property
    def draw_a(self) -> float:
        """What it draws now on its strongest phase, as far as it told."""
        return max(self.outlet.current_a)

    def is_overdrawn(self, now_s: float) -> bool:
        """Whether it draws more than it may, long after it should have followed."""
        return now_s - self.changed_at_s > FOLLOW_S and self.draw_a > self.setpoint_a + OVERDRAWN_A

    def top_a(self, *, starting: bool, blind: bool, holding: bool) -> int:
        """The most that it may be given, whatever is left."""
        if self.paused:
            return 0
        top_a = self.limit_a if self.wants or self.sleeps else min(self.min_a, self.limit_a)
        if self.silent:
            top_a = min(self.limit_a, self.setpoint_a)
        if starting:
            top_a = min(top_a, self.min_a)
        if blind or self.stale_since_s is not None:
            top_a = min(top_a, self.fallback_a)
        if holding:
            top_a = min(top_a, self.fallback_a, self.setpoint_a)
        return legal(top_a, self.min_a, self.limit_a)

    def may_rise(self, pace: Pace, now_s: float) -> bool:
        """Whether it was stopped for long enough, for cars fault after quick stops and starts, and yields to nobody."""
        if now_s < self.yields_until_s:
            return False
        if self.setpoint_a:
            return True
        if len(self._stops) == STOPS_MAX and pace.restart_after_s and now_s - self._stops[0] < STOPS_S:
            return False
        return now_s - self.stopped_at_s >= pace.restart_after_s

    @property
    def admission_a(self) -> int:
        """The least that it is raised to, or kept at."""
        if self.setpoint_a or self.stopped_at_s == NEVER:
            return self.start_a
        return max(self.start_a, min(self.start_a + RESTART_SPARE_A, self.limit_a))

    def wait_s(self, current_a: int, amperes: int, pace: Pace, now_s: float) -> float:
        """So long must more be left before it is raised from a current by so many amperes."""
        if 0 < current_a < self.start_a:
            return pace.restart_after_s
        if current_a == 0:
            base_s = pace.raise_after_s if self.stopped_at_s == NEVER else pace.restart_after_s
        elif now_s < self.hasty_until_s:
            return pace.raise_after_s
        else:
            base_s = pace.raise_after_s * RAISE_WAITS[min(amperes, len(RAISE_WAITS)) - 1]
        again = self._premature
        if again and current_a:
            return max(base_s, min(base_s * PREMATURE_FACTOR**again, RAISE_WAIT_MAX_S))
        return base_s

    def change(self, setpoint_a: int, now_s: float, *, shed: bool) -> None:
        """Take a new setpoint; `shed` where a fuse took it back."""
        before_a = self.setpoint_a
        if shed:
            if (now_s - self.raised_at_s) * self._raised_by_a < WORTH_AS:
                self._premature = min(self._premature + 1, PREMATURE_MAX)
            if setpoint_a == 0:
                self._stops.append(now_s)
            self.raised_at_s = NEVER
            self._calm_at_s = now_s
        if setpoint_a > before_a:
            self.raised_at_s = now_s
            self._raised_by_a = setpoint_a - before_a
        if setpoint_a == 0:
            self.served_s += max(0.0, now_s - self.turn_at_s) if self.turn_at_s != NEVER else 0.0
            self.turn_at_s = NEVER
            self._awake = False
            self.stopped_at_s = now_s if self.wants and not self.paused else NEVER
        elif before_a == 0 or self.turn_at_s == NEVER:
            self.restarted_at_s = NEVER if self.stopped_at_s == NEVER else now_s
            self.turn_at_s = now_s
            self.stopped_at_s = NEVER
        self._before_a = before_a
        self.setpoint_a = setpoint_a
        self.changed_at_s = now_s
        if self.silent:
            self.reserve_a = max(self.reserve_a, setpoint_a)

    def forgive(self, now_s: float) -> None:
        """Calm forgives premature raises, one at a time."""
        if self._premature and now_s - self._calm_at_s >= CALM_S:
            self._premature = max(0, self._premature - 1)
            self._calm_at_s = now_s

    def fallback_at_s(self, pace: Pace) -> float | None:
        """When it may have its fallback current, stopped and without data; `None` where it may not."""
        if self.stale_since_s is None or self.setpoint_a or self.paused or not self.fallback_a:
            return None
        return max(self.stale_since_s, self.stopped_at_s) + pace.restart_after_s

    def _is_silent(self, now_s: float) -> bool:
        told_at_s = self._told_at_s
        if not self.connected or told_at_s is None or told_at_s == self._distrusted_s:
            return True
        return now_s - told_at_s > CHARGER_SILENT_S

    def _wants(self, now_s: float) -> bool:
        state = self.outlet.state
        if state is OutletState.CHARGING or self.draw_a > DRAWING_A:
            self._asleep_since_s = None
            return True
        if state not in _PLUGGED:
            self._asleep_since_s = None
            return False
        if self._asleep_since_s is not None:
            if self.setpoint_a or now_s - self._asleep_since_s < ASLEEP_RETRY_S:
                return False
            self._asleep_since_s = None
        # A pause that was asked for looks like the charger's or like the car's own (field capture: 2, 3, 4).
        offered_s = now_s - max(self._state_since_s, self.changed_at_s)
        patience_s = ASLEEP_S if state is OutletState.SUSPENDED_BY_VEHICLE else WAKE_S
        if self.setpoint_a < self.start_a or offered_s < patience_s:
            return self.wants or state is not OutletState.SUSPENDED_BY_VEHICLE
        self._asleep_since_s = now_s
        return False

    def _used(self) -> PhaseSet:
        outlet = self.outlet
        phases = outlet.phases if any(outlet.phases) else ALL_PHASES
        if not self.silent:
            if outlet.car_phases is not None and any(outlet.car_phases):
                phases = outlet.car_phases
            elif self._learnt is not None:
                phases = self._learnt
        a, b, c = outlet.current_a
        return (
            phases[0] or a > PHASE_IDLE_A,
            phases[1] or b > PHASE_IDLE_A,
            phases[2] or c > PHASE_IDLE_A,
        )

    def _learn_minimum(self, state: OutletState, now_s: float) -> None:
        """Some cars charge from more than the standard's 6 A on: a car that stops by itself when it is given less."""
        if state is OutletState.AVAILABLE:
            self._car_min_a = 0
        lowered = self.setpoint_a < self._before_a and now_s - self.changed_at_s < LOWERED_S
        if state is OutletState.SUSPENDED_BY_VEHICLE and self.outlet.state is OutletState.CHARGING and lowered:
            self._car_min_a = self.setpoint_a + 1

    def _learn_phases(self, now_s: float) -> None:
        a, b, c = self.outlet.current_a
        if self.outlet.state is OutletState.AVAILABLE:
            self._learnt = self._drawn = None
            return
        if max(a, b, c) <= DRAWING_A:
            self._drawn = None
            return
        drawn = (a > PHASE_IDLE_A, b > PHASE_IDLE_A, c > PHASE_IDLE_A)
        if drawn != self._drawn:
            self._drawn, self._drawn_since_s = drawn, now_s
            if self._learnt is not None and any(d and not known for d, known in zip(drawn, self._learnt, strict=True)):
                self._learnt = None
        elif now_s - self._drawn_since_s >= PHASES_LEARNT_S:
            self._learnt = drawn

    def _learn_demand(self, now_s: float) -> None:
        draw_a = self.draw_a
        charges = self.outlet.state is OutletState.CHARGING and now_s - self.changed_at_s > FOLLOW_S
        if charges and draw_a > DRAWING_A and self.setpoint_a < self._car_min_a:
            self._car_min_a = 0
        if self.demand_a is not None and draw_a > self.demand_a - DEMAND_SHOWN_A:
            self.demand_a = self._below_since_s = None
            self.hasty_until_s = now_s + HASTY_S
            return
        foreign_a = self.outlet.foreign_a
        given_a = self.setpoint_a if foreign_a is None else min(self.setpoint_a, foreign_a)
        if draw_a > DRAWING_A:
            self._awake = True
        waking = not self._awake and now_s - self.turn_at_s < WAKE_S
        if waking or not given_a or now_s - self.changed_at_s < FOLLOW_S or draw_a >= given_a - DEMAND_BELOW_A:
            self._below_since_s = None
            return
        if self._below_since_s is None:
            self._below_since_s, self._peak_a = now_s, draw_a
        self._peak_a = max(self._peak_a, draw_a)
        if now_s - self._below_since_s >= DEMAND_AFTER_S:
            demand_a = max(self.min_a, ceil(self._peak_a + DEMAND_SPARE_A))
            self.demand_a = demand_a if self.demand_a is None else min(self.demand_a, demand_a)
            self._below_since_s = None


def legal(current_a: int, min_a: int, max_a: int) -> int:
    """The highest legal setpoint that is not above a current: 0, or from the minimum to the maximum."""
    current_a = min(current_a, max_a)
    return current_a if current_a >= min_a else 0
