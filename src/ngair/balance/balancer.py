"""The balancer: looks at the site, remembers what it needs, and decides what each outlet may give."""

from __future__ import annotations

from ngair.balance.constants import CLOCK_JUMP_S, HASTY_S, RAISE_WAIT_MAX_S, RAISE_WAITS, START_READINGS
from ngair.balance.failsafes import FailSafes
from ngair.balance.flow import NEVER, POWER, Drawer, Flow
from ngair.balance.headrooms import Headrooms
from ngair.balance.place import Place
from ngair.balance.plan import Plan, State
from ngair.balance.told import tell
from ngair.balance.tree import Tree, grow
from ngair.balance.turns import queue_up
from ngair.model.charging import ChargeBox
from ngair.model.decision import Decision, FailSafe, Headroom, Setpoint
from ngair.model.rules import Fuse, Pace, Wishes
from ngair.model.site import Meter, Site


class Balancer:
    """Decides setpoints. A plain object: no clock, no wire; `decide` may be called as often as one likes."""

    def __init__(self) -> None:
        self._now_s: float | None = None
        self._boxes: tuple[ChargeBox, ...] = ()
        self._places: list[Place] = []
        self._heard: list[tuple[object, ...]] = []
        self._fuses: tuple[Fuse, ...] = ()
        self._rated: tuple[Fuse, ...] = ()
        self._wishes: Wishes | None = None
        self._pace: Pace | None = None
        self._tree = Tree((), (), {})
        self._flows: dict[str, Flow] = {}
        self._drawers: dict[str, list[Drawer]] = {}
        self._starting = True
        self._holding = False
        self._due_s = NEVER
        self._fail_safes = FailSafes()
        self._headrooms = Headrooms()
        self._decision = Decision()

    def decide(self, site: Site, now_s: float) -> Decision:
        """The setpoint of every outlet of every charger, with its reason; what is left; what is missing.

        Never raises and never waits. Call it after everything that happened and once a second; what is new it finds by
        comparing with what it saw. The same object is returned while nothing changed.
        """
        due = self._keep_time(now_s)
        due = self._take_rules(site, now_s) or due
        if site.update.holding is not self._holding:
            self._holding = site.update.holding
            due = True
        due = self._take_outlets(site, now_s) or due
        news = self._take_samples(site, now_s)
        if news or due or now_s >= self._due_s:
            self._decide(site, now_s, news=news)
        return self._decision

    def lag_of(self, fuse: str) -> tuple[int, int] | None:
        """The least and the most that the values of a fuse's meter may be old on arrival, in s; `None` without one."""
        flow = self._flows.get(fuse)
        return None if flow is None else (flow.lag.least_s, flow.lag.most_s)

    def _keep_time(self, now_s: float) -> bool:
        before_s, self._now_s = self._now_s, now_s
        if before_s is None:
            self._fail_safes.start(now_s)
            return True
        if 0 <= now_s - before_s <= CLOCK_JUMP_S:
            return False
        for flow in self._flows.values():
            flow.distrust()
        for place in self._places:
            place.step_time(now_s)
        self._fail_safes.step(now_s)
        return True

    def _take_rules(self, site: Site, now_s: float) -> bool:
        if site.fuses is self._fuses and site.wishes is self._wishes and site.pace is self._pace:
            return False
        first = self._wishes is None
        self._fuses, self._wishes, self._pace = site.fuses, site.wishes, site.pace
        self._rated = site.rated_fuses
        metered = [fuse.name for i, fuse in enumerate(site.fuses) if i == 0 or fuse.meter is not None]
        self._flows = {name: self._flows.get(name) or Flow(name) for name in metered}
        for place in self._places:
            place.follow(site.wishes.of(place.serial, place.id), site.pace)
            if not first:
                place.hasty_until_s = now_s + HASTY_S
        self._plant()
        return True

    def _take_outlets(self, site: Site, now_s: float) -> bool:
        if site.charge_boxes is not self._boxes:
            self._boxes = site.charge_boxes
            self._hear(site, now_s)
        heard = [place.tick(now_s) for place in self._places]
        if heard == self._heard:
            return False
        self._heard = heard
        queue_up(self._places)
        for place in self._places:
            place.follow(site.wishes.of(place.serial, place.id), site.pace)
        self._plant()
        return True

    def _hear(self, site: Site, now_s: float) -> None:
        places = iter(self._places)
        kept: list[Place] = []
        known: dict[tuple[str, int], Place] | None = None
        for box in site.charge_boxes:
            for outlet in box.outlets:
                place = next(places, None)
                if place is None or place.serial != box.serial or place.id != outlet.id:
                    if known is None:
                        known = {(p.serial, p.id): p for p in self._places}
                    place = known.get((box.serial, outlet.id))
                if place is None:
                    wish = site.wishes.of(box.serial, outlet.id)
                    place = Place(box.serial, outlet, wish, site.pace, now_s)
                if place.outlet is not outlet or place.connected is not box.connected or place.shown is None:
                    place.hear(outlet, box.connected, now_s)
                kept.append(place)
        if len(kept) != len(self._places) or any(a is not b for a, b in zip(kept, self._places, strict=True)):
            self._places = kept
            self._heard = []

    def _plant(self) -> None:
        """The tree and who draws below which meter, after outlets or fuses became others."""
        if not self._rated:
            self._tree = Tree((), (), {})
            for place in self._places:
                place.rows = ()
            return
        self._tree = grow(self._rated, self._places)
        for name, flow in self._flows.items():
            places = [self._places[i] for i in self._tree.below.get(name, ())]
            flow.counts_power = any(line.axis == POWER and line.fuse == name for line in self._tree.lines)
            flow.unheard = any(place.silent for place in places)
            self._drawers[name] = [(place.trace, max(place.outlet.max_a, place.reserve_a)) for place in places]

    def _take_samples(self, site: Site, now_s: float) -> bool:
        pace = site.pace
        keep_s = max(RAISE_WAIT_MAX_S, pace.restart_after_s, pace.raise_after_s * RAISE_WAITS[0])
        news = False
        for i, fuse in enumerate(self._rated):
            flow = self._flows.get(fuse.name)
            if flow is None:
                continue
            meter: Meter | None = site.meter if i == 0 else site.sub_meters.get(fuse.name)
            if flow.look(meter, now_s, self._drawers.get(fuse.name, ()), keep_s):
                news = True
        return news

    def _decide(self, site: Site, now_s: float, *, news: bool) -> None:
        main = self._flows.get(self._rated[0].name) if self._rated else None
        if self._starting and main is not None and main.readings >= START_READINGS:
            self._starting = False
            for place in self._places:
                place.hasty_until_s = now_s + HASTY_S
        state = State(
            places=self._places,
            tree=self._tree,
            flows=self._flows,
            pace=site.pace,
            now_s=now_s,
            news=news,
            starting=self._starting,
            blind=main is None or main.readings == 0,
            holding=self._holding,
        )
        plan = Plan(state)
        plan.carry_out()
        setpoints = tuple([tell(state, plan, i) for i in range(len(self._places))])
        headrooms = self._headrooms.show(self._rated, self._flows, site.pace, now_s)
        fail_safes = self._fail_safes.show(state, self._rated, site.charge_boxes)
        self._due_s = plan.due_s()
        self._decision = _settled(self._decision, setpoints, headrooms, fail_safes)


def _settled(
    before: Decision, setpoints: tuple[Setpoint, ...], headrooms: tuple[Headroom, ...], fail_safes: tuple[FailSafe, ...]
) -> Decision:
    """The decision; the old one where nothing in it changed."""
    same = (
        headrooms is before.headrooms
        and fail_safes is before.fail_safes
        and len(setpoints) == len(before.setpoints)
        and all(a is b for a, b in zip(setpoints, before.setpoints, strict=True))
    )
    return before if same else Decision(setpoints=setpoints, headrooms=headrooms, fail_safes=fail_safes)
