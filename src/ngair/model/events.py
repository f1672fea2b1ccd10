"""Everything that can happen to the site."""

from __future__ import annotations

from typing import Literal

import msgspec

from ngair.model.charging import ChargeBox
from ngair.model.decision import Decision
from ngair.model.history import Memory
from ngair.model.network import NetworkStatus
from ngair.model.rules import MAIN_FUSE, Wishes
from ngair.model.telegram import Rejection, Telegram
from ngair.model.update import Update

LinkState = Literal["connecting", "up", "silent", "lost", "ended"]
"""`lost` is retried for ever; `ended` is a recording that was played to its end."""


class TelegramReceived(msgspec.Struct, frozen=True, tag=True):
    """A telegram was accepted."""

    telegram: Telegram
    at_s: float
    """Monotonic time of its last byte."""
    cpu_time_ms: int
    """Whole milliseconds since the program started, at its last byte."""
    fuse: str = MAIN_FUSE
    """Which fuse the meter measures."""


class InputRejected(msgspec.Struct, frozen=True, tag=True):
    """Input from the meter was refused."""

    rejection: Rejection
    fuse: str = MAIN_FUSE


class MeterLinkChanged(msgspec.Struct, frozen=True, tag=True):
    """The meter's link came up, went silent or was lost."""

    link: LinkState
    detail: str = ""
    """Why it is not up and what to do; empty while it is."""
    fuse: str = MAIN_FUSE
    line: str = ""
    """Setting of a serial line (`2400 8E1`) at which it is read; empty where there is none."""


class ChargerSeen(msgspec.Struct, frozen=True, tag=True):
    """A charger told its present state."""

    charge_box: ChargeBox


class ChargerLost(msgspec.Struct, frozen=True, tag=True):
    """A charger's link is gone. It may still draw its last setpoint."""

    serial: str


class ChargerLinkChanged(msgspec.Struct, frozen=True, tag=True):
    """The link to chargers came up, went silent or was lost; whoever is behind it."""

    name: str
    """Its URL."""
    link: LinkState
    detail: str = ""
    """Why it is not up and what to do; empty while it is."""


class BoxAnnounced(msgspec.Struct, frozen=True, tag=True):
    """The box is found under a name (`….local`), or under none any more."""

    host_name: str | None


class Decided(msgspec.Struct, frozen=True, tag=True):
    """The balancer decided."""

    decision: Decision


class WishesChanged(msgspec.Struct, frozen=True, tag=True):
    """A user asked for something that is granted."""

    wishes: Wishes


class MemoryChanged(msgspec.Struct, frozen=True, tag=True):
    """The memory can keep things, or cannot any more."""

    memory: Memory


class UpdateChanged(msgspec.Struct, frozen=True, tag=True):
    """Firmware came, or is a step further."""

    update: Update


class NetworkChanged(msgspec.Struct, frozen=True, tag=True):
    """The box's network came, went, or is being set up."""

    network: NetworkStatus


class ClockChanged(msgspec.Struct, frozen=True, tag=True):
    """The wall clock can be right, or cannot."""

    is_set: bool


class PasswordChanged(msgspec.Struct, frozen=True, tag=True):
    """The box has another password. The site knows none."""


ChargerEvent = ChargerSeen | ChargerLost | ChargerLinkChanged
"""What a link to chargers tells."""

Event = (
    TelegramReceived
    | InputRejected
    | MeterLinkChanged
    | ChargerSeen
    | ChargerLost
    | ChargerLinkChanged
    | BoxAnnounced
    | Decided
    | WishesChanged
    | MemoryChanged
    | UpdateChanged
    | NetworkChanged
    | PasswordChanged
    | ClockChanged
)
