"""One outlet beside a house, told by hand: what the balancer makes of each moment."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, FailSafe, FailSafeKind, Setpoint
from ngair.model.phases import KnownPhases
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse, OutletWish, Pace, Wishes
from ngair.model.site import Site, apply
from tests.balance.plant import BOX, telegram

MAIN = Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25))


class Scene:
    """A second at a time: the outlets tell, the meter tells every ten seconds, the balancer decides.

    Cars follow at once and the meter is not late, so that only the rules are seen.
    """

    def __init__(
        self,
        *,
        outlets: tuple[Outlet, ...] = (Outlet(id=1, state=OutletState.CHARGING),),
        fuses: tuple[Fuse, ...] = (MAIN,),
        pace: Pace | None = None,
        house_a: float = 4,
        cadence_s: int = 10,
    ) -> None:
        self.balancer = Balancer()
        self.site = Site(box=BOX, fuses=fuses, pace=pace or Pace())
        self.outlets = {outlet.id: outlet for outlet in outlets}
        self.house_a = house_a
        self.cadence_s = cadence_s
        self.takes_a: dict[int, float] = {}
        """What a car takes at most, by outlet."""
        self.meter_speaks = True
        self.charger_speaks = True
        self.reading: Reading | None = None
        """Told instead of the truth."""
        self.subs: dict[str, float] = {}
        """What the meters of sub-fuses see of loads besides chargers."""
        self.now_s = 1000
        self.seen: list[dict[int, int]] = []

    def run(self, seconds: int) -> Scene:
        for _ in range(seconds):
            self._second()
        return self

    def wish(self, outlet_id: int = 1, **what: object) -> None:
        key = f"CHARGER1/{outlet_id}"
        wish = replace(self.site.wishes.outlets.get(key, OutletWish()), **what)
        self.site = replace(self.site, wishes=Wishes(outlets=self.site.wishes.outlets | {key: wish}))

    def becomes(self, outlet_id: int, state: OutletState) -> None:
        self.outlets[outlet_id] = replace(self.outlets[outlet_id], state=state)

    @property
    def decision(self) -> Decision:
        return self.site.decision

    def setpoint(self, outlet_id: int = 1) -> Setpoint:
        found = self.decision.setpoint("CHARGER1", outlet_id)
        assert found is not None
        return found

    def given(self, outlet_id: int = 1) -> int:
        return self.setpoint(outlet_id).setpoint_a

    def fail_safe(self, kind: FailSafeKind) -> FailSafe | None:
        return next((one for one in self.decision.fail_safes if one.kind is kind), None)

    def seconds_until(self, outlet_id: int, setpoint_a: int, at_most: int = 2000) -> int:
        """How long it takes until an outlet is given this."""
        for second in range(at_most):
            if self.given(outlet_id) == setpoint_a:
                return second
            self._second()
        raise AssertionError(f"never {setpoint_a} A: {self.setpoint(outlet_id)}")

    def changes(self, outlet_id: int = 1, last_s: int | None = None) -> list[int]:
        given = [row[outlet_id] for row in (self.seen if last_s is None else self.seen[-last_s:])]
        return [b for a, b in pairwise(given) if a != b]

    def drawn(self, outlet: Outlet) -> KnownPhases:
        if outlet.state is not OutletState.CHARGING:
            return (0, 0, 0)
        found = self.decision.setpoint("CHARGER1", outlet.id)
        draw_a = min(found.setpoint_a if found else 0, self.takes_a.get(outlet.id, 99))
        a, b, c = (draw_a if used else 0 for used in outlet.car_phases or outlet.phases)
        return (a, b, c)

    def _second(self) -> None:
        now_s = self.now_s
        if self.charger_speaks:
            self.outlets = {n: replace(o, current_a=self.drawn(o), told_at_s=now_s) for n, o in self.outlets.items()}
            box = ChargeBox(serial="CHARGER1", identity="CHARGER1", outlets=tuple(self.outlets.values()))
            self.site = replace(self.site, charge_boxes=(box,))
        if now_s % self.cadence_s == 0 and self.meter_speaks:
            self._telegrams(now_s)
        decision = self.balancer.decide(self.site, now_s)
        self.site = replace(self.site, decision=decision)
        self.seen.append({n: self.given(n) for n in self.outlets})
        self.now_s += 1

    def _telegrams(self, now_s: int) -> None:
        event = telegram(self._flow(self.house_a, list(self.outlets.values())), now_s)
        if self.reading is not None:
            event = replace(event, telegram=replace(event.telegram, reading=self.reading))
        self.site = apply(self.site, event)
        for fuse, house_a in self.subs.items():
            names = next(one.chargers for one in self.site.fuses if one.name == fuse)
            below = [o for o in self.outlets.values() if "CHARGER1" in names or f"CHARGER1/{o.id}" in names]
            self.site = apply(self.site, telegram(self._flow(house_a, below), now_s, fuse))

    def _flow(self, house_a: float, outlets: list[Outlet]) -> KnownPhases:
        drawn = [self.drawn(outlet) for outlet in outlets]
        a, b, c = (house_a + sum(d[phase] for d in drawn) for phase in range(3))
        return (a, b, c)


def two(**of_both: object) -> tuple[Outlet, ...]:
    """Two outlets with a car each."""
    outlet = replace(Outlet(id=1, state=OutletState.CHARGING), **of_both)
    return (outlet, replace(outlet, id=2))
