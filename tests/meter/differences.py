"""Where another reader says something else than ours, one by one, with the reason. Each must be met, or it goes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """One value of one dialect."""

    holds: Callable[[Decimal | None, Decimal], bool]
    """Ours and theirs: whether it is this difference, and no other."""
    why: str


DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("kaifa-no", "voltage_v 2"): Difference(
        lambda ours, theirs: ours is None and theirs == 0,
        "amshan passes on the 0 that MA304H3E sends for the voltage which it does not measure; unknown is never zero",
    ),
}
"""Dialect and field of the reading -> what is different, and why ours is right."""
