"""Simulated chargers: outlets that give a car a current limit and tell what happens."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.phases import ALL_PHASES, PHASE_NAMES, ZERO_PHASES, KnownPhases, PhaseSet
from ngair.sim.cars import CAR_MODELS, POWER_FACTOR, WS_PER_WH, Car
from ngair.sim.options import CHARGER_MAX_A, CHARGER_MIN_A, Options

PREPARING_S = 4
"""From the plug to the first current: the lock, the handshake."""
FINISHING_S = 5
SETTLES_S = 30
"""Within this the slowest car has woken up and follows a changed limit."""
DRAWING_A = 2.0
"""On a phase with as much the car charges: above what cars idle at, below what any takes from a charger."""

Rotation = tuple[int, int, int]
"""House phase of each charger phase, 0 for L1."""

ROTATION_NAMES = ("RST", "RTS", "SRT", "STR", "TRS", "TSR")
"""All six ways: letter by letter the house phase that the charger's first, second and third is wired to."""


def rotation(name: str) -> Rotation:
    """What a name means."""
    one, two, three = ("RST".index(letter) for letter in name)
    return one, two, three


ROTATIONS = (rotation("RST"), rotation("STR"), rotation("TRS"))
"""As electricians rotate chargers so that one-phase cars do not share L1."""


class SimOutlet:
    """One outlet and the car that parks in front of it."""

    def __init__(
        self,
        number: int,
        car: Car,
        rotation: Rotation,
        limit_a: int,
        *,
        max_a: int = CHARGER_MAX_A,
        phases: int = 3,
    ) -> None:
        """`phases` of the charger are wired, the first ones; the car uses as many of its own."""
        self.number = number
        self.max_a = max_a
        self.car = car
        self.wired: PhaseSet = _phase_set(rotation[:phases])
        """House phases that it is wired to."""
        self._rotation = rotation[: min(car.phases, phases)]
        self._setpoint_a = limit_a
        self._leapt_a = limit_a
        self._state_s = 0
        self._energy_ws = 0
        self.state = OutletState.AVAILABLE
        self.power_w = 0
        self.current_a = ZERO_PHASES
        """By house phase, in A."""
        self.car_phases: PhaseSet | None = None
        """House phases that the car draws on, learnt when it charges; `None` before, and with no car."""

    @property
    def setpoint_a(self) -> int:
        """The limit that the car is given."""
        return self._setpoint_a

    @property
    def energy_wh(self) -> int:
        """Lifetime counter."""
        return self._energy_ws // WS_PER_WH

    def set_setpoint(self, amps: int) -> None:
        """Change the limit; the car follows after its own delay. Raises `ValueError`."""
        if amps != 0 and not CHARGER_MIN_A <= amps <= self.max_a:
            raise ValueError(f"setpoint {amps} A: must be 0 or from {CHARGER_MIN_A} to {self.max_a}")
        self._setpoint_a = amps

    def step(self, time_s: int) -> None:
        """The second that ends at `time_s`: what the car draws and in which state that leaves the outlet."""
        car = self.car
        car.live(time_s)
        state = self._next_state()
        self._state_s = self._state_s + 1 if state is self.state else 0
        self.state = state
        if not car.is_home:
            self.current_a, self.car_phases = ZERO_PHASES, None
            return
        car_a = car.draw(0 if state is OutletState.PREPARING else self._setpoint_a)
        current_a = [0.0, 0.0, 0.0]
        for phase in self._rotation:
            current_a[phase] = car_a
        self.current_a = (current_a[0], current_a[1], current_a[2])
        if self.car_phases is None and car_a >= DRAWING_A:
            self.car_phases = _phase_set(self._rotation)

    def leap(self, time_s: int, seconds: int) -> None:
        """The seconds that end at `time_s`: each by itself until the car has followed what changed, the rest as one."""
        changed = self._setpoint_a != self._leapt_a or time_s >= self.car.next_s or self._state_s < SETTLES_S
        self._leapt_a = self._setpoint_a
        for _ in range(min(seconds, SETTLES_S) if changed else 1):
            self.step(time_s)

    def continue_from(self, before: SimOutlet) -> None:
        """Count on from another outlet's counter."""
        self._energy_ws = before._energy_ws

    def count(self, voltage_v: KnownPhases, seconds: int = 1) -> None:
        """Count what was drawn in the last seconds, at the voltage of the house."""
        one_v, two_v, three_v = voltage_v
        one_a, two_a, three_a = self.current_a
        power_w = round((one_v * one_a + two_v * two_a + three_v * three_a) * POWER_FACTOR)
        self.power_w = power_w
        self._energy_ws += power_w * seconds
        self.car.take(power_w * seconds)

    def outlet(self, told_at_s: float | None = None) -> Outlet:
        """What the charger tells about it, rounded as chargers do."""
        one, two, three = self.current_a
        return Outlet(
            id=self.number,
            state=self.state,
            current_a=(round(one, 1), round(two, 1), round(three, 1)),
            told_at_s=told_at_s,
            min_a=CHARGER_MIN_A,
            max_a=self.max_a,
            phases=self.wired,
            car_phases=self.car_phases,
            energy_wh=self.energy_wh,
            power_w=self.power_w,
        )

    def _next_state(self) -> OutletState:
        state, car = self.state, self.car
        if not car.is_home:
            if state is OutletState.AVAILABLE or (state is OutletState.FINISHING and self._state_s >= FINISHING_S):
                return OutletState.AVAILABLE
            return OutletState.FINISHING
        if state in (OutletState.AVAILABLE, OutletState.FINISHING):
            return OutletState.PREPARING
        if state is OutletState.PREPARING and self._state_s < PREPARING_S:
            return OutletState.PREPARING
        if car.is_faulted:
            return OutletState.FAULTED
        if car.is_full:
            return OutletState.SUSPENDED_BY_VEHICLE
        if self._setpoint_a < CHARGER_MIN_A:
            return OutletState.SUSPENDED_BY_CHARGER
        if self._setpoint_a < car.model.min_a:
            return OutletState.SUSPENDED_BY_VEHICLE
        return OutletState.CHARGING


