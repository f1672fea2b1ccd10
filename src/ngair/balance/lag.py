"""How old a meter's values are on arrival, learnt from the chargers' ramps."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.balance.constants import (
    LAG_EVIDENCE_A,
    LAG_FORGET,
    LAG_JUMP_MAX_A,
    LAG_MAX_S,
    LAG_MOVED_A,
    LAG_RAMP_GAP_S,
    LAG_TOLERANCE_A,
)
from ngair.balance.trace import Trace
from ngair.model.phases import ZERO_PHASES, KnownPhases, Phases

_CANDIDATES = range(LAG_MAX_S + 1)


class Lag:
    """Which lags explain the meter.

    What the house draws besides the cars does not change because a car ramps. So while one does, the right lag is the
    one by which meter minus cars jumps the least from sample to sample. All candidates that explain nearly as
    well as the best remain.
    """

    __slots__ = ("_at_s", "_cars", "_evidence_a", "_jumps_a", "_meter", "_ramp_at_s", "least_s", "most_s")

    def __init__(self) -> None:
        self.least_s = 0
        self.most_s = LAG_MAX_S
        self._jumps_a = [0.0] * len(_CANDIDATES)
        self._evidence_a = 0.0
        self._ramp_at_s = float("-inf")
        self._at_s = float("-inf")
        self._meter: Phases = (None, None, None)
        self._cars: list[KnownPhases] = []

    def learn(self, at_s: float, meter: Phases, traces: Sequence[Trace]) -> None:
        """Take a sample; what it teaches holds from the next sample on."""
        moving = any(trace.moved_at_s >= at_s - LAG_MAX_S - LAG_RAMP_GAP_S for trace in traces)
        cars = _cars(at_s, traces) if moving else []
        if moving and self._cars and at_s - self._at_s < LAG_RAMP_GAP_S:
            self._compare(at_s, meter, cars)
        self._at_s, self._meter, self._cars = at_s, meter, cars

    def forget_last(self) -> None:
        """The next sample is not compared with the last one: time is not what it was."""
        self._cars = []

    def _compare(self, at_s: float, meter: Phases, cars: list[KnownPhases]) -> None:
        moves: list[list[float]] = []
        for phase in range(3):
            now, before = meter[phase], self._meter[phase]
            if now is None or before is None:
                continue
            steps = [cars[lag][phase] - self._cars[lag][phase] for lag in _CANDIDATES]
            if max(steps) - min(steps) >= LAG_MOVED_A:
                moves.append([min(abs(now - before - step), LAG_JUMP_MAX_A) for step in steps])
                moved_a = max(steps) - min(steps)
        if not moves:
            return
        if at_s - self._ramp_at_s > LAG_RAMP_GAP_S:
            self._jumps_a = [jump * LAG_FORGET for jump in self._jumps_a]
        self._ramp_at_s = at_s
        self._evidence_a += moved_a
        for lag in _CANDIDATES:
            self._jumps_a[lag] += sorted(move[lag] for move in moves)[len(moves) // 2]
        if self._evidence_a >= LAG_EVIDENCE_A:
            most_a = min(self._jumps_a) + LAG_TOLERANCE_A
            left = [lag for lag in _CANDIDATES if self._jumps_a[lag] <= most_a]
            self.least_s, self.most_s = left[0], left[-1]


def _cars(at_s: float, traces: Sequence[Trace]) -> list[KnownPhases]:
    if len(traces) == 1:
        return [traces[0].at(at_s - lag) for lag in _CANDIDATES]
    return [_sum([trace.at(at_s - lag) for trace in traces]) for lag in _CANDIDATES]


def _sum(currents: list[KnownPhases]) -> KnownPhases:
    a, b, c = ZERO_PHASES
    for current in currents:
        a, b, c = a + current[0], b + current[1], c + current[2]
    return (a, b, c)
