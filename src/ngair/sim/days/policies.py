"""Policies that others use, written from what is published about them, to be measured against.

They see the same site as our balancer. None has fail-safes: a stale reading is acted on as if it were fresh. Where a
policy aligns the cars' currents with the meter's sample it is told the true delay of the meter, which only helps it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.site import Site
from ngair.sim.days.controller import Controller
from ngair.sim.days.plan import HousePlan

HISTORY_S = 90
WANTS = (
    OutletState.PREPARING,
    OutletState.CHARGING,
    OutletState.SUSPENDED_BY_CHARGER,
    OutletState.SUSPENDED_BY_VEHICLE,
)
"""States of an outlet with a car that may take current."""

Key = tuple[str, int]
Amps = tuple[float, float, float]


class GainOne:
    """On each telegram: fuse − margin − (meter − the cars' currents now). Feeds a grant back with gain one."""

    def __init__(self, delay_s: float = 0) -> None:
        """`delay_s`: how long before a telegram's arrival the cars' currents are taken from."""
        self._delay_s = delay_s
        self._received_at_s: float | None = None
        self._cars_a: deque[tuple[float, Amps]] = deque()
        self._decision = Decision()

    def decide(self, site: Site, now_s: float) -> Decision:
        """See `Controller`."""
        self._cars_a.append((now_s, _cars(site)))
        while len(self._cars_a) > 1 and self._cars_a[1][0] <= now_s - HISTORY_S:
            self._cars_a.popleft()
        received_at_s = site.meter.received_at_s
        fresh = received_at_s is not None and received_at_s != self._received_at_s
        if fresh:
            self._received_at_s = received_at_s
            base_a = self._base(site, now_s)
            if base_a is not None:
                self._allot(site, base_a, now_s)
        return self._decision

    def _base(self, site: Site, now_s: float) -> Amps | None:
        """The house without its cars, as this policy believes."""
        reading = site.meter.reading
        if reading is None or None in reading.current_a:
            return None
        cars_a = self._cars_at(now_s - self._delay_s)
        one, two, three = (
            (-amps if (power_w or 0) < 0 else amps) - car_a
            for amps, power_w, car_a in zip(
                (amps or 0 for amps in reading.current_a), reading.phase_power_w, cars_a, strict=True
            )
        )
        return one, two, three

    def _cars_at(self, time_s: float) -> Amps:
        found = self._cars_a[0][1]
        for at_s, amps in self._cars_a:
            if at_s > time_s:
                break
            found = amps
        return found

    def _allot(self, site: Site, base_a: Amps, now_s: float) -> None:
        wanted = _fill(site, base_a)
        before = {(s.serial, s.outlet_id): s for s in self._decision.setpoints}
        setpoints = tuple(
            _setpoint(key, self._paced(key, amps, before.get(key), now_s), before.get(key), now_s)
            for key, amps in wanted.items()
        )
        if setpoints != self._decision.setpoints:
            self._decision = Decision(setpoints=setpoints)

    def _paced(self, key: Key, amps: int, before: Setpoint | None, now_s: float) -> int:
        """At once, whatever was before."""
        return amps


class TimeAligned(GainOne):
    """The same with the cars' currents taken at the meter's sample time; nothing is held."""


class MaxHold(TimeAligned):
    """Time-aligned, with the house's highest of 30 s, raised after 30 s, restarted after 90 s."""

    HOLD_S = 30
    RAISE_S = 30
    RESTART_S = 90

    def __init__(self, delay_s: float = 0) -> None:
        super().__init__(delay_s)
        self._bases: deque[tuple[float, Amps]] = deque()
        self._more_since_s: dict[Key, float] = {}

    def _base(self, site: Site, now_s: float) -> Amps | None:
        base_a = super()._base(site, now_s)
        if base_a is None:
            return None
        self._bases.append((now_s, base_a))
        while self._bases[0][0] < now_s - self.HOLD_S:
            self._bases.popleft()
        one, two, three = (max(base[phase] for _, base in self._bases) for phase in range(3))
        return one, two, three

    def _paced(self, key: Key, amps: int, before: Setpoint | None, now_s: float) -> int:
        if before is None or amps <= before.setpoint_a:
            self._more_since_s.pop(key, None)
            return amps
        since_s = self._more_since_s.setdefault(key, now_s)
        wait_s = self.RESTART_S if before.setpoint_a == 0 else self.RAISE_S
        if now_s - since_s < wait_s:
            return before.setpoint_a
        del self._more_since_s[key]
        return amps


POLICIES: dict[str, Callable[[HousePlan], Controller]] = {
    "gain-one": lambda plan: GainOne(),
    "time-aligned": lambda plan: TimeAligned(plan.meter.latency_s),
    "max-hold": lambda plan: MaxHold(plan.meter.latency_s),
}
"""By the name that `--policy` takes."""


def _outlets(site: Site) -> Iterator[tuple[ChargeBox, Outlet]]:
    return ((box, outlet) for box in site.charge_boxes for outlet in box.outlets)


def _cars(site: Site) -> Amps:
    one = two = three = 0.0
    for _, outlet in _outlets(site):
        one, two, three = one + outlet.current_a[0], two + outlet.current_a[1], three + outlet.current_a[2]
    return one, two, three


def _fill(site: Site, base_a: Amps) -> dict[Key, int]:
    """Equal shares of the least that is left, down to whole amperes; the last ones wait where it is too little."""
    fuse, margin_a = site.rated_fuses[0], site.pace.margin_a
    left_a = [rating_a - margin_a - amps for rating_a, amps in zip(fuse.rating_a, base_a, strict=True)]
    granted: dict[Key, int] = {(box.serial, outlet.id): 0 for box, outlet in _outlets(site)}
    wanting = [(box.serial, outlet) for box, outlet in _outlets(site) if outlet.state in WANTS]
    while wanting:
        shares = {
            (serial, outlet.id): min(
                [outlet.max_a, *(left_a[p] // _count(wanting, p) for p in range(3) if _uses(outlet, p))]
            )
            for serial, outlet in wanting
        }
        if all(shares[serial, outlet.id] >= outlet.min_a for serial, outlet in wanting):
            granted.update({key: int(amps) for key, amps in shares.items()})
            break
        wanting.pop()
    return granted


def _count(wanting: list[tuple[str, Outlet]], phase: int) -> int:
    return sum(_uses(outlet, phase) for _, outlet in wanting)


def _uses(outlet: Outlet, phase: int) -> bool:
    return (outlet.car_phases or outlet.phases)[phase]


def _setpoint(key: Key, amps: int, before: Setpoint | None, now_s: float) -> Setpoint:
    if before is not None and before.setpoint_a == amps:
        return before
    reason = SetpointReason(rule=Rule.FUSE, text="as the policy has it", since_s=now_s)
    return Setpoint(serial=key[0], outlet_id=key[1], setpoint_a=amps, changed_at_s=now_s, reason=reason)
