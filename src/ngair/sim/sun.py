"""Power of the panels: a bell over the day, higher and wider in summer, cut by passing clouds."""

from __future__ import annotations

from math import pi, sin
from random import Random

from ngair.sim.dates import DAY_S, day_of_year

CLOUD_STEP_S = 240
"""Clouds are drawn this far apart and drift linearly in between."""


class SunnyDay:
    """The sun of one day, drawn from the seed."""

    def __init__(self, seed: int, day: int, solar_kwp: float) -> None:
        season = sin((day_of_year(day) - 80) / 365 * 2 * pi)
        daylight_s = (12 + 4.2 * season) * 3600
        self._rise_s = (DAY_S - daylight_s) / 2
        self._daylight_s = daylight_s
        self._peak_w = solar_kwp * 1000 * (0.65 + 0.2 * season)
        self._clear = _clear_shares(Random(f"{seed}/sun/{day}"))

    def power_w(self, second: int) -> float:
        """Power at a second of the day, never negative."""
        share = (second - self._rise_s) / self._daylight_s
        if not 0 < share < 1:
            return 0.0
        index, rest_s = divmod(second, CLOUD_STEP_S)
        clear, next_clear = self._clear[index], self._clear[index + 1]
        through = clear + (next_clear - clear) * rest_s / CLOUD_STEP_S
        return self._peak_w * float(sin(share * pi) ** 1.4) * through


def _clear_shares(random: Random) -> list[float]:
    """How much light gets through at each step: mostly all, and a fifth to a half under a cloud."""
    cloudiness = random.uniform(0.05, 0.5)
    return [
        random.uniform(0.2, 0.5) if random.random() < cloudiness else random.uniform(0.92, 1.0)
        for _ in range(DAY_S // CLOUD_STEP_S + 1)
    ]
