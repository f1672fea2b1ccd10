"""What a charger publishes, typed: lenient about keys and number forms, strict about sense (field capture)."""

from __future__ import annotations

from enum import StrEnum
from math import ceil, floor
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from ngair.model.limits import CHARGER_PAYLOAD_MAX_BYTES, CURRENT_MAX_A, ENERGY_MAX_WH, OUTLET_MAX_A, POWER_MAX_W
from ngair.model.phases import ALL_PHASES, PhaseSet

Current = Annotated[float, Meta(ge=0, le=CURRENT_MAX_A)]
Flag = bool | float
"""Chargers send 0 and 1 as well as false and true."""

M = TypeVar("M")

LOWEST_A = 6
"""The lowest current that a car can be told; below it there is only a pause (IEC 61851-1)."""


class Refusal(StrEnum):
    """Why a message was refused."""

    TOO_LONG = "too long"
    TOPIC = "topic"
    SERIAL = "serial"
    OUTLET = "outlet"
    RETAINED = "retained"
    FORMAT = "format"
    VALUE = "value"


class StationConfiguration(msgspec.Struct, frozen=True, rename={"firmware": "FW", "rotation": "StationPhaseRotation"}):
    """`…/configuration`: the charger as a whole."""

    firmware: str
    rotation: str | None = None


class OutletConfiguration(
    msgspec.Struct,
    frozen=True,
    rename={"fuse_a": "FuseRating", "lowest_a": "MinAllowedCurrent", "connected": "PhaseConnected"},
):
    """`…/<outlet>/configuration`. By the charger's phases."""

    fuse_a: Annotated[float, Meta(ge=LOWEST_A, le=OUTLET_MAX_A)] = 16
    lowest_a: Annotated[float, Meta(ge=0, le=OUTLET_MAX_A)] = LOWEST_A
    connected: tuple[Flag, Flag, Flag] = ALL_PHASES

    def __post_init__(self) -> None:
        _check_flags(self.connected)
        if self.min_a > self.max_a:
            raise ValueError("MinAllowedCurrent is above FuseRating")

    @property
    def min_a(self) -> int:
        """Lowest setpoint besides 0."""
        return max(LOWEST_A, ceil(self.lowest_a))

    @property
    def max_a(self) -> int:
        """Highest setpoint."""
        return floor(self.fuse_a)

    @property
    def phases(self) -> PhaseSet:
        """Wired phases; an outlet that says it has none is taken to have all."""
        return _phase_set(self.connected) or ALL_PHASES


class Update(msgspec.Struct, frozen=True, rename={"number": "State", "uses": "EvUsesPhase", "current_a": "Current"}):
    """`…/<outlet>/update`: its state now. By the charger's phases."""

    number: Annotated[float, Meta(ge=0, le=255)]
    current_a: tuple[Current, Current, Current]
    uses: tuple[Flag, Flag, Flag] | None = None

    def __post_init__(self) -> None:
        if self.number != int(self.number):
            raise ValueError("State is no whole number")
        _check_flags(self.uses or ())

    @property
    def car_phases(self) -> PhaseSet | None:
        """Phases that the car draws on; `None` while the charger does not know."""
        return _phase_set(self.uses) if self.uses else None


class Info(msgspec.Struct, frozen=True, rename={"energy_wh": "energy", "power_w": "power"}):
    """`…/<outlet>/info`: its counter and power."""

    energy_wh: Annotated[float, Meta(ge=0, le=ENERGY_MAX_WH)] | None = None
    power_w: Annotated[float, Meta(ge=0, le=POWER_MAX_W)] | None = None


def decoded(payload: bytes, decoder: msgspec.json.Decoder[M]) -> M | Refusal:
    """The message in a payload, or why there is none. Its cost is bounded by the longest payload that is looked at."""
    if len(payload) > CHARGER_PAYLOAD_MAX_BYTES:
        return Refusal.TOO_LONG
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError:
        return Refusal.VALUE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.FORMAT


STATION = msgspec.json.Decoder(StationConfiguration)
OUTLET = msgspec.json.Decoder(OutletConfiguration)
UPDATE = msgspec.json.Decoder(Update)
INFO = msgspec.json.Decoder(Info)
SETPOINT: msgspec.json.Decoder[float] = msgspec.json.Decoder(Current)


def _check_flags(flags: tuple[Flag, ...]) -> None:
    if any(flag not in (0, 1) for flag in flags):
        raise ValueError("a flag is neither 0 nor 1")


def _phase_set(flags: tuple[Flag, Flag, Flag]) -> PhaseSet | None:
    """The phases that are flagged; `None` where none is, which no outlet and no car can be."""
    return (bool(flags[0]), bool(flags[1]), bool(flags[2])) if any(flags) else None
