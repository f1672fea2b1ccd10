"""What is decided when the balancer itself fails: nothing rises, and nothing stays above the fallback."""

from __future__ import annotations

from msgspec.structs import replace

from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.site import Site

TEXT = "The box had a fault of its own and begins anew: at most the fallback current until it knows more"


def at_most_fallback(site: Site, now_s: float) -> Decision:
    """The present setpoints, each at most its fallback current; what has no setpoint gets none."""
    return Decision(setpoints=tuple(_lowered(site, setpoint, now_s) for setpoint in site.decision.setpoints))


def _lowered(site: Site, setpoint: Setpoint, now_s: float) -> Setpoint:
    wished_a = site.wishes.of(setpoint.serial, setpoint.outlet_id).fallback_a
    fallback_a = site.pace.fallback_a if wished_a is None else wished_a
    reason = SetpointReason(rule=Rule.FALLBACK, text=TEXT, since_s=now_s)
    if setpoint.setpoint_a <= fallback_a:
        return replace(setpoint, reason=reason)
    least_a = min(
        (o.min_a for box in site.charge_boxes if box.serial == setpoint.serial for o in box.outlets), default=fallback_a
    )
    return replace(setpoint, setpoint_a=fallback_a if fallback_a >= least_a else 0, changed_at_s=now_s, reason=reason)
