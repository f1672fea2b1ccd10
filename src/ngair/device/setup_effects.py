"""What setup mode has done, what became of it, and what of it is kept."""

from __future__ import annotations

import msgspec

from ngair.model.network import JoinFailure, Wifi


class Open(msgspec.Struct, frozen=True):
    """Open the access point."""


class Close(msgspec.Struct, frozen=True):
    """Close it, whether it is known to be open or not."""


class Join(msgspec.Struct, frozen=True):
    """Join a network and keep it."""

    ssid: bytes
    password: str | None

    def __repr__(self) -> str:
        """Without the password: what is shown ends in logs."""
        return f"Join({self.ssid!r})"


class Rejoin(msgspec.Struct, frozen=True):
    """Try the networks that are kept."""


Effect = Open | Close | Join | Rejoin


class Opened(msgspec.Struct, frozen=True):
    """The access point is open."""

    address: str
    """The box's in it."""


class Joined(msgspec.Struct, frozen=True):
    """A network was joined."""

    wifi: Wifi


class Done(msgspec.Struct, frozen=True):
    """An effect that brings nothing."""


class Failed(msgspec.Struct, frozen=True):
    """An effect came to nothing."""

    text: str
    """What to do about it."""
    failure: JoinFailure = "failed"


Result = Opened | Joined | Done | Failed


class JoinFault(msgspec.Struct, frozen=True):
    """Why the last network could not be joined."""

    ssid: bytes
    failure: JoinFailure
    text: str


class Kept(msgspec.Struct, frozen=True):
    """What is remembered across restarts: whether a network has ever worked on this box."""

    wifi_worked: bool = False
    wired_worked: bool = False
