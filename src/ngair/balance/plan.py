"""From what is left to setpoints: shed at once, raise what is proven, fall back where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ngair.balance.constants import NOMINAL_V, RAISE_WAITS, UNLIMITED_A, YIELD_S
from ngair.balance.flow import POWER, Flow
from ngair.balance.headrooms import left_a
from ngair.balance.place import Place
from ngair.balance.share import Claim, Shares, share, share_one
from ngair.balance.tree import Line, Tree
from ngair.balance.turns import classes, turn_ends_s
from ngair.model.rules import Pace

_EPS = 1e-6


class State(NamedTuple):
    """What a decision is made from."""

    places: Sequence[Place]
    tree: Tree
    flows: dict[str, Flow]
    pace: Pace
    now_s: float
    news: bool
    """Whether a newer sample came: only then is anything raised, but for cars that are in a hurry."""
    starting: bool
    blind: bool
    """Whether no reading came since start."""
    holding: bool
    """Whether the program is about to restart."""


class Plan:
    """One decision in the making."""

    def __init__(self, state: State) -> None:
        self.state = state
        places = state.places
        self.known = [self._is_known(line) for line in state.tree.lines]
        self._look()
        self.tops = [place.top_a(starting=state.starting, blind=state.blind, holding=state.holding) for place in places]
        self.setpoints = [min(place.setpoint_a, top) for place, top in zip(places, self.tops, strict=True)]
        self.setpoints = [a if a >= p.min_a or p.silent else 0 for a, p in zip(self.setpoints, places, strict=True)]
        self.shed = [False] * len(places)
        self.classes = classes(places, state.pace, state.now_s)
        self.over = [i for i, p in enumerate(places) if not p.silent and p.wants and p.is_overdrawn(state.now_s)]
        self.bare = self._bare(None)
        """What each limit leaves, before reserves for silent chargers."""
        self.left = self._reserved(self.bare)
        self.loads: list[float] = []
        """What the setpoints take of each limit."""
        self.possible: Shares | None = None
        """What each could get of what is left now, nothing being proven; `None` where nobody can rise."""

    def carry_out(self) -> None:
        """Decide, and tell every place its new setpoint."""
        state = self.state
        if not state.tree.lines:
            self.setpoints = [0] * len(state.places)
        else:
            self._shed()
            self._raise()
            self._fall_back()
        self.loads = self._loads(self.setpoints)
        for i, place in enumerate(state.places):
            place.forgive(state.now_s)
            if self.setpoints[i] != place.setpoint_a:
                place.change(self.setpoints[i], state.now_s, shed=self.shed[i])

    def due_s(self) -> float:
        """When something changes although nothing comes."""
        state, now_s = self.state, self.state.now_s
        due_s = float("inf")
        for flow in state.flows.values():
            for at_s in (flow.late_at_s, flow.stale_at_s):
                if at_s >= now_s:
                    due_s = min(due_s, at_s + 0.001)
        for place in state.places:
            if place.hasty_until_s > now_s and place.setpoint_a < place.limit_a:
                return now_s
            back_s = place.fallback_at_s(self.state.pace)
            if back_s is not None and back_s > now_s:
                due_s = min(due_s, back_s)
        return due_s

    def _is_known(self, line: Line) -> bool:
        return not line.metered or self.state.flows[line.fuse].is_known(line.axis, self.state.now_s)

    def _look(self) -> None:
        """Which places have no data, or late data."""
        state = self.state
        late = {name for name, flow in state.flows.items() if flow.is_late(state.now_s)}
        for place, path in zip(state.places, state.tree.paths, strict=False):
            place.late = bool(late) and any(name in late for name in path)
            stale = not all(self.known[line] for line, _ in place.rows)
            if not stale:
                place.stale_since_s = None
            elif place.stale_since_s is None:
                place.stale_since_s = state.now_s

    def _bare(self, while_s: float | None) -> list[float]:
        """What each limit leaves for all places below it: now, or at least over a while. In A (power: of one phase)."""
        return [
            self._limit(line, while_s) if known else UNLIMITED_A
            for line, known in zip(self.state.tree.lines, self.known, strict=True)
        ]

    def _reserved(self, bare: list[float]) -> list[float]:
        """What is left beside what silent chargers may draw."""
        limits = list(bare)
        for place in self.state.places:
            if place.silent:
                for line, weight in place.rows:
                    limits[line] -= weight * place.reserve_a
        return limits

    def _limit(self, line: Line, while_s: float | None) -> float:
        state = self.state
        other: float | None = line.reserve
        volts = NOMINAL_V
        if line.metered:
            flow = state.flows[line.fuse]
            other = flow.counted(line.axis) if while_s is None else flow.highest(line.axis, while_s)
            volts = max(flow.voltage_v)
        if other is None:
            return -UNLIMITED_A
        if line.axis == POWER:
            return left_a(line.most, state.pace.margin_a * volts, other) / volts
        return left_a(line.most, state.pace.margin_a, other)

    def _shed(self) -> None:
        state = self.state
        loads = self._loads(self.setpoints)
        for i, place in enumerate(state.places):
            if place.silent and self.setpoints[i] and any(self.bare[line] < 0 for line, _ in place.rows):
                self.setpoints[i] = 0
                self.shed[i] = True
        if not self.over and all(load <= left + _EPS for load, left in zip(loads, self.left, strict=True)):
            return
        shares = self._divide(self.setpoints, self.left)
        for i, place in enumerate(state.places):
            if not place.silent and shares.grants_a[i] < self.setpoints[i]:
                self.setpoints[i] = shares.grants_a[i]
                self.shed[i] = True

    def _raise(self) -> None:
        """Raise whoever may have more, as far as it was left for long enough; take a share from who has too much."""
        state, places = self.state, self.state.places
        eager = [i for i, p in enumerate(places) if not p.silent and self.setpoints[i] < self.tops[i]]
        if not eager:
            return
        caps = [
            self.tops[i]
            if not p.late and p.stale_since_s is None and p.may_rise(state.pace, state.now_s)
            else self.setpoints[i]
            for i, p in enumerate(places)
        ]
        possible = self._divide(caps, self.left)
        self.possible = possible if caps == self.tops else self._divide(self.tops, self.left)
        now_s, pace = state.now_s, state.pace
        gains = {
            i: possible.grants_a[i] - self.setpoints[i]
            for i in eager
            if possible.grants_a[i] > self.setpoints[i] and (state.news or now_s < places[i].hasty_until_s)
        }
        for while_s in sorted({w for i, gain in gains.items() for w in self._waits(i, gain)}):
            limits = self._reserved(self._bare(while_s))
            target = self._divide(caps, limits).grants_a
            raised = [
                i
                for i in gains
                if target[i] > self.setpoints[i]
                and places[i].wait_s(self.setpoints[i], target[i] - self.setpoints[i], pace, now_s) <= while_s
            ]
            if any(target[i] < caps[i] and self._is_unclear(i) for i in raised):
                return
            if raised:
                self._move(raised, target, limits)
                return

    def _is_unclear(self, i: int) -> bool:
        lines = [self.state.tree.lines[number] for number, _ in self.state.places[i].rows]
        return any(line.metered and self.state.flows[line.fuse].is_unclear(line.axis) for line in lines)

    def _waits(self, i: int, gain: int) -> set[float]:
        place = self.state.places[i]
        return {
            place.wait_s(self.setpoints[i], amperes, self.state.pace, self.state.now_s)
            for amperes in range(1, min(gain, len(RAISE_WAITS)) + 1)
        }

    def _move(self, raised: list[int], target: list[int], limits: list[float]) -> None:
        """Raise to the target; where that is too much beside the others, lower those who have more than their share.

        What is taken from one car goes to the other only once the first has followed.
        """
        places, new = self.state.places, list(self.setpoints)
        for i in raised:
            new[i] = target[i]
        full = {n for n, load in enumerate(self._loads(new)) if load > limits[n] + _EPS}
        for i, place in enumerate(places):
            if new[i] > target[i] and not place.silent and any(line in full for line, _ in place.rows):
                new[i] = target[i]
                place.yields_until_s = self.state.now_s + YIELD_S
        falling = [0.0] * len(limits)
        for i, place in enumerate(places):
            if not place.silent and i not in raised and place.draw_a > new[i] + 1:
                for line, weight in place.rows:
                    falling[line] += weight * (place.draw_a - new[i])
        for i in raised:
            loads = self._loads(new)
            if any(falling[line] and loads[line] + falling[line] > limits[line] + _EPS for line, _ in places[i].rows):
                new[i] = self.setpoints[i]
        self.setpoints = new

    def _fall_back(self) -> None:
        """From nothing to the fallback: the only raise without data. Who comes first is let in first."""
        for i in [i for order in self.classes for i in order]:
            place = self.state.places[i]
            at_s = place.fallback_at_s(self.state.pace)
            if at_s is None or self.setpoints[i] or self.state.now_s < at_s or self.tops[i] < place.min_a:
                continue
            loads = self._loads(self.setpoints)
            if all(
                not self.known[line] or loads[line] + weight * self.tops[i] <= self.left[line] + _EPS
                for line, weight in place.rows
            ):
                self.setpoints[i] = self.tops[i]

    def _divide(self, caps: Sequence[int], limits: Sequence[float]) -> Shares:
        places = self.state.places
        rows = [place.rows for place in places]
        claims = [
            Claim(p.admission_a, cap if p.demand_a is None else min(p.demand_a, cap), 0 if p.silent else cap)
            for p, cap in zip(places, caps, strict=True)
        ]
        if len(claims) == 1:
            return share_one(claims[0], rows[0], limits)
        shares = share(claims, self.classes, rows, limits)
        if not self.over or len(places) == len(self.over):
            return shares
        rest = list(limits)
        for i in self.over:
            for line, weight in places[i].rows:
                rest[line] -= weight * places[i].draw_a
            claims[i] = claims[i]._replace(cap_a=0)
        beside = share(claims, self.classes, rows, rest)
        grants = [
            a if i in self.over else min(a, b)
            for i, (a, b) in enumerate(zip(shares.grants_a, beside.grants_a, strict=True))
        ]
        return Shares(grants, shares.bound)

    def _loads(self, setpoints: Sequence[int]) -> list[float]:
        loads = [0.0] * len(self.state.tree.lines)
        for place, setpoint_a in zip(self.state.places, setpoints, strict=True):
            if setpoint_a and not place.silent:
                for line, weight in place.rows:
                    loads[line] += weight * setpoint_a
        return loads

    def turn_ends_s(self, i: int) -> float:
        """When the turn of a place ends."""
        return turn_ends_s(self.state.places[i], self.state.pace)
