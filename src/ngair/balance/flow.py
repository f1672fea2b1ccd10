"""What flows through one metered fuse besides the cars: now, and at most over any recent while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ngair.balance.constants import (
    FUTURE_S,
    LAG_SLACK_S,
    LATE_CADENCES,
    LATE_MIN_S,
    NOMINAL_V,
    RAISE_WAIT_MAX_S,
    REORDER_S,
    UNCLEAR_A,
    UNCLEAR_S,
)
from ngair.balance.lag import Lag
from ngair.balance.peaks import Peaks
from ngair.balance.signed import is_possible, signed_current_a, signed_power_w, voltages_v
from ngair.balance.trace import Trace
from ngair.model.limits import FRESH_MAX_S
from ngair.model.phases import UNKNOWN_PHASES, ZERO_PHASES, KnownPhases, Phases
from ngair.model.reading import Reading
from ngair.model.site import Meter

POWER = 3
"""Index of the power of all phases together, behind those of the phases."""

Drawer = tuple[Trace, int]
"""An outlet below the fuse: what it drew, and the most that it may draw."""

NEVER = float("-inf")
_UNCLEAR = (UNCLEAR_A, UNCLEAR_A, UNCLEAR_A, UNCLEAR_A * NOMINAL_V)


class Flow:
    """One meter's samples, less what the cars drew when each was taken."""

    def __init__(self, fuse: str) -> None:
        self.fuse = fuse
        self.lag = Lag()
        self.readings = 0
        """Good ones in order since start."""
        self.sampled_at_s = NEVER
        """Arrival of the newest good one."""
        self.impossible_since_s: float | None = None
        self.other: list[float] = [0.0] * 4
        """Drawn by everything besides the cars: A a phase, then W of all together; negative on export."""
        self.upper: list[float] = [0.0] * 4
        """The same, were the cars to have drawn the least that they can have drawn at that moment."""
        self.counts_power = False
        """Whether anything limits the power of all phases."""
        self.unheard = False
        """Whether a charger below is silent: nothing may be subtracted for it."""
        self._lower: list[float] = [0.0] * 4
        self._seeded = [False] * 4
        self.known_at_s = [NEVER] * 4
        self.proven_since_s = [NEVER] * 4
        """Since when there is no gap in the samples."""
        self.peaks = (Peaks(), Peaks(), Peaks(), Peaks())
        self.voltage_v: KnownPhases = (230.0, 230.0, 230.0)
        self.meter_a: Phases = UNKNOWN_PHASES
        self._seen_at_s: float | None = None
        self._reading: Reading | None = None
        self._told_at_s = NEVER
        """Arrival of the newest that was not a repetition."""
        self._meter: Meter | None = None
        self._fresh_s = 0.0
        self._late_s = 0.0
        self._keep_s = RAISE_WAIT_MAX_S
        self._clear_at_s = [NEVER] * 4

    def look(self, meter: Meter | None, now_s: float, drawers: Sequence[Drawer], keep_s: float) -> bool:
        """Take what is new at the meter. Returns whether it is a newer sample than any before."""
        if meter is None or meter is self._meter or meter.received_at_s is None:
            return False
        self._meter = meter
        self._fresh_s = min(self._fresh_s, meter.fresh_for_s)
        if meter.received_at_s == self._seen_at_s:
            return False
        at_s = self._seen_at_s = meter.received_at_s
        reading = meter.reading
        if at_s < self.sampled_at_s:
            self.distrust()
        if reading is None or at_s > now_s + FUTURE_S:
            return False
        if not is_possible(reading):
            if self.impossible_since_s is None:
                self.impossible_since_s = at_s
            return False
        self.impossible_since_s = None
        repeated = self._reading is not None and reading.time is not None and reading == self._reading
        if repeated or reading.held_current is not None:
            self._again(at_s, meter)
            return False
        newer = not _out_of_order(self._reading, reading)
        self._keep_s = keep_s
        self._take(reading, at_s, drawers, meter)
        if newer:
            self._reading = reading
            self._told_at_s = at_s
            self.readings += 1
        return newer

    def counted(self, index: int) -> float:
        """What counts as drawn by everything besides the cars, of a phase or of `POWER`."""
        if self.unheard:
            return self.upper[index]
        # Chargers that tell for the first time did not begin to draw just now: nobody is stopped for what they draw.
        return self.other[index] if self._seeded[index] else self._lower[index]

    def is_known(self, index: int, now_s: float) -> bool:
        """Whether the value of a phase (or `POWER`) may still be acted on."""
        return now_s - self.known_at_s[index] <= self._fresh_s

    def is_late(self, now_s: float) -> bool:
        """Whether the next sample should have come by now."""
        return now_s - self.sampled_at_s > self._late_s

    @property
    def late_at_s(self) -> float:
        """When the next sample will be late."""
        return self.sampled_at_s + self._late_s

    @property
    def stale_at_s(self) -> float:
        """When the newest sample may be acted on no more."""
        return self.sampled_at_s + self._fresh_s

    def highest(self, index: int, while_s: float) -> float | None:
        """The most of a phase (or of `POWER`) over a while up to now; `None` where that is not known throughout.

        The newest sample counts with its upper bound: a raise must not rest on what a ramp hides.
        """
        since_s = self.known_at_s[index] - while_s
        if self.proven_since_s[index] > since_s:
            return None
        peak = self.peaks[index].highest_since(since_s)
        return None if peak is None else max(peak, self.upper[index])

    def is_unclear(self, index: int) -> bool:
        """Whether a ramp hides how much is left; in a moment it will be over."""
        hidden = self.upper[index] - self.other[index]
        return hidden > _UNCLEAR[index] and self.known_at_s[index] - self._clear_at_s[index] < UNCLEAR_S

    def distrust(self) -> None:
        """Time stepped: nothing that was seen has a known age any more."""
        self.sampled_at_s = NEVER
        self.known_at_s = [NEVER] * 4
        self._seeded = [False] * 4
        self._reading = None
        self.lag.forget_last()
        for peaks in self.peaks:
            peaks.clear()

    def _again(self, at_s: float, meter: Meter) -> None:
        """The same telegram once more, or a list without currents: the meter lives, but it tells nothing new of them.

        Held currents belong to what the cars drew when they were measured: beside what they draw now, a car's own
        ramp would look like an oven, or hide one. So such a meter counts as one that sends every ten seconds.
        Its own clock stands still in it, so after a while something between repeats what the meter said long ago.
        """
        if at_s - self._told_at_s > FRESH_MAX_S:
            return
        self.sampled_at_s = at_s
        self.known_at_s = [NEVER if known == NEVER else at_s for known in self.known_at_s]
        self._pace(meter)

    def _take(self, reading: Reading, at_s: float, drawers: Sequence[Drawer], meter: Meter) -> None:
        fresh_s = self._fresh_s
        self._pace(meter)
        signed = self.meter_a = signed_current_a(reading)
        voltage = self.voltage_v = voltages_v(reading)
        least, most, likely = self._cars(at_s, drawers)
        for phase in range(3):
            value = signed[phase]
            if value is not None:
                self._put(phase, at_s, fresh_s, value, least[phase], most[phase], likely[phase])
        power = signed_power_w(reading, signed) if self.counts_power else None
        if power is not None:
            cars = _watts(least, voltage), _watts(most, voltage), _watts(likely, voltage)
            self._put(POWER, at_s, fresh_s, power, *cars)
        self.sampled_at_s = at_s
        if drawers and not self.unheard:
            self.lag.learn(at_s, signed, [trace for trace, _ in drawers])

    def _put(
        self, index: int, at_s: float, fresh_s: float, value: float, least: float, most: float, likely: float
    ) -> None:
        """One value. The house changed no more than it must have: a ramp moves it as far as the bounds force it."""
        known_at_s = self.known_at_s[index]
        upper, lower = value - least, value - most
        if at_s - known_at_s > fresh_s and self.readings:
            self.proven_since_s[index] = at_s
        if known_at_s == NEVER or not self._seeded[index]:
            other = value - likely
            self._seeded[index] = not self.unheard
        else:
            other = min(max(self.other[index], lower), upper)
        if upper - other <= _UNCLEAR[index] or self.unheard or self._clear_at_s[index] == NEVER:
            self._clear_at_s[index] = at_s
        self.other[index] = other
        self.upper[index] = upper
        self._lower[index] = lower
        self.known_at_s[index] = at_s
        self.peaks[index].add(at_s, upper if self.unheard else other, self._keep_s)

    def _cars(self, at_s: float, drawers: Sequence[Drawer]) -> tuple[KnownPhases, KnownPhases, KnownPhases]:
        if not drawers:
            return ZERO_PHASES, ZERO_PHASES, ZERO_PHASES
        from_s = at_s - self.lag.most_s - LAG_SLACK_S
        to_s = min(at_s, at_s - self.lag.least_s + LAG_SLACK_S)
        least = most = likely = ZERO_PHASES
        for trace, may_a in drawers:
            low, high = trace.bounds(from_s, to_s, may_a)
            least, most = _add(least, low), _add(most, high)
            if not all(self._seeded):
                likely = _add(likely, trace.at(from_s))
        return least, most, likely

    def _pace(self, meter: Meter) -> None:
        self._fresh_s = meter.fresh_for_s
        cadence_s = meter.cadence_s
        self._late_s = self._fresh_s
        if cadence_s is not None:
            self._late_s = min(max(LATE_CADENCES * cadence_s, cadence_s + LATE_MIN_S), self._fresh_s)


def _out_of_order(before: Reading | None, reading: Reading) -> bool:
    """Whether the meter's own clock says that this telegram was made before the newest one."""
    if before is None or before.time is None or reading.time is None or reading.time >= before.time:
        return False
    try:
        behind_s = (datetime.fromisoformat(before.time) - datetime.fromisoformat(reading.time)).total_seconds()
    except (ValueError, TypeError):  # the text is the meter's; one with a time zone beside one without does not compare
        return False
    return 0 < behind_s < REORDER_S


def _add(a: KnownPhases, b: KnownPhases) -> KnownPhases:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _watts(current: KnownPhases, voltage: KnownPhases) -> float:
    return current[0] * voltage[0] + current[1] * voltage[1] + current[2] * voltage[2]
