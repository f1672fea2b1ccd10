"""The book of one counter: everything by which it moved is either energy or a jump, to the Wh."""

from __future__ import annotations

from typing import NamedTuple

from ngair.history.calendar import DAY_S
from ngair.model.history import Counter, EventKind
from ngair.model.limits import FRESH_MAX_S, HELD_METER_IDS_MAX

STEP_WH = 2_000
"""A counter may move so much at once, whatever flows: those that show whole kWh do, two of them together."""
RESTART_S = DAY_S
"""How long the box was off only its clock tells, and one without a battery goes on from when it was switched off. So a
day is allowed more: of what the main fuse allows that is what a house uses in weeks."""
SPREAD_MAX_S = 366 * DAY_S
"""Energy is spread over no more than a year: a longer gap is a clock that was wrong."""
ROLL_OVER_MIN_WH = 10_000_000
"""Counters with fewer than four digits of kWh do not exist."""
ROLL_OVER_SHARE = 100
"""Before it begins anew a counter stands in the last hundredth of its range."""


class Flow(NamedTuple):
    """Energy that is booked, and the wall times between which it flowed."""

    energy_wh: int
    from_s: float
    to_s: float


class Moment(NamedTuple):
    """When something was told, and what was known then."""

    now_s: float
    """Monotonic."""
    wall_s: float
    flowed_wh: float
    """What power tells to have flowed since the start, as far as it was seen."""


class Jump(NamedTuple):
    """A counter moved otherwise than by energy."""

    kind: EventKind
    from_wh: int
    to_wh: int
    booked_wh: int
    at_s: float


class _Told(NamedTuple):
    value_wh: int
    device: str
    at: Moment


