"""The words of the memory: what is kept of readings, outlets, setpoints, events and charging sessions.

Everything kept is a whole number in the unit of its name, so that sums are exact. Times are wall seconds since 1970,
UTC. Every row carries a sequence number: rows that are written or changed later have a higher one. It is 0 until the
store has given one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

METER = "meter"
"""Series of the house's meter. That of an outlet is `serial/outlet`."""

METER_QUANTITIES = (
    "power_import_w",
    "power_export_w",
    "current_l1_ma",
    "current_l2_ma",
    "current_l3_ma",
    "voltage_l1_dv",
    "voltage_l2_dv",
    "voltage_l3_dv",
)
"""What is kept of each reading, in this order: W, mA, and tenths of a volt."""
OUTLET_QUANTITIES = ("power_w", "current_l1_ma", "current_l2_ma", "current_l3_ma", "setpoint_ma")
"""What is kept of each outlet, in this order."""
METER_COUNTERS = ("import", "export")
"""Names of the meter's counters, whose energy a bucket of the meter has in this order."""

Step = Literal["minute", "hour", "day"]


def quantities(series: str) -> tuple[str, ...]:
    """What is kept of a series, in the order of its values."""
    return METER_QUANTITIES if series == METER else OUTLET_QUANTITIES


def counters(series: str) -> tuple[str, ...]:
    """Names of a series' counters, in the order of its energies. An outlet's only one has the name of its series."""
    return METER_COUNTERS if series == METER else (series,)


class Stat(msgspec.Struct, frozen=True):
    """Any number of values: how many were known, their sum, the least and the most. None known: `n` is 0."""

    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None

    @property
    def mean(self) -> float | None:
        """Of the known values; `None` where nothing is known, which is never zero."""
        return self.total / self.n if self.n else None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Ten seconds of one series."""

    seq: int = 0
    at_s: int
    """When they begin."""
    series: str
    values: tuple[int | None, ...]
    """Mean of each of its quantities; `None` where nothing was known."""
    counters_wh: tuple[int | None, ...]
    """Its counters as last told in these seconds, as they stand at the device, in whole Wh."""
    state: int | None = None
    """An outlet's state (`OutletState`); `None` for a meter."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A minute, hour or day of one series: as it stands in the store, or what a batch adds to it."""

    seq: int = 0
    step: Step
    start_s: int
    """Begin of the minute or hour. Of a day its local date, as the seconds at which that date begins in UTC."""
    series: str
    stats: tuple[Stat, ...]
    """One for each of its quantities."""
    energy_wh: tuple[int, ...] = ()
    """What flowed by each of its counters. Minutes have none: hours and days are the books."""
    cost_micro: int | None = None
    """Price of that energy (import, or what an outlet gave) in millionths of the currency; `None` without prices."""
    covered_s: int = 0
    """Seconds of it that were seen."""


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """The book of one counter. At any moment `value_wh == first_wh + booked_wh + jumped_wh`."""

    name: str
    """One of `METER_COUNTERS`, or an outlet's series."""
    device: str
    """Who counts: a meter's id or a charger's serial number; empty where nothing tells."""
    first_wh: int
    """As first seen."""
    value_wh: int
    """As last seen."""
    at_s: int
    """When it was last seen."""
    booked_wh: int = 0
    """Booked as energy to hours and days."""
    jumped_wh: int = 0
    """By how much it moved without energy: replaced, reset, rolled over, or an impossible jump."""


class EventKind(StrEnum):
    """What can happen."""

    STARTED = "started"
    """The program began. `detail`: `version`, `clean` (whether it was stopped before, or cut off), `down_s`."""
    STOPPED = "stopped"
    METER_UP = "meter up"
    METER_LOST = "meter lost"
    """Lost or silent."""
    METER_CHANGED = "meter changed"
    """Another meter, or a counter that began anew. `detail`: `counter`, `from_wh`, `to_wh`."""
    COUNTER_JUMPED = "counter jumped"
    """A counter moved as no house can. `detail`: `counter`, `from_wh`, `to_wh`, `booked_wh`."""
    CHARGER_UP = "charger up"
    CHARGER_LOST = "charger lost"
    LIMIT = "limit"
    """A fuse, phase or power limit begins to limit a charging outlet. `detail`: `rule`, `fuse`, `phase`."""
    LIMIT_OVER = "limit over"
    OVER_FUSE = "over fuse"
    """More than a fuse's rating was measured on a phase. `detail`: `phase`, `current_a`, `rating_a`."""
    OVER_FUSE_OVER = "over fuse over"
    """`detail`: `seconds`, `most_a`."""
    FAIL_SAFE = "fail-safe"
    """`detail`: `kind` (`FailSafeKind`)."""
    FAIL_SAFE_OVER = "fail-safe over"
    FAULT = "fault"
    """An outlet reports a fault."""
    FAULT_OVER = "fault over"
    PLUGGED = "plugged"
    UNPLUGGED = "unplugged"
    """`detail`: `energy_wh`."""
    WISH = "wish"
    """A user asked for something. `detail`: what changed."""
    REFUSED = "refused"
    """Input of the meter was refused; at most one a reason in ten minutes. `detail`: `reason`, `count`."""
    CLOCK_STEPPED = "clock stepped"
    """`detail`: `by_s`."""
    UPDATED = "updated"
    """New firmware showed itself healthy. `detail`: `version`, `from_version`."""
    UPDATE_FAILED = "update failed"
    """Firmware was refused, or fell back. `detail`: `version`, `reason`."""
    SETUP = "setup"
    """Setup mode began. `detail`: `reason`."""
    NETWORK_UP = "network up"
    """`detail`: `ssid`."""
    NETWORK_LOST = "network lost"
    PASSWORD_SET = "password set"
    MEMORY_LOST = "memory lost"
    """Nothing could be written for a while. `detail`: `from_s`, `samples` that are missing."""


class HistoryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    seq: int = 0
    at_s: float
    kind: EventKind
    subject: str = ""
    """What it concerns: a fuse's name (its meter), a charger's serial number, an outlet's series; empty: the box."""
    text: str
    """For a person, in English. Whoever shows another language makes it of `kind`, `subject` and `detail`."""
    detail: dict[str, str | int | float | bool | None] = {}


class SetpointChange(msgspec.Struct, frozen=True, kw_only=True):
    """A setpoint or its reason became another."""

    seq: int = 0
    at_s: float
    outlet: str
    """Its series."""
    before_a: int | None
    """`None` where none was before."""
    setpoint_a: int
    rule: str
    """`Rule`."""
    fuse: str | None = None
    phase: str | None = None
    text: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A car at an outlet, from plugging in to unplugging; the same outlet and `plugged_at_s` are the same session."""

    seq: int = 0
    outlet: str
    """Its series."""
    plugged_at_s: int
    unplugged_at_s: int | None = None
    """`None` while it is plugged in."""
    charging_s: int = 0
    """So long did it charge."""
    longest_pause_s: int = 0
    """The longest time between two times of charging."""
    pauses: int = 0
    energy_wh: int = 0
    cost_micro: int | None = None
    """In millionths of the currency, at the prices of when it charged; `None` without prices."""
    most_power_w: int = 0
    state: int = 1
    """The outlet's last state (`OutletState`)."""
    state_since_s: int = 0
    """Since when it has that state."""
    seen_at_s: int = 0
    """When the outlet last told about itself."""
    plug_unseen: bool = False
    """Whether it was plugged in already when the box first saw the outlet."""


Row = Sample | Bucket | HistoryEvent | SetpointChange | Session
"""Whatever has a sequence number."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is written together: all of it or nothing."""

    samples: tuple[Sample, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    """Added to those that stand: counts and sums added, least and most compared."""
    counters: tuple[Counter, ...] = ()
    """As they have become."""
    events: tuple[HistoryEvent, ...] = ()
    setpoints: tuple[SetpointChange, ...] = ()
    sessions: tuple[Session, ...] = ()
    """As they have become."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.samples or self.buckets or self.counters or self.events or self.setpoints or self.sessions)


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What the store tells at a start, to go on from."""

    counters: tuple[Counter, ...] = ()
    sessions: tuple[Session, ...] = ()
    """Those that are not over."""
    begins: tuple[tuple[str, int], ...] = ()
    """Outlet and begin of the newest, over or not, the last at the end: a clock that went back may come to such a
    second once more."""
    setpoints: tuple[SetpointChange, ...] = ()
    """The last of each outlet."""
    last_event: HistoryEvent | None = None
    last_at_s: float | None = None
    """The latest time of any row."""


class LogQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events and setpoint changes, the newest first."""

    from_s: float | None = None
    to_s: float | None = None
    """Before it."""
    before_seq: int | None = None
    """Only those behind the entry with this sequence number, in the order of time: the next page."""
    kinds: frozenset[str] = frozenset()
    """Kinds of events, and `setpoint`; empty: all."""
    subject: str | None = None
    """Only what concerns this."""
    limit: int = 100


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The store itself."""

    epoch: str
    """Made when the store was: another epoch is another store, whose sequence numbers say nothing about this one's."""
    created_at_s: float
    schema_version: int
    seq: int
    """The highest so far."""
    size_bytes: int
    oldest_s: dict[str, float | None]
    """The oldest row of `samples`, `minutes`, `hours`, `days`, `events`, `sessions`."""
    rows: dict[str, int]


MemoryState = Literal["off", "starting", "up", "failing"]


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """How the memory fares, as part of the site."""

    state: MemoryState = "off"
    detail: str = ""
    """Why nothing can be kept and what to do; empty while all is well."""
