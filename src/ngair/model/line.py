"""How a meter's line is set, and what a user fixed of what is otherwise found out."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Parity = Literal["8N1", "7E1", "8E1"]
PARITIES: tuple[Parity, ...] = get_args(Parity)


class Line(msgspec.Struct, frozen=True, order=True):
    """A serial line's setting."""

    baudrate: int
    parity: Parity = "8N1"
    """Data bits, parity, stop bits."""

    def __str__(self) -> str:
        """As people write it: `2400 8E1`."""
        return f"{self.baudrate} {self.parity}"


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What the user fixed of one meter, in its URL; `None` is found out by itself."""

    baudrate: int | None = None
    parity: Parity | None = None
    framing: str | None = None
    """A name in `ngair.meter.framings`."""
    dialect: str | None = None
    """A name in `ngair.meter.dialects`."""
    energy_unit_wh: int | None = None
    """1 or 10: what one step of the energy registers is, where the telegram does not tell."""


NOTHING_FIXED = Fixed()
