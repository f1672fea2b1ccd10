"""What many house-days under one controller came to."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.sim.days.result import DayResult, Total, total, worst


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is told at the end."""

    seed: int
    policy: str
    days: list[DayResult]
    """In the order of their numbers; fewer than asked for where it was interrupted."""
    cpu_s: float
    """Processor seconds that the days took, all processes together."""

    @property
    def total(self) -> Total:
        """All days together."""
        return total(self.days)

    @property
    def worst_days(self) -> list[DayResult]:
        """The ten worst, the worst first."""
        return worst(self.days)

    @property
    def speed(self) -> float:
        """Simulated seconds in a processor second: how many times faster than real time one core is."""
        return 86_400 * len(self.days) / self.cpu_s if self.cpu_s else 0.0

    def document(self) -> dict[str, Any]:
        """The JSON shape. All but `speed` depends on days, seed and policy alone."""
        sums: dict[str, Any] = msgspec.to_builtins(self.total)
        return sums | {
            "seed": self.seed,
            "policy": self.policy,
            "speed": round(self.speed),
            "worst_days": [day.day for day in self.worst_days],
            "days": msgspec.to_builtins(self.days),
        }
