"""What can be chosen about a simulated charger."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from ngair.model.limits import SPEED_MAX
from ngair.sim.car_models import CAR_MODELS
from ngair.sim.chargers import ROTATION_NAMES
from ngair.sim.options import CHARGER_MIN_A, SEED_MAX

FUSE_MAX_A = 32
"""The largest outlet of a charger for cars on alternating current at home."""
LAG_MAX_S = 60
INTERVAL_MAX_S = 86_400
SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}")
"""Goes into topics (field capture)."""

OnSilence = Literal["hold", "decay", "stop"]
Zero = Literal["pause", "ignore"]
_CARS = {model.name: model for model in CAR_MODELS}


class StationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated charger. Raises `ValueError` naming option, value and what is allowed."""

    serial: str = ""
    """Empty: made from the seed."""
    outlets: int = 1
    """1 or 2."""
    rotation: str = "RST"
    """House phases that its phases are wired to, one of `ROTATION_NAMES`."""
    wrong_rotation: bool = False
    """It announces another rotation than it is wired by."""
    phases: int = 3
    """How many of its phases are connected: 1 or 3."""
    fuse: int = 16
    """`FuseRating`: the highest setpoint in A."""
    start_current: int | None = None
    """What it gives before the first setpoint; `None`: its fuse rating."""
    car: tuple[str, ...] = ("family",)
    """Name of the car of each outlet; the last one's stands for further outlets."""
    car_phases: int | None = None
    """1, 2 or 3; `None`: as the car has it."""
    start_hour: float = 17.0
    """Hour of the day at which the cars' time starts."""
    speed: float = 1.0
    """Simulated seconds of the cars a second of the link."""
    seed: int = 1
    balances: bool = False
    """It balances by itself on the meterdata that it hears."""
    house_fuse: int = 25
    """Main fuse that it balances by, in A."""
    on_silence: OnSilence = "hold"
    """What it does when no setpoint came for `silence` seconds."""
    silence: float = 60.0
    zero: Zero = "pause"
    echo: bool = False
    """Whether `MaxAllowedCurrent` repeats the setpoint in use or stays at the fuse rating."""
    ev_phases: bool = True
    """Whether `EvUsesPhase` tells which phases the car draws on, or always all."""
    lag: float = 0.0
    """Seconds by which everything that it hears and tells is late."""
    drop: float = 0.0
    """Share of messages that get lost, both ways."""
    faulty_updates: bool = False
    """Now and then it tells nonsense."""
    restart_every: float | None = None
    """Seconds between its restarts; `None` is never."""

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        self._require("serial", not self.serial or SERIAL.fullmatch(self.serial), "4 to 64 letters, digits, . _ or -")
        self._require("outlets", self.outlets in (1, 2), "1 or 2")
        self._require("rotation", self.rotation in ROTATION_NAMES, f"one of {', '.join(ROTATION_NAMES)}")
        self._require("phases", self.phases in (1, 3), "1 or 3")
        self._require("fuse", CHARGER_MIN_A <= self.fuse <= FUSE_MAX_A, f"from {CHARGER_MIN_A} to {FUSE_MAX_A}")
        self._require(
            "start_current",
            self.start_current is None or self.start_current == 0 or self._is_current(self.start_current),
            f"0 or from {CHARGER_MIN_A} to the fuse's {self.fuse}",
        )
        self._require(
            "car",
            1 <= len(self.car) <= self.outlets and set(self.car) <= set(_CARS),
            f"at most one an outlet, of {', '.join(_CARS)}",
        )
        self._require("car_phases", self.car_phases in (None, 1, 2, 3), "1, 2 or 3")
        self._require("start_hour", 0 <= self.start_hour < 24, "from 0 to below 24")
        self._require("speed", 0 < self.speed <= SPEED_MAX, f"above 0 and at most {SPEED_MAX}")
        self._require("seed", 0 <= self.seed <= SEED_MAX, f"from 0 to {SEED_MAX}")
        self._require("house_fuse", 6 <= self.house_fuse <= 200, "from 6 to 200")
        self._require("on_silence", self.on_silence in get_args(OnSilence), f"one of {', '.join(get_args(OnSilence))}")
        self._require("silence", 1 <= self.silence <= INTERVAL_MAX_S, f"from 1 to {INTERVAL_MAX_S}")
        self._require("zero", self.zero in get_args(Zero), f"one of {', '.join(get_args(Zero))}")
        self._require("lag", 0 <= self.lag <= LAG_MAX_S, f"from 0 to {LAG_MAX_S}")
        self._require("drop", 0 <= self.drop <= 1, "from 0 to 1")
        restart_every = self.restart_every
        self._require(
            "restart_every",
            restart_every is None or 30 <= restart_every <= INTERVAL_MAX_S,
            f"from 30 to {INTERVAL_MAX_S}",
        )

    @property
    def first_setpoint_a(self) -> int:
        """What each outlet gives before the first setpoint."""
        return self.fuse if self.start_current is None else self.start_current

    @property
    def announced_rotation(self) -> str:
        """What it says about its wiring."""
        index = ROTATION_NAMES.index(self.rotation) + self.wrong_rotation
        return ROTATION_NAMES[index % len(ROTATION_NAMES)]

    def _is_current(self, amps: int) -> bool:
        return CHARGER_MIN_A <= amps <= self.fuse

    def _require(self, name: str, fits: object, allowed: str) -> None:
        if not fits:
            value = getattr(self, name)
            shown = ",".join(value) if isinstance(value, tuple) else value
            raise ValueError(f"{name}={shown}: must be {allowed}")
