"""What happened on a house-day, second by second: what is judged and drawn."""

from __future__ import annotations

import msgspec

from ngair.sim.days.loads import Currents


class CarTrace(msgspec.Struct):
    """One outlet and its car. Lists have a value for each second after noon."""

    phases: tuple[int, ...]
    """House phases that the car draws on, 0 for L1."""
    steps_a: tuple[int, ...]
    """What it can be told and charges at, besides 0."""
    ramp_a: float
    """Most by which its current rises in a second."""
    current_a: list[float]
    """On each of its phases."""
    wanting: bytearray
    """1 while it is plugged in and wants more than the last of its battery, which it takes ever more slowly."""
    setpoint_a: bytearray
    """That the outlet follows."""
    more_ws: dict[int, float] = {}
    """By second, how much more it wanted all of a sudden, in watt-seconds: plugged in after a trip, or for warmth."""
    plugged_s: list[int] = []
    """When it was plugged in."""
    changes: int = 0
    """Of the setpoint, while it wanted more."""
    stops: int = 0
    """Of these from a current to 0."""


class Trace(msgspec.Struct):
    """A whole day."""

    house_a: Currents
    """The house without its cars."""
    cars: list[CarTrace]
    decisions: int = 0
    """How often the controller was asked."""
    rejected: int = 0
    """Telegrams that were refused."""
    reasons: dict[str, int] = {}
    """Seconds that each rule held a setpoint while its car wanted more."""
