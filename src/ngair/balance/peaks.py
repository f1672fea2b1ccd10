"""The highest value within any recent while, without looking at every sample."""

from __future__ import annotations

from bisect import bisect_left

from ngair.model.limits import BALANCE_PEAKS_MAX


class Peaks:
    """Samples in order of time; those that a later one reaches are forgotten, so values fall from old to new."""

    __slots__ = ("_lows", "_times")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._lows: list[float] = []  # negated values: rising, as bisect wants them

    def add(self, at_s: float, value: float, keep_s: float) -> None:
        """Take a sample, the newest; forget what is older than `keep_s` before it."""
        times, lows = self._times, self._lows
        low = -value
        while lows and lows[-1] >= low:
            lows.pop()
            times.pop()
        times.append(at_s)
        lows.append(low)
        if times[0] < at_s - keep_s:
            old = bisect_left(times, at_s - keep_s)
            del times[:old], lows[:old]
        if len(times) > BALANCE_PEAKS_MAX:
            # The oldest peak lives as long as the one after it: never less than was seen.
            del times[0], lows[1]

    def highest_since(self, since_s: float) -> float | None:
        """The highest value at or after a moment; `None` without one."""
        at = bisect_left(self._times, since_s)
        return -self._lows[at] if at < len(self._times) else None

    def last_above(self, value: float) -> float | None:
        """When a value above this was seen last; `None` if it was not."""
        at = bisect_left(self._lows, -value)
        return self._times[at - 1] if at else None

    def clear(self) -> None:
        """Forget everything."""
        self._times.clear()
        self._lows.clear()
