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
    claims: Sequence[Claim],
    classes: Sequence[Sequence[int]],
    rows: Sequence[Rows],
    limits: Sequence[float],
    *,
    odd: bool = True,
) -> Shares:
    """Divide `limits` among `claims`.

    `classes` lists the claims by priority, highest first, and within a priority in the order in which they are let
    in when the minimum does not fit for all. A class is filled before the next one gets anything. Within it all
    rise together until each is satisfied or bound by a limit; an ampere that cannot be divided goes to the first,
    unless such `odd` amperes are not to be given.
    """
    division = _Division(claims, rows, limits, odd=odd)
    for order in classes:
        division.fill(division.let_in(order), [claim.want_a for claim in claims])
    for order in classes:
        eager = [i for i in order if division.grants[i] and claims[i].want_a < claims[i].cap_a]
        if eager:
            division.fill(eager, [claim.cap_a for claim in claims])
    return Shares(division.grants, division.bound)


def share_one(claim: Claim, rows: Rows, limits: Sequence[float]) -> Shares:
    """The same for one claim alone: most houses have one car."""
    grant, bound = claim.cap_a, -1
    if grant < claim.min_a:
        return Shares([0], [-1])
    for row, weight in rows:
        room = int((limits[row] + _EPS) // weight)
        if room < grant:
            grant, bound = room, row
    return Shares([grant if grant >= claim.min_a else 0], [bound])


class _Division:
    """What was given so far, and what is left."""

    __slots__ = ("bound", "claims", "grants", "left", "odd", "rows")

    def __init__(self, claims: Sequence[Claim], rows: Sequence[Rows], limits: Sequence[float], *, odd: bool) -> None:
        self.claims = claims
        self.rows = rows
        self.odd = odd
        self.left = list(limits)
        self.grants = [0] * len(claims)
        self.bound = [-1] * len(claims)

    def let_in(self, order: Sequence[int]) -> list[int]:
        """Give each its minimum as long as it fits. Returns who got it."""
        members = []
        for i in order:
            claim = self.claims[i]
            if claim.cap_a < claim.min_a:
                continue
            full = self._full_for(i, claim.min_a)
            if full >= 0:
                self.bound[i] = full
                continue
            self._give(i, claim.min_a)
            members.append(i)
        return members

    def fill(self, members: list[int], tops: Sequence[int]) -> None:
        """Raise the lowest together, until each has its top or counts against a limit that is full."""
        if len(members) == 1:
            self._fill_one(members[0], tops[members[0]])
            return
        grants = self.grants
        rising = [i for i in members if grants[i] < tops[i]]
        stuck: set[int] = set()
        while rising:
            level = min([grants[i] for i in rising])
            lowest = [i for i in rising if grants[i] == level]
            goal = min([tops[i] for i in lowest] + [grants[i] for i in rising if grants[i] > level])
            full = self._rise(lowest, goal - level)
            for i in rising:
                hit = next((row for row, _ in self.rows[i] if row in full), -1)
                if hit >= 0 and grants[i] < tops[i]:
                    self.bound[i] = hit
                    stuck.add(i)
            rising = [i for i in rising if grants[i] < tops[i] and i not in stuck]
        for i in members:
            if self.odd and i in stuck and self._full_for(i, 1) < 0:
                self._give(i, 1)

    def _rise(self, lowest: list[int], step: int) -> set[int]:
        """Give all of them as many amperes as fit, at most `step`. Returns the limits that have no more for all."""
        load: dict[int, float] = {}
        for i in lowest:
            for row, weight in self.rows[i]:
                load[row] = load.get(row, 0.0) + weight
        for row, weight in load.items():
            step = min(step, self._room(row, weight))
        for i in lowest:
            self._give(i, step)
        return {row for row, weight in load.items() if self.left[row] + _EPS < weight}

    def _fill_one(self, i: int, top: int) -> None:
        step = top - self.grants[i]
        for row, weight in self.rows[i]:
            room = self._room(row, weight)
            if room < step:
                step = room
                self.bound[i] = row
        if step > 0:
            self._give(i, step)

    def _room(self, row: int, weight: float) -> int:
        return max(0, int((self.left[row] + _EPS) // weight))

    def _full_for(self, i: int, amperes: int) -> int:
        """The limit that has the least left and no room for so many amperes more; -1 where all have."""
        found, least = -1, 0.0
        for row, weight in self.rows[i]:
            room = self.left[row] + _EPS - amperes * weight
            if room < least:
                found, least = row, room
        return found

    def _give(self, i: int, amperes: int) -> None:
        self.grants[i] += amperes
        for row, weight in self.rows[i]:
            self.left[row] -= amperes * weight
