"""What one outlet drew over the last while."""

from __future__ import annotations

from bisect import bisect_right

from ngair.balance.constants import STEADY_A, TOLD_LATE_S, TRACE_S
from ngair.model.limits import BALANCE_TRACE_MAX
from ngair.model.phases import ZERO_PHASES, KnownPhases

Bounds = tuple[KnownPhases, KnownPhases]
"""Least and most, a phase."""


class Trace:
    """Currents by time, as the charger told them."""

    __slots__ = ("_currents", "_steady", "_times", "moved_at_s")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._currents: list[KnownPhases] = []
        self._steady: KnownPhases = ZERO_PHASES
        self.moved_at_s = float("-inf")
        """When it drew something else last."""

    def add(self, at_s: float, current_a: KnownPhases) -> None:
        """Take an update. One that is older than the newest is left out."""
        times = self._times
        if times and at_s <= times[-1]:
            return
        times.append(at_s)
        self._currents.append(current_a)
        steady = self._steady
        if (
            abs(current_a[0] - steady[0]) > STEADY_A
            or abs(current_a[1] - steady[1]) > STEADY_A
            or abs(current_a[2] - steady[2]) > STEADY_A
        ):
            self._steady = current_a
            self.moved_at_s = at_s
        if times[1 if len(times) > 1 else 0] < at_s - TRACE_S or len(times) > BALANCE_TRACE_MAX:
            del times[0], self._currents[0]

    def clear(self) -> None:
        """Forget everything: nobody knows what it drew meanwhile."""
        self._times.clear()
        self._currents.clear()
        self._steady = ZERO_PHASES
        self.moved_at_s = float("-inf")

    def at(self, at_s: float) -> KnownPhases:
        """What it drew at a moment, as far as known: straight between updates, the first and last beyond them."""
        times = self._times
        if not times:
            return ZERO_PHASES
        after = bisect_right(times, at_s)
        if after == 0:
            return self._currents[0]
        before = self._currents[after - 1]
        if after == len(times):
            return before
        share = (at_s - times[after - 1]) / (times[after] - times[after - 1])
        nxt = self._currents[after]
        return (
            before[0] + share * (nxt[0] - before[0]),
            before[1] + share * (nxt[1] - before[1]),
            before[2] + share * (nxt[2] - before[2]),
        )

    def bounds(self, from_s: float, to_s: float, may_a: int) -> Bounds:
        """The least and the most that it drew at any moment of a span.

        Before the first update, and long after the last, it may have drawn anything up to `may_a`.
        """
        times, currents = self._times, self._currents
        if not times:
            return ZERO_PHASES, (may_a, may_a, may_a)
        known = times[0] <= from_s and to_s <= times[-1] + TOLD_LATE_S
        if known and self.moved_at_s < from_s:
            return currents[-1], currents[-1]
        first = max(0, bisect_right(times, from_s) - 1)
        last = bisect_right(times, to_s) + 1
        seen = currents[first:last] or currents[-1:]
        least = (min(c[0] for c in seen), min(c[1] for c in seen), min(c[2] for c in seen))
        most = (max(c[0] for c in seen), max(c[1] for c in seen), max(c[2] for c in seen))
        if known:
            return least, most
        return ZERO_PHASES, (max(most[0], may_a), max(most[1], may_a), max(most[2], may_a))
