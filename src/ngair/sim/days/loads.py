"""What a house draws each second of a day by itself, in A a phase, always below its main fuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import add
from random import Random

from ngair.model.phases import KnownPhases
from ngair.sim.dates import DAY_S
from ngair.sim.days.plan import HousePlan
from ngair.sim.sun import SunnyDay

NOMINAL_V = 230.0
NOON_S = DAY_S // 2
STEP_SHARE = 0.68
"""No single appliance pulls more of the fuse than this: installers size them so."""
RESERVE_A = 0.8
"""Loads end this far below the fuse; flicker and rounding need some of it."""
FLICKER_A = 0.03
FLICKER_MAX_A = 0.12
FLICKER_LENGTH = 1021
"""Prime, so that no rhythm of the house falls in step with it."""
SUN_STEP_S = 30
MINUTE_S = 60
HOUR_S = 3600

Currents = tuple[list[float], list[float], list[float]]
"""A value a second from noon to noon, L1, L2, L3; negative where the panels give more than the house takes."""

Run = tuple[int, int, KnownPhases]
"""On from one second after noon to another, with watts of a first, second and third phase."""


def house_currents(plan: HousePlan) -> Currents:
    """The day of this house. Currents add up arithmetically, as if all had one power factor: the worst case."""
    random = Random(f"{plan.random_seed}/loads")
    phases = [[random.uniform(40, 160) / NOMINAL_V] * DAY_S for _ in range(3)]
    for appliance, likely in _APPLIANCES:
        if random.random() < likely:
            order = random.sample(range(3), 3)
            _switch(phases, [_amperes(run, order) for run in appliance(random)], plan.fuse_a)
    sun_a = _sun(plan)
    flicker_a = [max(-FLICKER_MAX_A, min(FLICKER_MAX_A, random.gauss(0, FLICKER_A))) for _ in range(FLICKER_LENGTH)]
    one, two, three = (
        list(map(add, map(add, phase, sun_a), _repeated(flicker_a, 337 * number)))
        for number, phase in enumerate(phases)
    )
    return one, two, three


def _amperes(run: Run, order: list[int]) -> Run:
    start_s, end_s, watts = run
    current_a = [0.0, 0.0, 0.0]
    for phase, power_w in zip(order, watts, strict=True):
        current_a[phase] = power_w / NOMINAL_V
    return start_s, end_s, (current_a[0], current_a[1], current_a[2])


def _switch(phases: list[list[float]], runs: list[Run], fuse_a: int) -> None:
    """Let an appliance run where the fuse bears it: people learn what they cannot use at once."""
    for start_s, end_s, current_a in runs:
        begin_s, stop_s = max(0, start_s), min(DAY_S, end_s)
        used = [(phase, amps) for phase, amps in zip(phases, current_a, strict=True) if amps > 0]
        if begin_s >= stop_s or any(amps > STEP_SHARE * fuse_a for _, amps in used):
            continue
        if all(max(phase[begin_s:stop_s]) + amps <= fuse_a - RESERVE_A for phase, amps in used):
            for phase, amps in used:
                phase[begin_s:stop_s] = [value + amps for value in phase[begin_s:stop_s]]


def _sun(plan: HousePlan) -> list[float]:
    """What the panels take off each phase, in steps."""
    if not plan.solar_kwp:
        return [0.0] * DAY_S
    days = [SunnyDay(plan.seed + plan.day, plan.calendar_day + number, plan.solar_kwp) for number in range(2)]
    current_a: list[float] = []
    for start_s in range(NOON_S, NOON_S + DAY_S, SUN_STEP_S):
        day, second = divmod(start_s, DAY_S)
        current_a += [-days[day].power_w(second) / NOMINAL_V / 3] * SUN_STEP_S
    return current_a


def _repeated(values: list[float], offset: int) -> list[float]:
    start = offset % len(values)
    turned = values[start:] + values[:start]
    return (turned * (DAY_S // len(turned) + 1))[:DAY_S]


def _at(random: Random, hour: float, spread_h: float) -> int:
    """Seconds after noon of an hour of the clock, give or take."""
    return int((hour + random.uniform(-spread_h, spread_h)) * HOUR_S - NOON_S) % DAY_S


def _kettle(random: Random) -> Iterator[Run]:
    for hour in (7, 12.5, 15.5, 17.5, 20, 22):
        start_s = _at(random, hour, 0.6)
        yield start_s, start_s + random.randint(120, 330), (2000, 0, 0)


def _coffee(random: Random) -> Iterator[Run]:
    """A machine that heats up and then in bursts."""
    for hour in (6.8, 13, 16):
        start_s = _at(random, hour, 0.5)
        yield start_s, start_s + 60, (1400, 0, 0)
        for burst_s in range(start_s + 80, start_s + 900, 70):
            yield burst_s, burst_s + random.randint(8, 15), (1400, 0, 0)


def _oven(random: Random) -> Iterator[Run]:
    """Heats up for ten minutes, then its thermostat keeps the temperature."""
    start_s = _at(random, 18, 0.7)
    end_s = start_s + random.randint(40, 80) * MINUTE_S
    yield start_s, start_s + 600, (2400, 0, 0)
    time_s = start_s + 700
    while time_s < end_s:
        heating_s = random.randint(40, 80)
        yield time_s, time_s + heating_s, (2400, 0, 0)
        time_s += heating_s + random.randint(90, 180)


def _hob(random: Random) -> Iterator[Run]:
    """Two induction zones on two phases: full to the boil, then in pulses."""
    for watts in ((1800, 0, 0), (0, 2100, 0)):
        start_s = _at(random, 18.3, 0.4)
        boiled_s = start_s + random.randint(240, 540)
        yield start_s, boiled_s, watts
        period_s, on_s = random.choice(((12, 5), (45, 15), (30, 12)))
        for pulse_s in range(boiled_s, boiled_s + random.randint(8, 25) * MINUTE_S, period_s):
            yield pulse_s, pulse_s + on_s, watts


def _microwave(random: Random) -> Iterator[Run]:
    for hour in (7.2, 12.6, 18.6, 21.5):
        start_s = _at(random, hour, 0.8)
        yield start_s, start_s + random.randint(60, 300), (0, 1350, 0)


def _dishwasher(random: Random) -> Iterator[Run]:
    start_s = _at(random, 20.5, 1.5)
    yield start_s + 5 * MINUTE_S, start_s + 22 * MINUTE_S, (0, 0, 2000)
    yield start_s + 60 * MINUTE_S, start_s + 75 * MINUTE_S, (0, 0, 2000)
    yield start_s, start_s + 95 * MINUTE_S, (0, 0, 90)


def _laundry(random: Random) -> Iterator[Run]:
    """Heats its water, then turns to and fro."""
    start_s = _at(random, random.choice((9, 14, 19.5)), 1.5)
    yield start_s, start_s + 15 * MINUTE_S, (0, 1950, 0)
    for turn_s in range(start_s + 15 * MINUTE_S, start_s + 75 * MINUTE_S, 18):
        yield turn_s, turn_s + 12, (0, 320, 0)


def _dryer(random: Random) -> Iterator[Run]:
    start_s = _at(random, random.choice((11, 16, 21)), 1.5)
    end_s = start_s + random.randint(60, 110) * MINUTE_S
    time_s = start_s
    while time_s < end_s:
        heating_s = random.randint(180, 420)
        yield time_s, min(end_s, time_s + heating_s), (0, 0, 2200)
        time_s += heating_s + random.randint(40, 120)


def _water_heater(random: Random) -> Iterator[Run]:
    """Off-peak: an hour or three after ten."""
    start_s = _at(random, random.choice((22.2, 23.5, 1.0)), 0.3)
    yield start_s, start_s + random.randint(60, 200) * MINUTE_S, (random.choice((2000, 2400, 3000)), 0, 0)


def _sauna(random: Random) -> Iterator[Run]:
    """Three phases: half an hour to heat, then a thermostat through the evening."""
    watts = random.choice((6000, 8000, 9000)) / 3
    start_s = _at(random, 18.8, 1.0)
    yield start_s, start_s + 35 * MINUTE_S, (watts, watts, watts)
    time_s, end_s = start_s + 37 * MINUTE_S, start_s + random.randint(80, 140) * MINUTE_S
    while time_s < end_s:
        heating_s = random.randint(60, 200)
        yield time_s, time_s + heating_s, (watts, watts, watts)
        time_s += heating_s + random.randint(60, 180)


def _hair_dryer(random: Random) -> Iterator[Run]:
    for hour in (6.7, 21.0):
        start_s = _at(random, hour, 0.5)
        yield start_s, start_s + random.randint(120, 420), (0, 0, 1700)


def _well_pump(random: Random) -> Iterator[Run]:
    """A pressure tank that is filled for half a minute now and then, day and night."""
    time_s = random.randint(0, 1200)
    while time_s < DAY_S:
        yield time_s, time_s + random.randint(20, 50), (0, 1300, 0)
        time_s += random.randint(600, 3600)


def _floor_heating(random: Random) -> Iterator[Run]:
    time_s = random.randint(0, 900)
    while time_s < DAY_S:
        yield time_s, time_s + random.randint(240, 500), (0, 0, 700)
        time_s += random.randint(900, 1500)


def _fridge(random: Random) -> Iterator[Run]:
    time_s = random.randint(0, 1200)
    while time_s < DAY_S:
        running_s = random.randint(780, 1020)
        yield time_s, time_s + running_s, (0, 110, 0)
        time_s += running_s + random.randint(1500, 2100)


def _lights(random: Random) -> Iterator[Run]:
    for watts in ((90, 0, 0), (0, 150, 0), (0, 60, 120), (200, 0, 0)):
        yield _at(random, 6.6, 0.4), _at(random, 8, 0.4), watts
        yield _at(random, 17.5, 1), _at(random, 23, 0.8), watts


def _heat_pump(random: Random) -> Iterator[Run]:
    """A compressor that starts and stops: one phase, or three."""
    watts = random.choice(((2300, 0, 0), (1700, 0, 0), (1000, 1000, 1000), (1600, 1600, 1600)))
    yield from _cycles(random, watts)


def _inverter_heat_pump(random: Random) -> Iterator[Run]:
    """A compressor that changes its power every few minutes."""
    share = random.choice(((1, 0, 0), (0.5, 0.5, 0.5)))
    time_s = 0
    while time_s < DAY_S:
        lasts_s = random.randint(180, 1500)
        power_w = random.choice((0, 500, 900, 1300, 1700, 2200))
        yield time_s, time_s + lasts_s, (share[0] * power_w, share[1] * power_w, share[2] * power_w)
        time_s += lasts_s


def _cycles(random: Random, watts: KnownPhases) -> Iterator[Run]:
    time_s = random.randint(0, 900)
    while time_s < DAY_S:
        night = 10 * HOUR_S < time_s < 20 * HOUR_S
        cycle_s = random.randint(25 * MINUTE_S, 50 * MINUTE_S)
        running_s = int(cycle_s * (0.65 if night else 0.4))
        yield time_s, time_s + running_s, watts
        time_s += cycle_s


_APPLIANCES: tuple[tuple[Callable[[Random], Iterator[Run]], float], ...] = (
    (_fridge, 1),
    (_lights, 1),
    (_heat_pump, 0.3),
    (_inverter_heat_pump, 0.2),
    (_water_heater, 0.4),
    (_sauna, 0.15),
    (_oven, 0.7),
    (_hob, 0.8),
    (_kettle, 0.9),
    (_coffee, 0.5),
    (_microwave, 0.6),
    (_dishwasher, 0.6),
    (_laundry, 0.5),
    (_dryer, 0.4),
    (_hair_dryer, 0.5),
    (_well_pump, 0.2),
    (_floor_heating, 0.3),
)
"""With how likely a house uses each on a day; the first have the fuse first."""
