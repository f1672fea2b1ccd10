"""What goes wrong on a house-day: telegrams, the chargers' link, the clock, the box itself."""

from __future__ import annotations

from enum import IntEnum
from random import Random

import msgspec

from ngair.sim.dates import DAY_S
from ngair.sim.days.plan import HousePlan

EVENING_S = 4 * 3600
MORNING_S = 20 * 3600
"""Seconds after noon: most cars charge between 16 and 8 o'clock, so faults are drawn there."""


class Fate(IntEnum):
    """What becomes of one telegram."""

    GOOD = 0
    LOST = 1
    CORRUPT = 2
    DOUBLED = 3


class Window(msgspec.Struct, frozen=True):
    """From one second after noon to another."""

    start_s: int
    end_s: int


class Faults(msgspec.Struct, frozen=True):
    """Everything that goes wrong on one day; drawn whole, so that it does not depend on what is looked at."""

    fates: dict[int, Fate] = {}
    """By number of the sample; those not in it are good."""
    stalls: tuple[Window, ...] = ()
    """The meter's link holds telegrams back and gives them all at its end."""
    link_gone: tuple[Window, ...] = ()
    """Chargers tell nothing and hear nothing; they keep their last setpoint."""
    suspended: tuple[Window, ...] = ()
    """The box sleeps, and its monotonic clock with it; telegrams are lost."""
    restarts: tuple[Window, ...] = ()
    """The box is down, then begins anew."""
    jumps_s: dict[int, int] = {}
    """Seconds by which the monotonic clock jumps ahead, by second after noon."""


def draw_faults(plan: HousePlan) -> Faults:
    """The faults of this day; none on days without."""
    if not plan.faulty:
        return Faults()
    random = Random(f"{plan.random_seed}/faults")
    lost = random.choice((0.0, 0.002, 0.01, 0.05))
    shares = ((Fate.LOST, lost), (Fate.CORRUPT, 0.003), (Fate.DOUBLED, 0.003))
    return Faults(
        fates=_fates(random, DAY_S // plan.meter.cadence_s, shares),
        stalls=_windows(random, random.choice((0, 0, 1, 3)), 5, 40),
        link_gone=_windows(random, random.choice((0, 0, 1, 2)), 60, 480),
        suspended=_windows(random, random.choice((0, 0, 0, 0, 1)), 20, 300),
        restarts=_windows(random, random.choice((0, 0, 0, 1, 2)), 3, 25),
        jumps_s={w.start_s: w.end_s - w.start_s for w in _windows(random, random.choice((0, 0, 0, 0, 1)), 20, 900)},
    )


def _fates(random: Random, samples: int, shares: tuple[tuple[Fate, float], ...]) -> dict[int, Fate]:
    fates: dict[int, Fate] = {}
    for fate, share in shares:
        for _ in range(round(samples * share)):
            fates[random.randrange(samples)] = fate
    return fates


def _windows(random: Random, count: int, shortest_s: int, longest_s: int) -> tuple[Window, ...]:
    starts_s = [random.randint(EVENING_S, MORNING_S) for _ in range(count)]
    return tuple(Window(start_s, start_s + random.randint(shortest_s, longest_s)) for start_s in sorted(starts_s))
