"""A simulated car: when it is at home, how much it still wants, and how it follows a current limit."""

from __future__ import annotations

from random import Random

import msgspec

from ngair.sim.car_models import CAR_MODELS, CarModel
from ngair.sim.dates import DAY_S
from ngair.sim.options import CHARGER_MIN_A

__all__ = ["BATTERY_WH", "CAR_MODELS", "FAULT_WINDOW_S", "POWER_FACTOR", "PREHEAT_S", "WS_PER_WH", "Car", "CarModel"]

POWER_FACTOR = 0.99
BATTERY_WH = 60_000
TAPER_WH = 500
"""Over its last half kilowatt-hour a battery takes less and less."""
FAULT_WINDOW_S = 600
PREHEAT_S = 1800
WS_PER_WH = 3600
TAPER_WS = TAPER_WH * WS_PER_WH


class Trip(msgspec.Struct, frozen=True):
    """One absence, in simulated seconds since `dates.START`."""

    leaves_s: int
    arrives_s: int
    used_wh: int
    """What has to be charged after it."""


class Car:
    """One car. Each call of `draw` is one second of its life at the outlet."""

    __slots__ = (
        "_asleep",
        "_awake_s",
        "_current_a",
        "_day",
        "_follow_left_s",
        "_heeded_a",
        "_lived_s",
        "_min_a",
        "_model",
        "_next_s",
        "_paused_s",
        "_preheated",
        "_ramp_down_a",
        "_ramp_up_a",
        "_roused",
        "_seed",
        "_stops_s",
        "_trip",
        "_wake_s",
        "_wanted_ws",
        "is_faulted",
        "is_home",
    )

    def __init__(self, model: CarModel, seed: int, number: int, start_s: int, *, at_home: bool) -> None:
        """`at_home` keeps it at its outlet from the start, hungry, until its next departure."""
        self._model = model
        self._min_a, self._wake_s = model.min_a, model.wake_s
        self._ramp_up_a, self._ramp_down_a = model.ramp_up_a, model.ramp_down_a
        self._seed = f"{seed}/car/{number}"
        self._day = start_s // DAY_S - 1
        self._trip = self._trip_of_day()
        while self._trip.arrives_s <= start_s or (at_home and self._trip.leaves_s <= start_s):
            self._next_trip()
        share = Random(f"{self._seed}/start").uniform(0.6, 1.0 if at_home else 0.7)
        self._wanted_ws = int(self._trip.used_wh * share) * WS_PER_WH
        self._preheated = model.preheat_wh == 0
        self.is_home = self._trip.leaves_s > start_s
        self._next_s = start_s
        self._heeded_a = 0.0
        self._stops_s: list[int] = []
        self._current_a = 0.0
        self._awake_s = self._lived_s = self._paused_s = self._follow_left_s = 0
        self._asleep = self._roused = False
        self.is_faulted = False
        """Until it is unplugged."""

    @property
    def model(self) -> CarModel:
        """What kind of car it is."""
        return self._model

    @property
    def phases(self) -> int:
        """1, 2 or 3."""
        return self._model.phases

    @property
    def is_full(self) -> bool:
        """Whether it wants nothing more."""
        return self._wanted_ws <= 0

    @property
    def wanted_ws(self) -> int:
        """What it still wants, in watt-seconds."""
        return self._wanted_ws

    @property
    def next_s(self) -> int:
        """Moment at which it leaves, comes home or wants warmth by itself; nothing happens before."""
        return self._next_s

    def live(self, time_s: int) -> None:
        """Leave or come home when it is time, and want warmth before."""
        if time_s >= self._next_s:
            self._happen(time_s)

    def draw(self, limit_a: float) -> float:
        """The current that it takes in the next second on each of its phases, in A, under a limit."""
        self._lived_s += 1
        if limit_a == self._heeded_a:
            self._follow_left_s = 0
        else:
            self._follow(limit_a)
        allowed_a = self._heeded_a
        if allowed_a < self._min_a or self._wanted_ws <= 0 or self.is_faulted:
            target_a = self._rest(allowed_a)
        elif self._awake_s < self._wake_s:
            target_a = self._wake()
        else:
            acceptance_a = self._model.max_a if self._wanted_ws >= TAPER_WS else self._taper_a()
            target_a = acceptance_a if acceptance_a < allowed_a else allowed_a
        current_a = self._current_a
        if target_a != current_a:
            step_a = max(-self._ramp_down_a, min(self._ramp_up_a, target_a - current_a))
            self._current_a = current_a = current_a + step_a
        return current_a

    def take(self, energy_ws: int) -> None:
        """Store what it drew, in watt-seconds."""
        self._wanted_ws -= energy_ws

    def _follow(self, limit_a: float) -> None:
        """Heed a changed limit after the car's delay, which further changes do not prolong."""
        self._follow_left_s = (self._follow_left_s or self._model.follow_s + 1) - 1
        if self._follow_left_s == 0:
            self._heeded_a = limit_a

    def _wake(self) -> float:
        """Idle until it is awake; a car asleep notices that it is offered something, and no more."""
        self._paused_s = 0
        if self._asleep:
            self._roused = True
        else:
            self._awake_s += 1
        return self._model.idle_a

    def _rest(self, allowed_a: float) -> float:
        if self._awake_s > 0:
            self._awake_s = 0
            if self._wanted_ws > 0:
                self._count_stop()
        if allowed_a < CHARGER_MIN_A:
            self._pause()
        return 0.0

    def _pause(self) -> None:
        sleeps_after_s = self._model.sleeps_after_s
        self._paused_s += 1
        if self._roused:
            self._asleep = self._roused = False
        elif sleeps_after_s is not None and self._paused_s >= sleeps_after_s:
            self._asleep = True

    def _count_stop(self) -> None:
        most = self._model.faults_after
        if most is None:
            return
        self._stops_s = [*self._stops_s[1 - most :], self._lived_s] if most > 1 else [self._lived_s]
        if len(self._stops_s) == most and self._lived_s - self._stops_s[0] <= FAULT_WINDOW_S:
            self.is_faulted = True

    def _taper_a(self) -> float:
        model = self._model
        return max(model.taper_min_a, model.max_a * (self._wanted_ws / TAPER_WS))

    def _happen(self, time_s: int) -> None:
        trip = self._trip
        if self.is_home and time_s >= trip.leaves_s:
            self.is_home = False
            self._unplug()
        if not self.is_home and time_s >= trip.arrives_s:
            self.is_home = True
            self._want(trip.used_wh)
            self._next_trip()
        elif self.is_home and not self._preheated and time_s >= self._preheat_at_s():
            self._preheated = True
            self._want(self._model.preheat_wh)
        self._next_s = self._trip.arrives_s if not self.is_home else self._trip.leaves_s
        if self.is_home and not self._preheated:
            self._next_s = self._preheat_at_s()

    def _want(self, more_wh: int) -> None:
        self._wanted_ws = min(max(self._wanted_ws, 0) + more_wh * WS_PER_WH, BATTERY_WH * WS_PER_WH)

    def _preheat_at_s(self) -> int:
        return self._trip.leaves_s - PREHEAT_S

    def _unplug(self) -> None:
        self._current_a = self._heeded_a = 0.0
        self._awake_s = self._paused_s = self._follow_left_s = 0
        self._asleep = self._roused = self.is_faulted = False
        self._stops_s = []

    def _next_trip(self) -> None:
        self._day += 1
        self._trip = self._trip_of_day()
        self._preheated = self._model.preheat_wh == 0

    def _trip_of_day(self) -> Trip:
        random = Random(f"{self._seed}/{self._day}")
        midnight_s = self._day * DAY_S
        return Trip(
            leaves_s=midnight_s + int((self._model.leaves_hour + random.uniform(-0.6, 0.6)) * 3600),
            arrives_s=midnight_s + int((self._model.arrives_hour + random.uniform(-0.5, 0.8)) * 3600),
            used_wh=random.randint(*self._model.used_wh),
        )
