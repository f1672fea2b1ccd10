"""How a charger's three phases are connected to the house's."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")

ROTATIONS: dict[str, tuple[int, int, int]] = {
    "RST": (0, 1, 2),
    "RTS": (0, 2, 1),
    "SRT": (1, 0, 2),
    "STR": (1, 2, 0),
    "TRS": (2, 0, 1),
    "TSR": (2, 1, 0),
}
"""By `StationPhaseRotation`: the index of the house phase that each of the charger's phases is connected to.

The n-th letter names the house phase on the charger's n-th terminal; R, S and T are L1, L2 and L3
(`ConnectorPhaseRotation` of OCPP 1.6, section 9.1.7).
"""


def rotated(values: tuple[T, T, T], rotation: str, *, to_charger: bool = False) -> tuple[T, T, T]:
    """Values by the charger's phases as values by the house's; the other way with `to_charger`.

    With `STR` the charger's first terminal hangs at S, which is L2: a one-phase car that the charger tells as
    `(16, 0, 0)` loads the house with `(0, 16, 0)`. Raises `KeyError` for a rotation that `ROTATIONS` does not know.
    """
    first, second, third = ROTATIONS[rotation]
    if to_charger:
        return (values[first], values[second], values[third])
    by_house = dict(zip((first, second, third), values, strict=True))
    return (by_house[0], by_house[1], by_house[2])
