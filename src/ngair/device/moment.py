"""When the program may restart: at a moment that disturbs no car, or once the fallback current holds everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Rule, Setpoint
from ngair.model.limits import (
    FRESH_MAX_S,
    RESTART_FOLLOW_S,
    RESTART_HOLD_MAX_S,
    RESTART_WAIT_MAX_S,
    TRIAL_LEAST_S,
    TRIAL_MOST_S,
)
from ngair.model.site import Meter, Site

FOLLOWED_A = 1.5
"""So much above its setpoint a car may be measured and still follow it."""
_PLUGGED = frozenset((OutletState.PREPARING, OutletState.SUSPENDED_BY_CHARGER, OutletState.SUSPENDED_BY_VEHICLE))

Step = Literal["wait", "hold", "restart"]


class Moment:
    """Looks for it, from when there is a reason to restart. Once it holds it goes on, whoever is plugged in."""

    def __init__(self, since_s: float) -> None:
        """`since_s`: monotonic time from which is waited."""
        self._since_s = since_s
        self._held_since_s: float | None = None

    def look(self, site: Site, now_s: float) -> Step:
        """What to do now: wait; give no outlet more than its fallback current; or restart."""
        if self._held_since_s is None:
            if disturbs(site) and now_s - self._since_s < RESTART_WAIT_MAX_S:
                return "wait"
            self._held_since_s = now_s
        held_s = now_s - self._held_since_s
        if held_s >= RESTART_HOLD_MAX_S or _holds(site, self._held_since_s, now_s):
            return "restart"
        return "hold"


def disturbs(site: Site) -> bool:
    """Whether a car would get less by a restart: one that has more than the fallback current of its outlet.

    One on a charger that is lost or silent would not: nothing reaches it now either.
    """
    return any(
        _wants(outlet, setpoint) and setpoint.setpoint_a > _fallback_a(site, box, outlet)
        for box, outlet, setpoint in _steered(site)
    )


def trial_deadline_s(meter: Meter) -> int:
    """So long may new firmware take until it reads the meter, by how often that tells something."""
    # A learned cadence ends there: such a meter may send each quarter of an hour.
    slow = meter.cadence_s is None or meter.cadence_s >= FRESH_MAX_S
    return TRIAL_MOST_S if slow else TRIAL_LEAST_S


def _holds(site: Site, since_s: float, now_s: float) -> bool:
    """Whether every outlet that can be reached was told at most its fallback current, and draws no more."""
    for box, outlet, setpoint in _steered(site):
        told_s = max(since_s, setpoint.changed_at_s)
        if setpoint.setpoint_a > _fallback_a(site, box, outlet) or now_s - told_s < RESTART_FOLLOW_S:
            return False
        if outlet.told_at_s is None or outlet.told_at_s <= told_s:
            return False
        if max(outlet.current_a) > setpoint.setpoint_a + FOLLOWED_A:
            return False
    return True


def _wants(outlet: Outlet, setpoint: Setpoint) -> bool:
    """Whether a car draws, or the balancer thinks that it would: not of one that sleeps on what it is offered."""
    if outlet.state is OutletState.CHARGING or max(outlet.current_a) > FOLLOWED_A:
        return True
    return outlet.state in _PLUGGED and setpoint.reason.rule is not Rule.READY


def _steered(site: Site) -> Iterator[tuple[ChargeBox, Outlet, Setpoint]]:
    for box in site.charge_boxes:
        if not box.connected:
            continue
        for outlet in box.outlets:
            setpoint = site.decision.setpoint(box.serial, outlet.id)
            if setpoint is not None:
                yield box, outlet, setpoint


def _fallback_a(site: Site, box: ChargeBox, outlet: Outlet) -> int:
    wished_a = site.wishes.of(box.serial, outlet.id).fallback_a
    return site.pace.fallback_a if wished_a is None else wished_a
