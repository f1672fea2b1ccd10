"""What runs in the house on one day: every appliance as steps of constant power, drawn from the seed.

The plan of a day depends on nothing but seed, day and sizes, so the load at a moment is a pure function of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from random import Random

import msgspec

from ngair.sim.dates import DAY_S

Load = tuple[int, int, int, int, int, int]
"""Watts of L1, L2, L3, then reactive var of L1, L2, L3."""

NO_LOAD: Load = (0, 0, 0, 0, 0, 0)
KETTLE_W = 2000
OVEN_W = 2400
HEAT_PUMP_W = 2400
MINUTE_S = 60
HOUR_S = 3600


class Run(msgspec.Struct, frozen=True):
    """One load that is on from one second to another, in simulated seconds since `dates.START`."""

    start_s: int
    end_s: int
    load: Load


class Sizes(msgspec.Struct, frozen=True):
    """How large the house's large loads are."""

    heat_pump_phases: int
    scale: float
    """1 is a house behind 25 A."""


class Timeline:
    """The summed load over one day as a staircase."""

    def __init__(self, runs: list[Run], day: int) -> None:
        begin_s = day * DAY_S
        changes: dict[int, list[int]] = {begin_s: list(NO_LOAD)}
        for run in runs:
            start_s, end_s = max(run.start_s, begin_s), min(run.end_s, begin_s + DAY_S)
            if start_s < end_s:
                _add(changes.setdefault(start_s, list(NO_LOAD)), run.load, 1)
                _add(changes.setdefault(end_s, list(NO_LOAD)), run.load, -1)
        self._times_s = sorted(changes)
        self._loads: list[Load] = []
        total = list(NO_LOAD)
        for time_s in self._times_s:
            _add(total, changes[time_s], 1)
            self._loads.append((total[0], total[1], total[2], total[3], total[4], total[5]))

    def at(self, time_s: int) -> tuple[Load, int]:
        """The load at a moment of this day, and the moment until which it stays."""
        index = bisect_right(self._times_s, time_s)
        until_s = self._times_s[index] if index < len(self._times_s) else time_s - time_s % DAY_S + DAY_S
        return self._loads[index - 1], until_s


def timeline(seed: int, day: int, sizes: Sizes) -> Timeline:
    """The load of a day; what began the evening before still runs after midnight."""
    return Timeline([*_runs(seed, day - 1, sizes), *_runs(seed, day, sizes)], day)


def _runs(seed: int, day: int, sizes: Sizes) -> Iterator[Run]:
    random = Random(f"{seed}/appliances/{day}")
    midnight_s = day * DAY_S
    for appliance in (_kettle, _oven, _hob, _laundry, _lights, _fridge):
        for start_s, end_s, load in appliance(random):
            yield Run(midnight_s + start_s, midnight_s + end_s, load)
    for start_s, end_s in _heat_pump(random):
        yield Run(midnight_s + start_s, midnight_s + end_s, _heat_pump_load(sizes))


Steps = Iterator[tuple[int, int, Load]]
"""Begin and end in seconds of the day, and the load between."""


def _kettle(random: Random) -> Steps:
    """Around breakfast, lunch, tea and supper, long enough for one to two litres."""
    for hour in (7.0, 12.3, 17.1, 20.0):
        start_s = _around(random, hour, spread_h=0.3)
        yield start_s, start_s + random.randint(3 * MINUTE_S, 6 * MINUTE_S), (KETTLE_W, 0, 0, 0, 0, 0)


def _oven(random: Random) -> Steps:
    """Supper: heats up for ten minutes, then its thermostat keeps the temperature."""
    on: Load = (0, 0, OVEN_W, 0, 0, 0)
    start_s = _around(random, 17.8, spread_h=0.3)
    end_s = start_s + random.randint(40 * MINUTE_S, 60 * MINUTE_S)
    yield start_s, start_s + 10 * MINUTE_S, on
    time_s = start_s + 12 * MINUTE_S
    while time_s < end_s:
        heating_s = random.randint(50, 80)
        yield time_s, time_s + heating_s, on
        time_s += heating_s + random.randint(100, 160)


def _hob(random: Random) -> Steps:
    """A plate that a relay pulses to hold a simmer."""
    start_s = _around(random, 18.2, spread_h=0.3)
    for time_s in range(start_s, start_s + 20 * MINUTE_S, 45):
        yield time_s, time_s + 15, (0, 1500, 0, 0, 0, 0)


def _laundry(random: Random) -> Steps:
    """The machine heats water first and then turns, with a motor's reactive power."""
    start_s = _around(random, 10.5, spread_h=1.5)
    yield start_s, start_s + 15 * MINUTE_S, (0, 0, 1950, 0, 0, 0)
    yield start_s + 15 * MINUTE_S, start_s + 80 * MINUTE_S, (0, 0, 210, 0, 0, 160)


def _lights(random: Random) -> Steps:
    """Rooms lit in the morning and through the evening, the television on L2; LED drivers are capacitive."""
    for load in ((70, 0, 0, -30, 0, 0), (0, 60, 0, 0, -25, 0), (0, 130, 0, 0, -40, 0), (0, 0, 40, 0, 0, -20)):
        yield _around(random, 6.6, spread_h=0.3), _around(random, 7.6, spread_h=0.3), load
        yield _around(random, 18.3, spread_h=0.6), _around(random, 22.6, spread_h=0.8), load


def _fridge(random: Random) -> Steps:
    """A compressor a third of the time."""
    time_s = random.randint(0, 20 * MINUTE_S)
    while time_s < DAY_S:
        running_s = random.randint(13 * MINUTE_S, 17 * MINUTE_S)
        yield time_s, time_s + running_s, (0, 95, 0, 0, 70, 0)
        time_s += running_s + random.randint(25 * MINUTE_S, 35 * MINUTE_S)


def _heat_pump(random: Random) -> Iterator[tuple[int, int]]:
    """Cycles of about forty minutes: long at night, short around noon."""
    time_s = random.randint(0, 15 * MINUTE_S)
    while time_s < DAY_S:
        hour = time_s / HOUR_S
        share = 0.7 if hour < 8 or hour >= 22 else 0.3 if 11 <= hour < 16 else 0.5
        cycle_s = random.randint(35 * MINUTE_S, 45 * MINUTE_S)
        running_s = int(cycle_s * share)
        yield time_s, min(time_s + running_s, DAY_S)
        time_s += cycle_s


def _heat_pump_load(sizes: Sizes) -> Load:
    """A compressor with a power factor of 0.95; a one-phase machine is smaller and stands on L2."""
    if sizes.heat_pump_phases == 1:
        watts = int(HEAT_PUMP_W * 0.75 * sizes.scale)
        return (0, watts, 0, 0, watts // 3, 0)
    watts = int(HEAT_PUMP_W * sizes.scale / 3)
    return (watts, watts, watts, watts // 3, watts // 3, watts // 3)


def _around(random: Random, hour: float, spread_h: float) -> int:
    return int((hour + random.uniform(-spread_h, spread_h)) * HOUR_S)


def _add(total: list[int], load: Load | list[int], sign: int) -> None:
    for index, value in enumerate(load):
        total[index] += sign * value
