"""In which order outlets are let in when there is too little for all."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.balance.constants import TURN_LEAD
from ngair.balance.place import NEVER, Place
from ngair.model.rules import Pace


def classes(places: Sequence[Place], pace: Pace, now_s: float) -> list[list[int]]:
    """Places by priority, highest first, then cars that want nothing, then outlets without one.

    Within a priority who charges keeps charging until its turn ends; then who was served clearly less comes first.
    """
    if len(places) == 1:
        return [[0]]
    groups: dict[tuple[int, int], list[int]] = {}
    for i, place in enumerate(places):
        groups.setdefault((2 if place.wants else int(place.sleeps), place.priority), []).append(i)
    return [
        sorted(groups[key], key=lambda i: _precedence(places[i], pace, now_s)) for key in sorted(groups, reverse=True)
    ]


def queue_up(places: Sequence[Place]) -> None:
    """Let cars that just came count as served as much as the least served that wait or charge already."""
    for place in places:
        if place.arrived:
            place.arrived = False
            served = [p.served_s for p in places if p is not place and p.wants and p.priority == place.priority]
            place.served_s = max(place.served_s, min(served, default=0.0))


def turn_ends_s(place: Place, pace: Pace) -> float:
    """When its turn ends; long ago for one that does not charge."""
    return place.turn_at_s + pace.turn_s if place.setpoint_a and place.turn_at_s != NEVER else NEVER


def _precedence(place: Place, pace: Pace, now_s: float) -> tuple[int, float]:
    served_s = place.served_s
    if place.setpoint_a == 0:
        return (1, served_s)
    if turn_ends_s(place, pace) > now_s:
        return (0, place.turn_at_s)
    charged_s = now_s - place.turn_at_s if place.turn_at_s != NEVER else 0.0
    return (1, served_s + charged_s - TURN_LEAD * pace.turn_s)
