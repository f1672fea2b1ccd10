"""Chargers and their outlets as the box knows them."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from ngair.model.phases import ZERO_PHASES, KnownPhases


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
    """One outlet of a charger."""

    id: int
    """1 or 2."""
    state: OutletState = OutletState.AVAILABLE
    current_a: KnownPhases = ZERO_PHASES
    setpoint_a: int | None = None
    """Current that the box has allowed; `None` while it has allowed nothing."""
    energy_wh: int = 0
    """Lifetime counter."""
    power_w: float = 0
    reason: str | None = None
    """Why the setpoint is what it is, for a person."""


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
    outlets: tuple[Outlet, ...] = ()
