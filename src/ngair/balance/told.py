"""Each setpoint with its reason; built anew only when something in it changes."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from ngair.balance import reasons
from ngair.balance.constants import NOMINAL_V, START_READINGS
from ngair.balance.flow import POWER, Flow
from ngair.balance.place import Place
from ngair.balance.plan import Plan, State
from ngair.balance.tree import Line
from ngair.model.decision import Rule, Setpoint, SetpointReason
from ngair.model.phases import PHASE_NAMES

_EPS_A = 0.05
"""Meters tell tenths of amperes: 21.0 in use is 21, not 22."""


class _Why(NamedTuple):
    """A reason without its words; equal while the words would be."""

    rule: Rule
    text: str
    line: Line | None = None
    figures: tuple[tuple[str, object], ...] = ()
    until_s: float | None = None


def tell(state: State, plan: Plan, i: int) -> Setpoint:
    """The setpoint of a place and why; the same object while nothing in it changed."""
    place = state.places[i]
    why = _why(state, plan, i)
    key = (place.setpoint_a, why)
    shown = place.shown
    if shown is not None and place.shown_key == key and shown.changed_at_s == place.changed_at_s:
        return shown
    fuse = phase = None
    if why.line is not None:
        fuse = why.line.fuse
        phase = None if why.line.axis == POWER else PHASE_NAMES[why.line.axis]
    since_s = state.now_s
    if shown is not None:
        before = shown.reason
        if before.rule is why.rule and before.fuse == fuse and before.phase == phase:
            since_s = min(before.since_s, since_s)
    reason = SetpointReason(
        rule=why.rule,
        text=_words(why),
        fuse=fuse,
        phase=phase,
        since_s=since_s,
        until_s=why.until_s,
    )
    place.shown_key = key
    place.shown = Setpoint(
        serial=place.serial,
        outlet_id=place.id,
        setpoint_a=place.setpoint_a,
        changed_at_s=place.changed_at_s,
        reason=reason,
    )
    return place.shown


def _words(why: _Why) -> str:
    figures = dict(why.figures)
    if why.line is not None:
        figures["line"] = reasons.line_name(why.line)
    return why.text.format(**figures)


def _why(state: State, plan: Plan, i: int) -> _Why:
    place = state.places[i]
    if not state.tree.lines:
        return _Why(Rule.FUSE, reasons.NO_MAIN_FUSE)
    if place.paused:
        return _Why(Rule.PAUSED, reasons.PAUSED)
    if state.holding:
        return _restart(place)
    if state.starting:
        return _start(place)
    if place.stale_since_s is not None:
        return _fallback(state, place)
    if place.silent:
        if place.outlet.told_at_s is None:
            return _Why(Rule.FALLBACK, reasons.LOST_UNKNOWN, figures=(("a", place.fallback_a),))
        return _Why(Rule.HOLD, reasons.LOST, figures=(("a", place.reserve_a),))
    if place.late:
        until_s = min(flow.stale_at_s for flow in _flows(state, i) if flow.is_late(state.now_s))
        return _Why(Rule.HOLD, reasons.HOLD, until_s=until_s)
    if not place.wants:
        if place.setpoint_a:
            return _Why(Rule.READY, reasons.READY, figures=(("a", place.setpoint_a),))
        line = _bound(state, plan, i)
        return _Why(Rule.READY, reasons.NOT_READY if line else reasons.NO_ROOM, line)
    if place.setpoint_a >= plan.tops[i]:
        return _at_top(place)
    if plan.possible is not None and plan.possible.grants_a[i] > place.setpoint_a:
        return _Why(
            Rule.PROVING,
            reasons.PROVING,
            figures=(("a", plan.possible.grants_a[i]),),
            until_s=_proven_at_s(state, plan, i, plan.possible.grants_a[i]),
        )
    return _limited(state, plan, i)


def _start(place: Place) -> _Why:
    if place.setpoint_a:
        return _Why(Rule.START, reasons.START, figures=(("n", START_READINGS),))
    return _Why(Rule.START, reasons.START_NOTHING)


def _restart(place: Place) -> _Why:
    if not place.fallback_a:
        return _Why(Rule.RESTART, reasons.RESTART_STOP)
    return _Why(Rule.RESTART, reasons.RESTART, figures=(("a", place.fallback_a),))


def _fallback(state: State, place: Place) -> _Why:
    if not place.fallback_a:
        return _Why(Rule.FALLBACK, reasons.FALLBACK_STOP)
    text = reasons.FALLBACK if place.setpoint_a else reasons.FALLBACK_WAIT
    return _Why(Rule.FALLBACK, text, figures=(("a", place.fallback_a),), until_s=place.fallback_at_s(state.pace))


def _at_top(place: Place) -> _Why:
    outlet = place.outlet
    if outlet.foreign_a is not None and outlet.foreign_a < place.setpoint_a:
        figures = (("a", place.setpoint_a), ("foreign", outlet.foreign_a))
        return _Why(Rule.FREE, reasons.FOREIGN, figures=figures)
    if place.wished_a is not None and place.wished_a < outlet.max_a:
        return _Why(Rule.MAXIMUM, reasons.MAXIMUM, figures=(("a", place.wished_a),))
    return _Why(Rule.FREE, reasons.FREE if place.demand_a is None else reasons.TAKES_LESS)


def _limited(state: State, plan: Plan, i: int) -> _Why:
    place, places = state.places[i], state.places
    if place.demand_a is not None and place.setpoint_a >= place.demand_a:
        return _Why(Rule.FREE, reasons.TAKES_LESS)
    line = _bound(state, plan, i)
    if line is None:
        return _Why(Rule.PROVING, reasons.PROVING_LITTLE)
    number = state.tree.lines.index(line)
    beside = [
        j
        for j, other in enumerate(places)
        if j != i and other.wants and other.setpoint_a and any(n == number for n, _ in other.rows)
    ]
    if place.setpoint_a == 0 and beside:
        rivals = [j for j in beside if places[j].priority == place.priority]
        if rivals:
            first = min(rivals, key=plan.turn_ends_s)
            until_s = plan.turn_ends_s(first)
            who = (("who", f"charger {places[first].serial}, outlet {places[first].id},"),)
            return _Why(Rule.TURN, reasons.TURN, line, who, until_s if until_s > state.now_s else None)
        return _Why(Rule.SHARE, reasons.SHARE_STOPPED, line, (("n", reasons.cars(len(beside))),))
    if beside:
        return _Why(Rule.SHARE, reasons.SHARE, line, (("n", reasons.cars(len(beside))),))
    return _by_fuse(state, plan, i, line)


def _by_fuse(state: State, plan: Plan, i: int, line: Line) -> _Why:
    place, pace = state.places[i], state.pace
    gain = 1 if place.setpoint_a else place.min_a
    wait_s = place.wait_s(place.setpoint_a, gain, pace, state.now_s)
    other = state.flows[line.fuse].counted(line.axis) if line.metered else line.reserve
    if line.axis == POWER:
        volts = max(state.flows[line.fuse].voltage_v) if line.metered else NOMINAL_V
        weight = sum(place.used)
        below = line.most - volts * (pace.margin_a + weight * (place.setpoint_a + gain))
        kilo: tuple[tuple[str, object], ...] = (
            ("used", f"{other / 1000:.1f}"),
            ("most", f"{line.most / 1000:g}"),
            ("below", f"{below / 1000:.1f}"),
            *reasons.waiting(wait_s),
        )
        return _Why(Rule.POWER, reasons.POWER if below > 0 else reasons.POWER_TOO_SMALL, line, kilo)
    below = line.most - pace.margin_a - place.setpoint_a - gain
    figures = (
        ("used", f"{ceil(other - _EPS_A)}"),
        ("most", f"{line.most:g}"),
        ("below", f"{below:g}"),
        *reasons.waiting(wait_s),
    )
    return _Why(Rule.FUSE, reasons.FUSE if below >= 0 else reasons.FUSE_TOO_SMALL, line, figures)


def _bound(state: State, plan: Plan, i: int) -> Line | None:
    """The limit that keeps it from more."""
    if plan.possible is None or plan.possible.bound[i] < 0:
        return None
    return state.tree.lines[plan.possible.bound[i]]


def _flows(state: State, i: int) -> list[Flow]:
    return [state.flows[name] for name in state.tree.paths[i] if name in state.flows]


def _proven_at_s(state: State, plan: Plan, i: int, goal_a: int) -> float | None:
    """When a raise will be due, were nothing to change; `None` where that depends on other cars."""
    place, pace = state.places[i], state.pace
    loads = plan.loads
    soonest: float | None = None
    again_s = 0.0 if place.setpoint_a else place.stopped_at_s + pace.restart_after_s
    gain = goal_a - place.setpoint_a
    for amperes in {1, 2, 3, gain} if place.setpoint_a else {gain}:
        if amperes > gain:
            continue
        at_s = again_s
        wait_s = place.wait_s(place.setpoint_a, amperes, pace, state.now_s)
        for number, weight in place.rows:
            line = state.tree.lines[number]
            if not line.metered:
                continue
            flow = state.flows[line.fuse]
            volts = max(flow.voltage_v) if line.axis == POWER else 1.0
            most = line.most - volts * (pace.margin_a + loads[number] + weight * amperes)
            seen_s = flow.peaks[line.axis].last_above(most + 1e-6)
            begun_s = flow.proven_since_s[line.axis]
            at_s = max(at_s, (begun_s if seen_s is None else max(begun_s, seen_s)) + wait_s)
        if soonest is None or at_s < soonest:
            soonest = at_s
    return soonest if soonest is not None and soonest > state.now_s else None
