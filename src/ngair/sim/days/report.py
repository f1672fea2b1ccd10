"""What many house-days under one controller came to."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.sim.dates import DAY_S
from ngair.sim.days.plan import FAST_CADENCE_S, SLOW_CADENCE_S
from ngair.sim.days.result import DayResult, Total, total, worst


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is told at the end."""

    seed: int
    policy: str
    days: list[DayResult]
    """In the order of their numbers; fewer than asked for where it was interrupted."""
    cpu_s: list[float]
    """Processor seconds that each took, true bytes included."""

    @property
    def total(self) -> Total:
        """All days together."""
        return total(self.days)

    @property
    def worst_days(self) -> list[DayResult]:
        """The ten worst, the worst first."""
        return worst(self.days)

    def speed(self, cadence_s: int | None = None) -> float | None:
        """Simulated seconds in a processor second: how many times faster than real time one core is.

        Over the days with a meter of this cadence, or over all; `None` where there are none.
        """
        took_s = [s for day, s in zip(self.days, self.cpu_s, strict=True) if cadence_s in (None, day.cadence_s)]
        return DAY_S * len(took_s) / sum(took_s) if took_s else None

    @property
    def speeds(self) -> dict[str, float | None]:
        """By the meters' cadence, and over all."""
        return {"10 s": self.speed(SLOW_CADENCE_S), "1 s": self.speed(FAST_CADENCE_S), "all": self.speed()}

    def document(self) -> dict[str, Any]:
        """The JSON shape. All but `speed` depends on days, seed and policy alone."""
        sums: dict[str, Any] = msgspec.to_builtins(self.total)
        return sums | {
            "seed": self.seed,
            "policy": self.policy,
            "speed": {name: speed and round(speed) for name, speed in self.speeds.items()},
            "worst_days": [day.day for day in self.worst_days],
            "days": msgspec.to_builtins(self.days),
        }
