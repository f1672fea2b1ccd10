"""One series: its samples of ten seconds, and what each of its minutes gained."""

from __future__ import annotations

from ngair.history.calendar import DAY_S
from ngair.history.tally import Tally
from ngair.model.history import Remembered, Sample, quantities
from ngair.model.limits import SAMPLE_S

MINUTE_S = 60
Span = tuple[int, int]
"""Wall times, from the first to before the second."""


SPANS_MAX = 8
"""Spans before the clock was set that are remembered."""


def covered_before(remembered: Remembered) -> Span | None:
    """What may have been seen before a restart: the day before the last row, a sample that began with it and the one
    that was open. A start within these seconds covers that little less; a clock that goes back never covers too much.
    """
    if remembered.last_at_s is None:
        return None
    end_s = int(remembered.last_at_s) + 2 * SAMPLE_S
    return end_s - DAY_S, end_s


class Minute:
    """What a minute gained since it was taken last."""

    __slots__ = ("covered_s", "tally")

    def __init__(self, width: int) -> None:
        self.tally = Tally(width)
        self.covered_s = 0


class Slots:
    """Takes readings at any cadence. Each counts once in its minute; a sample is the mean of those of its ten seconds.

    A reading covers the time until the next, but no longer than it is fresh: ten seconds without a reading get the
    last one while it is, and are a gap else.
    """

    def __init__(self, series: str, covered: Span | None = None) -> None:
        """`covered` was seen before a restart."""
        self.series = series
        self._width = len(quantities(series))
        self._samples: list[Sample] = []
        self._minutes: dict[int, Minute] = {}
        self._values: tuple[int | None, ...] = ()
        self._counters: tuple[int | None, ...] = ()
        self._state: int | None = None
        self._start_s: int | None = None
        """Of the slot that is open."""
        self._tally = Tally(self._width)
        self._next_s = 0
        """No slot before it is opened again."""
        self._fresh_until_s = 0.0
        self._covered_to_s: int | None = None
        self._covered_from_s = 0
        self._spans: list[Span] = [] if covered is None else [covered]
        """What was covered before: the time of a clock that was set back comes again, and is covered once."""
        self._spans_end_s = max((end_s for _, end_s in self._spans), default=0)

    def add(
        self,
        values: tuple[int | None, ...],
        counters_wh: tuple[int | None, ...],
        at_s: float,
        fresh_for_s: float,
        state: int | None = None,
    ) -> None:
        """A reading, at wall time; late ones count to the slot that is open."""
        second = int(at_s)
        start_s = second - second % SAMPLE_S
        if start_s != self._start_s:
            start_s = max(start_s, self._next_s, self._start_s or 0)
            self._roll(start_s)
            self._start_s = start_s
        self._tally.add(values)
        self._values, self._counters, self._state = values, counters_wh, state
        if self._covered_to_s is not None:
            self.cover(at_s)
        if self._covered_to_s is None:
            self._covered_from_s = second
        if self._covered_to_s is None or at_s >= self._fresh_until_s:
            self._covered_to_s = second
        self._fresh_until_s = at_s + fresh_for_s

    def cover(self, to_s: float) -> None:
        """Count the time until then as seen, as far as the last reading is fresh."""
        start_s = self._covered_to_s
        end_s = int(min(to_s, self._fresh_until_s))
        if start_s is None or end_s <= start_s:
            return
        self._covered_to_s = end_s
        while start_s < end_s:
            minute_s = start_s - start_s % MINUTE_S
            until_s = min(minute_s + MINUTE_S, end_s)
            seconds = until_s - start_s
            if start_s < self._spans_end_s:
                seconds = sum(not any(a <= s < b for a, b in self._spans) for s in range(start_s, until_s))
            self._minute(minute_s).covered_s += seconds
            start_s = until_s

    def break_off(self) -> None:
        """The clock steps or the readings end: what is open ends here, and nothing goes on from it."""
        if self._start_s is not None:
            self._close(self._start_s)
        if self._covered_to_s is not None:
            self._spans = [*self._spans, (self._covered_from_s, self._covered_to_s)][-SPANS_MAX:]
            self._spans_end_s = max(end_s for _, end_s in self._spans)
        self._next_s = 0
        self._fresh_until_s = 0.0
        self._covered_to_s = None

    def take(self, at_s: float) -> tuple[list[Sample], dict[int, Minute]]:
        """Samples of the slots that are over by then, and what minutes gained by them."""
        self.cover(at_s)
        second = int(at_s)
        self._roll(second - second % SAMPLE_S)
        samples, minutes = self._samples, self._minutes
        self._samples, self._minutes = [], {}
        return samples, minutes

    def _roll(self, slot_s: int) -> None:
        """Everything before a slot is over."""
        if self._start_s is not None:
            if self._start_s >= slot_s:
                return
            self._close(self._start_s)
        if not self._next_s:
            return
        while self._next_s < slot_s and self._next_s < self._fresh_until_s:
            self._keep(self._next_s, self._values)
            self._next_s += SAMPLE_S
        self._next_s = max(self._next_s, slot_s)

    def _close(self, start_s: int) -> None:
        self._keep(start_s, self._tally.means())
        self._minute(start_s - start_s % MINUTE_S).tally.fold(self._tally)
        self._tally = Tally(self._width)
        self._start_s, self._next_s = None, start_s + SAMPLE_S

    def _keep(self, start_s: int, values: tuple[int | None, ...]) -> None:
        self._samples.append(
            Sample(at_s=start_s, series=self.series, values=values, counters_wh=self._counters, state=self._state)
        )

    def _minute(self, start_s: int) -> Minute:
        minute = self._minutes.get(start_s)
        if minute is None:
            minute = self._minutes[start_s] = Minute(self._width)
        return minute
