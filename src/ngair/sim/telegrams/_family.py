"""What a simulated meter family is."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ngair.model.keys import Keys
from ngair.sim.state import HouseState


class Family(msgspec.Struct, frozen=True):
    """How one meter family speaks."""

    interval_s: int
    """Seconds between telegrams; the shortest, where a family sends several lists."""
    encode: Callable[[HouseState], bytes]
    """What is on the wire at this moment; nothing where no list is due."""
    keys: Keys | None = None
    """What opens its telegrams, where they are ciphered: made up for the simulation."""
