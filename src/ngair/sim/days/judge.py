"""A day's trace -> what it came to."""

from __future__ import annotations

from operator import add, and_, mul

from ngair.sim.cars import POWER_FACTOR
from ngair.sim.dates import DAY_S
from ngair.sim.days.loads import NOMINAL_V
from ngair.sim.days.optimum import Optimum, optimum
from ngair.sim.days.plan import HousePlan
from ngair.sim.days.protection import devices, wear
from ngair.sim.days.result import DayResult, Trips, per_hour, share
from ngair.sim.days.trace import CarTrace, Trace

KWH_PER_AMPERE_SECOND = NOMINAL_V * POWER_FACTOR / 3_600_000
FULL_SHARE = 0.9


def judge(plan: HousePlan, trace: Trace) -> DayResult:
    """Energy against the optimum, what the fuse went through, how steady and how fair it was."""
    best = optimum(trace, plan.fuse_a)
    given_a = _given(trace.cars, best.counts)
    limited_given_a = sum(amps for amps, limited in zip(given_a, best.limited, strict=True) if limited)
    limited_best_a = sum(amps for amps, limited in zip(best.level_a, best.limited, strict=True) if limited)
    hours = sum(sum(car.wanting) for car in trace.cars) / 3600
    limited_s = sum(sum(map(and_, counts, best.limited)) for counts in best.counts)
    kwh, kwh_optimum = sum(given_a) * KWH_PER_AMPERE_SECOND, sum(best.level_a) * KWH_PER_AMPERE_SECOND
    kwh_fair = sum(best.fair_a) * KWH_PER_AMPERE_SECOND
    changes, stops = sum(car.changes for car in trace.cars), sum(car.stops for car in trace.cars)
    phases_a = drawn(trace)
    trips_of, nearest = _trips(plan.fuse_a, phases_a)
    seconds_over, depth_a, ampere_seconds = _over(plan.fuse_a, phases_a)
    return DayResult(
        day=plan.day,
        fuse_a=plan.fuse_a,
        cars=tuple(f"{c.model.name}/{len(t.phases)}" for c, t in zip(plan.cars, trace.cars, strict=True)),
        meter=f"{plan.meter.family} each {plan.meter.cadence_s} s, {plan.meter.latency_s} s late",
        cadence_s=plan.meter.cadence_s,
        faults=plan.faulty,
        kwh=round(kwh, 4),
        kwh_optimum=round(kwh_optimum, 4),
        kwh_fair=round(kwh_fair, 4),
        ratio=share(kwh, kwh_optimum),
        wanting_hours=round(hours, 4),
        counted_hours=round(sum(map(sum, best.counts)) / 3600, 4),
        limited_hours=round(limited_s / 3600, 4),
        limited_kwh=round(limited_given_a * KWH_PER_AMPERE_SECOND, 4),
        limited_kwh_optimum=round(limited_best_a * KWH_PER_AMPERE_SECOND, 4),
        trips=trips_of.gg + trips_of.b + trips_of.c,
        trips_of=trips_of,
        wear=nearest,
        seconds_over=seconds_over,
        depth_a=round(depth_a, 2),
        ampere_seconds_over=round(ampere_seconds, 1),
        changes=changes,
        stops=stops,
        changes_per_hour=per_hour(changes, hours),
        stops_per_hour=per_hour(stops, hours),
        full_after_s=tuple(
            _full_after(number, plugged_s, trace, given_a, best)
            for number, car in enumerate(trace.cars)
            for plugged_s in car.plugged_s
        ),
        fairness=_fairness(trace.cars),
        decisions=trace.decisions,
        rejected=trace.rejected,
        reasons=dict(sorted(trace.reasons.items())),
    )


def drawn(trace: Trace) -> tuple[list[float], list[float], list[float]]:
    """The magnitude of the current on each phase, house and cars."""
    phases = [list(phase) for phase in trace.house_a]
    for car in trace.cars:
        for phase in car.phases:
            phases[phase] = list(map(add, phases[phase], car.current_a))
    one, two, three = (list(map(abs, phase)) for phase in phases)
    return one, two, three


def _given(cars: list[CarTrace], counts: list[bytearray]) -> list[float]:
    """What the cars drew in the seconds that count, in amperes times phases."""
    given_a = [0.0] * DAY_S
    for car, counted in zip(cars, counts, strict=True):
        given_a = list(map(add, given_a, map(mul, car.current_a, (count * len(car.phases) for count in counted))))
    return given_a


def _trips(fuse_a: int, phases_a: tuple[list[float], list[float], list[float]]) -> tuple[Trips, float]:
    worn = [[wear(device, fuse_a, phase) for phase in phases_a] for device in devices(fuse_a)]
    gg, b, c = (sum(one.openings for one in of_device) for of_device in worn)
    return Trips(gg, b, c), max(one.nearest for of_device in worn for one in of_device)


def _over(fuse_a: int, phases_a: tuple[list[float], list[float], list[float]]) -> tuple[int, float, float]:
    """Seconds in which any phase is over the fuse, the deepest, and ampere-seconds of all phases."""
    over = [[(second, amps - fuse_a) for second, amps in enumerate(phase) if amps > fuse_a] for phase in phases_a]
    depths_a = [depth_a for phase in over for _, depth_a in phase]
    return len({second for phase in over for second, _ in phase}), max(depths_a, default=0.0), sum(depths_a)


def _full_after(number: int, plugged_s: int, trace: Trace, given_a: list[float], best: Optimum) -> int | None:
    """Seconds from the plug until the cars drew what was to be had; `None` if the seconds that count ended before."""
    current_a, counted = trace.cars[number].current_a, best.counts[number]
    for second in range(plugged_s, DAY_S):
        if not counted[second]:
            return None
        if current_a[second] > 0 and given_a[second] >= FULL_SHARE * best.level_a[second]:
            return second - plugged_s
    return None


def _fairness(cars: list[CarTrace]) -> float | None:
    """Jain's index of each group of cars that want more at once, weighted by the seconds that it does."""
    groups: dict[tuple[int, ...], list[float]] = {}
    seconds: dict[tuple[int, ...], int] = {}
    if len(cars) < 2:
        return None
    for second, flags in enumerate(zip(*(car.wanting for car in cars), strict=True)):
        if sum(flags) > 1:
            sums = groups.setdefault(flags, [0.0] * len(cars))
            seconds[flags] = seconds.get(flags, 0) + 1
            for number, wanting in enumerate(flags):
                if wanting:
                    sums[number] += cars[number].current_a[second]
    indices = [
        (_jain([amps for amps, w in zip(sums, flags, strict=True) if w]), flags) for flags, sums in groups.items()
    ]
    known = [(index, seconds[flags]) for index, flags in indices if index is not None]
    weight = sum(count for _, count in known)
    return round(sum(index * count for index, count in known) / weight, 4) if weight else None


def _jain(values: list[float]) -> float | None:
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else None