class Charger:
    """One charger with one or two outlets."""

    def __init__(self, serial: str, outlets: Sequence[SimOutlet], rotation_name: str) -> None:
        self.serial = serial
        self.outlets = tuple(outlets)
        self._rotation_name = rotation_name

    def charge_box(self, told_at_s: float | None = None) -> ChargeBox:
        """What it tells about itself, at a moment of the gateway's clock."""
        return ChargeBox(
            serial=self.serial,
            identity=self.serial,
            firmware="sim-1",
            endpoint="sim:",
            rotation=self._rotation_name,
            outlets=tuple(outlet.outlet(told_at_s) for outlet in self.outlets),
        )


def build_chargers(options: Options, start_s: int) -> tuple[Charger, ...]:
    """The chargers of a house: one outlet a car, the first two cars sharing a charger.

    The first car is at home from the start, so that a demonstration has something to show.
    """
    outlets = []
    for index in range(options.cars):
        car = Car(CAR_MODELS[index], options.seed, index + 1, start_s, at_home=index == 0)
        outlets.append(SimOutlet(index % 2 + 1, car, ROTATIONS[index], options.charger_limit_a))
    return tuple(
        Charger(
            f"SIMCB{options.seed % 10**8:08d}{number + 1:02d}",
            outlets[2 * number : 2 * number + 2],
            rotation_name(ROTATIONS[2 * number]),
        )
        for number in range((options.cars + 1) // 2)
    )


def rotation_name(rotation: Rotation) -> str:
    """How a charger calls it."""
    return "".join("RST"[phase] for phase in rotation)


def _phase_set(phases: Sequence[int]) -> PhaseSet:
    if len(phases) == len(PHASE_NAMES):
        return ALL_PHASES
    return 0 in phases, 1 in phases, 2 in phases
