"""A simulated car: when it is at home, how much it still wants, and how it follows a current limit."""

from __future__ import annotations

from random import Random

import msgspec

from ngair.sim.dates import DAY_S
from ngair.sim.options import CHARGER_MIN_A

RAMP_A = 2.0
"""Change of current in one second, up or down."""
POWER_FACTOR = 0.99
BATTERY_WH = 60_000
TAPER_WH = 500
"""Over its last half kilowatt-hour a battery takes less and less."""
TAPER_MIN_A = 1.5
WS_PER_WH = 3600


class CarModel(msgspec.Struct, frozen=True):
    """What kind of car it is and what its people do."""

    phases: int
    """1 or 3."""
    max_a: float
    idle_a: float
    """Drawn while it wakes up."""
    wake_s: int
    follow_s: int
    """Time it takes to follow a changed limit; the standard allows 5 s."""
    leaves_hour: float
    arrives_hour: float
    used_wh: tuple[int, int]
    """Least and most that a day's driving takes."""


CAR_MODELS = (
    CarModel(
        phases=3,
        max_a=16,
        idle_a=0.4,
        wake_s=8,
        follow_s=2,
        leaves_hour=7.6,
        arrives_hour=17.6,
        used_wh=(6_000, 16_000),
    ),
    CarModel(
        phases=1,
        max_a=16,
        idle_a=1.1,
        wake_s=14,
        follow_s=4,
        leaves_hour=8.2,
        arrives_hour=18.0,
        used_wh=(3_000, 9_000),
    ),
    CarModel(
        phases=3,
        max_a=16,
        idle_a=0.3,
        wake_s=5,
        follow_s=1,
        leaves_hour=6.9,
        arrives_hour=18.7,
        used_wh=(5_000, 20_000),
    ),
)
"""The cars of a house, in the order in which a house gets them."""


class Trip(msgspec.Struct, frozen=True):
    """One absence, in simulated seconds since `dates.START`."""

    leaves_s: int
    arrives_s: int
    used_wh: int
    """What has to be charged after it."""


class Car:
    """One car. Each call of `draw` is one second of its life at the outlet."""

    def __init__(self, model: CarModel, seed: int, number: int, start_s: int, *, at_home: bool) -> None:
        """`at_home` keeps it at its outlet from the start, hungry, until its next departure."""
        self._model = model
        self._seed = f"{seed}/car/{number}"
        self._day = start_s // DAY_S - 1
        self._trip = self._trip_of_day()
        while self._trip.arrives_s <= start_s or (at_home and self._trip.leaves_s <= start_s):
            self._next_trip()
        share = Random(f"{self._seed}/start").uniform(0.6, 1.0 if at_home else 0.7)
        self._wanted_ws = int(self._trip.used_wh * share) * WS_PER_WH
        self._current_a = 0.0
        self._awake_s = 0
        self._heeded_a = 0
        self._follow_left_s = 0
        self.is_home = self._trip.leaves_s > start_s

    @property
    def phases(self) -> int:
        """1 or 3."""
        return self._model.phases

    @property
    def is_full(self) -> bool:
        """Whether it wants nothing more."""
        return self._wanted_ws <= 0

    def live(self, time_s: int) -> None:
        """Leave or come home when it is time."""
        trip = self._trip
        if self.is_home and time_s >= trip.leaves_s:
            self.is_home = False
            self._unplug()
        if not self.is_home and time_s >= trip.arrives_s:
            self.is_home = True
            self._wanted_ws = min(self._wanted_ws + trip.used_wh * WS_PER_WH, BATTERY_WH * WS_PER_WH)
            self._next_trip()

    def draw(self, limit_a: int) -> float:
        """The current that it takes in the next second on each of its phases, in A, under a limit."""
        allowed_a = self._followed(limit_a)
        if allowed_a < CHARGER_MIN_A or self.is_full:
            self._awake_s = 0
            target_a = 0.0
        elif self._awake_s < self._model.wake_s:
            self._awake_s += 1
            target_a = self._model.idle_a
        else:
            target_a = min(allowed_a, self._acceptance_a())
        step_a = max(-RAMP_A, min(RAMP_A, target_a - self._current_a))
        self._current_a += step_a
        return self._current_a

    def take(self, energy_ws: int) -> None:
        """Store what it drew, in watt-seconds."""
        self._wanted_ws -= energy_ws

    def _followed(self, limit_a: int) -> int:
        """The limit that it heeds: a changed one after its delay, which further changes do not prolong."""
        if limit_a != self._heeded_a:
            self._follow_left_s = (self._follow_left_s or self._model.follow_s + 1) - 1
            if self._follow_left_s == 0:
                self._heeded_a = limit_a
        else:
            self._follow_left_s = 0
        return self._heeded_a

    def _acceptance_a(self) -> float:
        share = self._wanted_ws / (TAPER_WH * WS_PER_WH)
        return max(TAPER_MIN_A, self._model.max_a * min(1.0, share))

    def _unplug(self) -> None:
        self._current_a = 0.0
        self._awake_s = 0
        self._heeded_a = 0
        self._follow_left_s = 0

    def _next_trip(self) -> None:
        self._day += 1
        self._trip = self._trip_of_day()

    def _trip_of_day(self) -> Trip:
        random = Random(f"{self._seed}/{self._day}")
        midnight_s = self._day * DAY_S
        return Trip(
            leaves_s=midnight_s + int((self._model.leaves_hour + random.uniform(-0.6, 0.6)) * 3600),
            arrives_s=midnight_s + int((self._model.arrives_hour + random.uniform(-0.5, 0.8)) * 3600),
            used_wh=random.randint(*self._model.used_wh),
        )
