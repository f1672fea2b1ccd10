"""Chargers and their outlets as they tell about themselves."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from ngair.model.phases import ALL_PHASES, ZERO_PHASES, KnownPhases, PhaseSet


class OutletState(IntEnum):
    """Charging states of an outlet (Local API Instructions, section 1.1)."""

    AVAILABLE = 0
    PREPARING = 1
    CHARGING = 2
    SUSPENDED_BY_CHARGER = 3
    SUSPENDED_BY_VEHICLE = 4
    FINISHING = 5
    RESERVED = 6
    UNAVAILABLE = 7
    FAULTED = 8


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """One outlet of a charger. Everything a phase is by the house's phases, whatever the charger's rotation."""

    id: int
    """1 or 2."""
    state: OutletState = OutletState.AVAILABLE
    current_a: KnownPhases = ZERO_PHASES
    """As last told; still drawn, for all we know, when `told_at_s` is long ago."""
    told_at_s: float | None = None
    """Monotonic time of its last update; `None` before the first since start, when nothing is known."""
    min_a: int = 6
    """Lowest setpoint besides 0 (IEC 61851-1; `MinAllowedCurrent`)."""
    max_a: int = 16
    """Highest setpoint (`FuseRating`)."""
    phases: PhaseSet = ALL_PHASES
    """House phases that it is wired to."""
    car_phases: PhaseSet | None = None
    """House phases that the car draws on; `None` while nobody knows."""
    energy_wh: int = 0
    """Lifetime counter."""
    power_w: float = 0
    foreign_a: int | None = None
    """Lower setpoint that somebody else gave it and that we leave alone; `None` without one."""


class ChargeBox(msgspec.Struct, frozen=True, kw_only=True):
    """One charger."""

    serial: str
    identity: str
    """Name on its link (MQTT identity)."""
    firmware: str = ""
    endpoint: str = ""
    """Address of its link without the port, e.g. `mqtt://192.0.2.7`."""
    port: int = 0
    connected: bool = True
    pinned: bool = False
    """Whether the box is bound to this serial number."""
    rotation: str = "RST"
    """Which house phases its phases are connected to (`StationPhaseRotation`)."""
    notice: str = ""
    """What is odd about it, for a person: another controller, a second charger on its link; empty while nothing is."""
    rejected: dict[str, int] = {}
    """Refused messages on its link by reason, since start."""
    outlets: tuple[Outlet, ...] = ()
