"""What can be chosen about a simulated house."""

from __future__ import annotations

import msgspec

from ngair.model.limits import CARS_MAX, SPEED_MAX
from ngair.sim.telegrams import FAMILIES

SEED_MAX = 2**32 - 1
"""Fits the digits that seeds have in the simulated serial numbers."""
MAIN_FUSE_MIN_A = 16
"""Below it one car at 6 A and a kettle do not fit."""
MAIN_FUSE_MAX_A = 63
"""The largest main fuse of a house with a directly connected meter."""
SOLAR_MAX_KWP = 10
"""Three phases of 14.5 A: exporting all of it still fits the smallest main fuse."""
CHARGER_MIN_A = 6
"""Lowest current of IEC 61851-1; any lower limit is a pause."""
CHARGER_MAX_A = 16
"""Rating of the simulated outlets."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated house. Raises `ValueError` naming option, value and what is allowed."""

    seed: int = 1
    """Decides everything that is random; the same seed gives the same days."""
    speed: float = 1.0
    """Simulated seconds a real second."""
    family: str = "nl-dsmr5"
    """Whose bytes the meter sends: a name in `telegrams.FAMILIES`."""
    cars: int = 1
    main_fuse_a: int = 25
    """Loads are sized so that house and cars usually fit; three cars want 25 A or more."""
    start_hour: float = 17.0
    """Hour of the first simulated day at which time starts."""
    solar_kwp: float = 5.0
    """Peak power of the panels in kW; 0 is none."""
    heat_pump_phases: int = 3
    """1 or 3."""
    oven_after_s: float | None = None
    """Simulated seconds after which a guest's oven goes on for five minutes; `None` is never."""
    lose_after_s: float | None = None
    """Real seconds after which the link to the chargers is lost; `None` is never."""
    back_after_s: float | None = None
    """Real seconds from the loss until the link is back; `None` is never."""

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        self._require("seed", 0 <= self.seed <= SEED_MAX, f"from 0 to {SEED_MAX}")
        self._require("speed", 0 < self.speed <= SPEED_MAX, f"above 0 and at most {SPEED_MAX}")
        self._require("family", self.family in FAMILIES, f"one of {', '.join(sorted(FAMILIES))}")
        self._require("cars", 1 <= self.cars <= CARS_MAX, f"from 1 to {CARS_MAX}")
        self._require(
            "main_fuse_a",
            MAIN_FUSE_MIN_A <= self.main_fuse_a <= MAIN_FUSE_MAX_A,
            f"from {MAIN_FUSE_MIN_A} to {MAIN_FUSE_MAX_A}",
        )
        self._require("start_hour", 0 <= self.start_hour < 24, "from 0 to below 24")
        self._require("solar_kwp", 0 <= self.solar_kwp <= SOLAR_MAX_KWP, f"from 0 to {SOLAR_MAX_KWP}")
        self._require("heat_pump_phases", self.heat_pump_phases in (1, 3), "1 or 3")
        for name in ("oven_after_s", "lose_after_s", "back_after_s"):
            value = getattr(self, name)
            self._require(name, value is None or 0 <= value < float("inf"), "0 or more")
        self._require(
            "back_after_s",
            self.back_after_s is None or self.lose_after_s is not None,
            "given only together with lose_after_s",
        )

    @property
    def charger_limit_a(self) -> int:
        """What each simulated outlet allows by itself: three fifths of the main fuse shared, 6 to 10 A."""
        return max(CHARGER_MIN_A, min(10, self.main_fuse_a * 3 // 5 // self.cars))

    @property
    def load_scale(self) -> float:
        """Size of the house's large loads against one behind 25 A."""
        return max(0.6, min(1.6, self.main_fuse_a / 25))

    def _require(self, name: str, fits: bool, allowed: str) -> None:
        if not fits:
            raise ValueError(f"{name}={getattr(self, name)}: must be {allowed}")
