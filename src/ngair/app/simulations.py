"""Simulations without the program: chargers for others, days in virtual time. Each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ngair.adapters.threads import Threads

if TYPE_CHECKING:
    from ngair.sim.days.report import Report
    from ngair.sim.days.result import DayResult
    from ngair.sim.station.program import StationProgram


def meter_families() -> list[str]:
    """Whose bytes a simulated meter can send."""
    from ngair.sim.telegrams import ALIASES, FAMILIES

    return sorted(FAMILIES.keys() - ALIASES.keys())


def simulated_charger(options: Mapping[str, Any]) -> StationProgram:
    """A charger at a broker, as a program of its own. Raises `ValueError` for one that cannot be."""
    from ngair.sim.station.options import StationOptions
    from ngair.sim.station.program import StationProgram

    return StationProgram(StationOptions(**options), Threads())


def simulate(seed: int, days: int, policy: str, jobs: int, on_day: Callable[[DayResult], None]) -> Report:
    """Many house-days in virtual time; what was done so far on Ctrl-C. Raises `ValueError` for what cannot be."""
    from ngair.sim.days import many

    return many.simulate(seed, days, policy, jobs, on_day)


def plot_day(seed: int, day: int, policy: str, path: Path) -> None:
    """A picture of one of them. Raises `OSError`, and `ImportError` without matplotlib."""
    from ngair.sim.days import plot

    plot.plot_day(seed, day, policy, path)
