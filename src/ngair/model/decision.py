"""What the balancer decided, and everything about why: setpoints, headroom, fail-safes with their countdowns."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ngair.model.phases import UNKNOWN_PHASES, Phases


class Rule(StrEnum):
    """Which rule made a setpoint what it is."""

    FREE = "free"
    """Nothing limits it but the outlet itself."""
    READY = "ready"
    """No car, or one that wants nothing: what it may begin with."""
    FUSE = "fuse"
    """A fuse has no more left."""
    POWER = "power"
    """A limit on total power has no more left."""
    SHARE = "share"
    """Its fair share beside other cars."""
    TURN = "turn"
    """Too little for all: others charge properly, its turn comes."""
    PROVING = "proving"
    """More is left by now, and has to stay so for a while."""
    MAXIMUM = "maximum"
    """The user's maximum."""
    PAUSED = "paused"
    """The user paused it."""
    START = "start"
    """Just started: the minimum until enough readings came."""
    FALLBACK = "fallback"
    """No data to decide by: at most the fallback current."""
    RESTART = "restart"
    """The program restarts with new firmware: at most the fallback current, which holds while nobody decides."""
    HOLD = "hold"
    """Data is late: nothing is raised."""


class SetpointReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a setpoint is what it is."""

    rule: Rule
    text: str
    """For a person: which fuse, which phase, and what must happen for more; with units, without times."""
    fuse: str | None = None
    """Name of the fuse that limits; `None` where none does."""
    phase: str | None = None
    """`L1`, `L2` or `L3`; `None` where none limits more than the others."""
    since_s: float = 0
    """Monotonic time since when this rule holds with this fuse and phase."""
    until_s: float | None = None
    """Monotonic time at which something changes by itself, the end of a countdown; `None` without one."""


class Setpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The current that one outlet may give."""

    serial: str
    outlet_id: int
    setpoint_a: int
    """0, or from the outlet's minimum to its maximum."""
    changed_at_s: float = 0
    """Monotonic time of its last change."""
    reason: SetpointReason


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """What one fuse has left for charging, in A a phase; `None` is unknown, which counts as nothing."""

    fuse: str
    other_a: Phases = UNKNOWN_PHASES
    """Drawn below it by everything but the chargers that we steer; negative on export."""
    left_a: Phases = UNKNOWN_PHASES
    """For all chargers below it together, after the margin; negative where the house alone is too much."""


class FailSafeKind(StrEnum):
    """What can be missing."""

    METER_SILENT = "meter silent"
    CHARGER_SILENT = "charger silent"
    READING_IMPOSSIBLE = "reading impossible"
    CLOCK_STEPPED = "clock stepped"
    RESTARTED = "restarted"


class FailSafe(msgspec.Struct, frozen=True, kw_only=True):
    """One fail-safe that is at work."""

    kind: FailSafeKind
    subject: str = ""
    """Name of the fuse whose meter, or serial number of the charger; empty where it concerns all."""
    text: str
    """For a person: what is missing, what the box does about it, what to do; without times."""
    since_s: float
    """Monotonic time at which it began."""
    until_s: float | None = None
    """Monotonic time of its next step; `None` when it waits for something to come back."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was decided at one moment."""

    setpoints: tuple[Setpoint, ...] = ()
    headrooms: tuple[Headroom, ...] = ()
    fail_safes: tuple[FailSafe, ...] = ()

    def setpoint(self, serial: str, outlet_id: int) -> Setpoint | None:
        """The setpoint of one outlet; `None` where nothing was decided about it."""
        for setpoint in self.setpoints:
            if setpoint.outlet_id == outlet_id and setpoint.serial == serial:
                return setpoint
        return None
