"""What a controller that knows every load at every instant could have given: a bound that none can exceed.

A second counts for a car while the car wants more, and the optimum would not have filled it yet: what comes after
would flatter the slow. In each second that counts, the bound is the highest sum of legal setpoints (0, or whole amperes
from the least to the most that outlet and car take) that fits on every phase under the fuse, without a margin. It rises
no faster than the cars together can; it falls at once, and starts at once. Whatever is idealised is in its favour.

Which car it gives how much, and so when it has filled which, is settled by the most even of the highest sums. The
highest sum is rarely fair: three phases for one car outweigh one phase for another. So beside it stands what the same
seer could have given while sharing max-min fairly: first as many cars as can charge, then the least served the most.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import floor

import msgspec

from ngair.sim.cars import POWER_FACTOR, TAPER_WS
from ngair.sim.dates import DAY_S
from ngair.sim.days.loads import NOMINAL_V, Currents
from ngair.sim.days.trace import CarTrace, Trace

FITS_A = 1e-9
"""Floating point: 16 A of load under 16 A fits."""
ROOM_MAX_A = 96
"""More room than three cars of 32 A use: what panels give beyond it makes no difference."""
WATTS_PER_AMPERE = NOMINAL_V * POWER_FACTOR

Free = tuple[int, int, int]
"""Whole amperes that fit on each phase."""

Taker = tuple[tuple[int, ...], tuple[int, ...]]
"""A car: the phases that it draws on, and what it can draw besides 0."""


class Optimum(msgspec.Struct):
    """A value for each second after noon."""

    level_a: list[float]
    """In amperes times phases, all cars together; 0 where no second counts."""
    fair_a: list[float]
    """The same for sharing max-min fairly; never above."""
    counts: list[bytearray]
    """For each car, 1 where the second counts for it."""
    limited: bytearray
    """1 where the fuse leaves less than the cars could take."""


class Best(msgspec.Struct, frozen=True):
    """The best for some cars at once."""

    sum_a: int
    """Highest sum, in amperes times phases."""
    watts: tuple[float, ...]
    """For each car, of the highest sum."""
    fair_a: int
    """Sum of the fairest share."""


def optimum(trace: Trace, fuse_a: float) -> Optimum:
    """The bound over a day."""
    found = Optimum([0.0] * DAY_S, [0.0] * DAY_S, [bytearray(DAY_S) for _ in trace.cars], bytearray(DAY_S))
    needs_ws = [0.0] * len(trace.cars)
    for start_s, end_s, wanting in _spans(trace.cars):
        for number in wanting:
            needs_ws[number] += trace.cars[number].more_ws.get(start_s, 0)
        second = start_s
        while second < end_s and (counting := [n for n in wanting if needs_ws[n] >= TAPER_WS]):
            second = _fill(found, trace, fuse_a, counting, needs_ws, second, end_s)
    return found


@lru_cache(maxsize=50_000)
def best_share(takers: tuple[Taker, ...], free: Free) -> Best:
    """The most that fits at once, by trying everything that may be best."""
    best, rank = (0,) * len(takers), (0, [0] * len(takers))
    fairest = ([0] * len(takers), 0)
    for amps in _tried(takers, free):
        total, even = sum(a * len(phases) for a, (phases, _) in zip(amps, takers, strict=True)), sorted(amps)
        if (total, even) > rank:
            best, rank = amps, (total, even)
        fairest = max(fairest, (even, total))
    watts = tuple(a * len(phases) * WATTS_PER_AMPERE for a, (phases, _) in zip(best, takers, strict=True))
    return Best(rank[0], watts, fairest[1])


def _tried(takers: tuple[Taker, ...], free: Free) -> Iterator[tuple[int, ...]]:
    """Everything that fits; the last one takes all that the others leave, for less would never be more."""
    (phases, steps_a), *others = takers
    room_a = min(free[phase] for phase in phases)
    fitting_a = [0, *(amps for amps in steps_a if amps <= room_a)]
    if not others:
        yield (fitting_a[-1],)
        return
    for amps in fitting_a:
        one, two, three = (room - amps * (phase in phases) for phase, room in enumerate(free))
        for rest in _tried(tuple(others), (one, two, three)):
            yield (amps, *rest)


def _fill(
    found: Optimum,
    trace: Trace,
    fuse_a: float,
    counting: list[int],
    needs_ws: list[float],
    start_s: int,
    end_s: int,
) -> int:
    """Go on with the same cars until one is full; returns the second reached."""
    cars = [trace.cars[number] for number in counting]
    most = sum(car.steps_a[-1] * len(car.phases) for car in cars)
    ramp_a = sum(car.ramp_a * len(car.phases) for car in cars)
    takers = tuple((car.phases, car.steps_a) for car in cars)
    shares: dict[Free, Best] = {}
    level_a, fair_a = (found.level_a[start_s - 1], found.fair_a[start_s - 1]) if start_s else (0.0, 0.0)
    for second, free in enumerate(_free(trace.house_a, fuse_a, start_s, end_s), start_s):
        best = shares.get(free)
        if best is None:
            best = shares[free] = best_share(takers, free)
        level_a = min(best.sum_a, level_a + ramp_a)
        fair_a = min(best.fair_a, fair_a + ramp_a)
        found.level_a[second], found.fair_a[second] = level_a, fair_a
        found.limited[second] = best.sum_a < most
        full = False
        part = level_a / best.sum_a if best.sum_a else 0.0
        for number, watts in zip(counting, best.watts, strict=True):
            found.counts[number][second] = 1
            needs_ws[number] -= watts * part
            full = full or needs_ws[number] < TAPER_WS
        if full:
            return second + 1
    return end_s


def _free(house_a: Currents, fuse_a: float, start_s: int, end_s: int) -> Iterator[Free]:
    room_a = fuse_a + FITS_A
    one, two, three = ([min(ROOM_MAX_A, floor(room_a - amps)) for amps in phase[start_s:end_s]] for phase in house_a)
    return zip(one, two, three, strict=True)


def _spans(cars: list[CarTrace]) -> Iterator[tuple[int, int, list[int]]]:
    """From second to second in which the same cars want more, parted where one's wants grow."""
    edges = {0, DAY_S}
    for car in cars:
        flags = bytes(car.wanting)
        edges.update(car.more_ws)
        second = 0
        while 0 <= second < DAY_S:
            second = flags.find(1 - flags[second], second)
            if second > 0:
                edges.add(second)
    ordered = sorted(edges)
    for start_s, end_s in pairwise(ordered):
        if wanting := [number for number, car in enumerate(cars) if car.wanting[start_s]]:
            yield start_s, end_s, wanting
