"""Who gets how much: max-min fair by progressive filling over whatever limits several outlets together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Rows = tuple[tuple[int, float], ...]
"""The limits that an outlet counts against, each with how much one ampere of it takes there."""

_EPS = 1e-6
"""Amperes: sums of decimal readings are that far from whole numbers."""


class Claim(NamedTuple):
    """What one outlet may be given."""

    min_a: int
    want_a: int
    """It needs no more than this; more only if nobody else can use it."""
    cap_a: int
    """Never more than this; below `min_a`: nothing."""


class Shares(NamedTuple):
    """What each outlet is given."""

    grants_a: list[int]
    """0, or from the claim's minimum to its cap."""
    bound: list[int]
    """Which limit kept it from more; -1 where none did."""


def share(
    claims: Sequence[Claim], classes: Sequence[Sequence[int]], rows: Sequence[Rows], limits: Sequence[float]
) -> Shares:
    """Divide `limits` among `claims`.

    `classes` lists the claims by priority, highest first, and within a priority in the order in which they are let
    in when the minimum does not fit for all. A class is filled before the next one gets anything. Within it all
    rise together until each is satisfied or bound by a limit; an ampere that cannot be divided goes to the first.
    """
    grants = [0] * len(claims)
    bound = [-1] * len(claims)
    left = list(limits)
    for order in classes:
        members = _let_in(order, claims, rows, left, grants, bound)
        _fill(members, [claim.want_a for claim in claims], rows, left, grants, bound)
    for order in classes:
        eager = [i for i in order if grants[i] and claims[i].want_a < claims[i].cap_a]
        if eager:
            _fill(eager, [claim.cap_a for claim in claims], rows, left, grants, bound)
    return Shares(grants, bound)


def _let_in(
    order: Sequence[int],
    claims: Sequence[Claim],
    rows: Sequence[Rows],
    left: list[float],
    grants: list[int],
    bound: list[int],
) -> list[int]:
    members = []
    for i in order:
        min_a = claims[i].min_a
        if claims[i].cap_a < min_a:
            continue
        full = _too_small(rows[i], left, min_a)
        if full >= 0:
            bound[i] = full
            continue
        _take(rows[i], left, min_a)
        grants[i] = min_a
        members.append(i)
    return members


def _fill(
    members: list[int],
    tops: Sequence[int],
    rows: Sequence[Rows],
    left: list[float],
    grants: list[int],
    bound: list[int],
) -> None:
    if len(members) == 1:
        _fill_one(members[0], tops, rows, left, grants, bound)
        return
    rising = [i for i in members if grants[i] < tops[i]]
    stuck: list[int] = []
    while rising:
        level = min(grants[i] for i in rising)
        lowest = [i for i in rising if grants[i] == level]
        step = (
            min(
                min(tops[i] for i in lowest),
                min((grants[i] for i in rising if grants[i] > level), default=tops[lowest[0]]),
            )
            - level
        )
        load: dict[int, float] = {}
        for i in lowest:
            for row, weight in rows[i]:
                load[row] = load.get(row, 0.0) + weight
        for row, weight in load.items():
            step = min(step, max(0, int((left[row] + _EPS) // weight)))
        for i in lowest:
            grants[i] += step
            _take(rows[i], left, step)
        full = {row for row, weight in load.items() if left[row] + _EPS < weight}
        for i in rising:
            for row, _ in rows[i]:
                if row in full and grants[i] < tops[i]:
                    bound[i] = row
                    stuck.append(i)
                    break
        rising = [i for i in rising if grants[i] < tops[i] and i not in stuck]
    for i in members:
        if i in stuck and _too_small(rows[i], left, 1) < 0:
            grants[i] += 1
            _take(rows[i], left, 1)


def _fill_one(
    i: int, tops: Sequence[int], rows: Sequence[Rows], left: list[float], grants: list[int], bound: list[int]
) -> None:
    step = tops[i] - grants[i]
    for row, weight in rows[i]:
        room = max(0, int((left[row] + _EPS) // weight))
        if room < step:
            step = room
            bound[i] = row
    if step > 0:
        grants[i] += step
        _take(rows[i], left, step)


def _too_small(rows: Rows, left: Sequence[float], amps: int) -> int:
    """The limit with the least left that has no room for so many amperes more; -1 where all have."""
    found, least = -1, 0.0
    for row, weight in rows:
        room = left[row] + _EPS - amps * weight
        if room < least:
            found, least = row, room
    return found


def _take(rows: Rows, left: list[float], amps: int) -> None:
    for row, weight in rows:
        left[row] -= amps * weight