class Book:
    """Books the rises that a house can have. What moves otherwise is believed when it is told twice, as a jump.

    `counter` is the book as it stands; `None` before the first value.
    """

    def __init__(self, name: str, remembered: Counter | None = None) -> None:
        self.name = name
        self.counter = remembered
        self.jumps: list[Jump] = []
        """Not fetched yet."""
        self._seen: Moment | None = None
        """When the value was told last, in this run."""
        self._doubted: _Told | None = None
        self._devices: tuple[str, ...] = (remembered.device,) if remembered else ()

    def tell(self, value_wh: int, device: str, at: Moment, most_w: float) -> tuple[Flow, ...]:
        """A value of the counter, as a device counts it; what is to be booked.

        `most_w` is the most that can flow. `device` is empty where nothing tells.
        """
        counter, seen = self.counter, self._seen
        if counter is None:
            self.counter = Counter(
                name=self.name, device=device, first_wh=value_wh, value_wh=value_wh, at_s=int(at.wall_s)
            )
            self._devices = (device,)
            self._seen = at
            return ()
        known = not device or device == counter.device
        if seen is not None and known and counter.value_wh == value_wh:
            self._seen, self._doubted = at, None
            return ()
        told = _Told(value_wh, device, at)
        if self._fits(told, most_w) and (known or self._is_same(device, at)):
            self._doubted = None
            return self._rise(counter, told)
        return self._doubt(counter, told, most_w)

    @property
    def seen_s(self) -> int | None:
        """Wall time at which the value was told last in this run, by the clock as it was then."""
        return None if self._seen is None else int(self._seen.wall_s)

    def _fits(self, told: _Told, most_w: float, more_s: float = 0) -> bool:
        value_wh = told.value_wh if self.counter is None else self.counter.value_wh
        return 0 <= told.value_wh - value_wh <= STEP_WH + most_w * (self._gap_s(told.at) + more_s) / 3600

    def _gap_s(self, at: Moment) -> float:
        if self._seen is not None:
            return max(0.0, at.now_s - self._seen.now_s)
        return 0.0 if self.counter is None else max(0.0, at.wall_s - self.counter.at_s)

    def _is_same(self, device: str, at: Moment) -> bool:
        """Some meters use several names in turn; another meter is not put in within a minute."""
        if "" in self._devices or device in self._devices:
            return True
        return self._seen is not None and self._gap_s(at) <= FRESH_MAX_S and len(self._devices) < HELD_METER_IDS_MAX

    def _rise(self, counter: Counter, told: _Told) -> tuple[Flow, ...]:
        rise_wh = told.value_wh - counter.value_wh
        flows = self._flows(rise_wh, told.at)
        self._accept(counter, told, rise_wh)
        return flows

    def _flows(self, energy_wh: int, at: Moment) -> tuple[Flow, ...]:
        if not energy_wh:
            return ()
        gap_s = min(self._gap_s(at), SPREAD_MAX_S)
        return (Flow(energy_wh, max(0.0, at.wall_s - gap_s), at.wall_s),)

    def _accept(self, counter: Counter, told: _Told, booked_wh: int) -> None:
        device = told.device
        if device and device not in self._devices:
            self._devices = tuple(d for d in (*self._devices, device) if d)
        self.counter = Counter(
            name=self.name,
            device=counter.device or device,
            first_wh=counter.first_wh,
            value_wh=told.value_wh,
            at_s=int(told.at.wall_s),
            booked_wh=counter.booked_wh + booked_wh,
            jumped_wh=counter.jumped_wh + told.value_wh - counter.value_wh - booked_wh,
        )
        self._seen = told.at

    def _doubt(self, counter: Counter, told: _Told, most_w: float) -> tuple[Flow, ...]:
        """It is believed with the next value that goes on from it."""
        doubted, self._doubted = self._doubted, told
        if doubted is None or doubted.device != told.device:
            return ()
        gap_s = max(0.0, told.at.now_s - doubted.at.now_s)
        if not 0 <= told.value_wh - doubted.value_wh <= STEP_WH + most_w * gap_s / 3600:
            return ()
        self._doubted = None
        flows = self._jump(counter, doubted, most_w)
        return flows + self._rise(self.counter or counter, told)

    def _jump(self, counter: Counter, told: _Told, most_w: float) -> tuple[Flow, ...]:
        kind, energy_wh = EventKind.METER_CHANGED, 0
        rise_wh = told.value_wh - counter.value_wh
        if told.device and counter.device and told.device not in self._devices:
            self._devices = (told.device,)
            counter = Counter(
                name=self.name,
                device=told.device,
                first_wh=counter.first_wh,
                value_wh=counter.value_wh,
                at_s=counter.at_s,
                booked_wh=counter.booked_wh,
                jumped_wh=counter.jumped_wh,
            )
        elif self._seen is None and self._fits(told, most_w, RESTART_S):
            return self._rise(counter, told)
        elif rise_wh >= 0:
            kind, energy_wh = EventKind.COUNTER_JUMPED, self._by_power(rise_wh, told.at)
        elif rolled_wh := self._rolled_over(counter, told, most_w):
            kind, energy_wh = EventKind.COUNTER_JUMPED, rolled_wh
        flows = self._flows(energy_wh, told.at)
        self.jumps.append(Jump(kind, counter.value_wh, told.value_wh, energy_wh, told.at.wall_s))
        self._accept(counter, told, energy_wh)
        return flows

    def _by_power(self, rise_wh: int, at: Moment) -> int:
        """What power tells to have flowed since the counter was told last, but no more than it rose."""
        return 0 if self._seen is None else min(rise_wh, max(0, int(at.flowed_wh - self._seen.flowed_wh)))

    def _rolled_over(self, counter: Counter, told: _Told, most_w: float) -> int:
        """What flowed where the counter ran through its last digit and began anew; else 0."""
        range_wh: int = 10 ** len(str(counter.value_wh))
        left_wh = range_wh - counter.value_wh
        through_wh = left_wh + told.value_wh
        if range_wh < ROLL_OVER_MIN_WH or left_wh > range_wh // ROLL_OVER_SHARE:
            return 0
        return through_wh if through_wh <= STEP_WH + most_w * self._gap_s(told.at) / 3600 else 0
