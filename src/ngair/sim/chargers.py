"""Simulated chargers: outlets that give a car a current limit and tell what happens."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.phases import ZERO_PHASES, KnownPhases
from ngair.sim.cars import CAR_MODELS, POWER_FACTOR, WS_PER_WH, Car
from ngair.sim.options import CHARGER_MAX_A, CHARGER_MIN_A, Options

PREPARING_S = 4
"""From the plug to the first current: the lock, the handshake."""
FINISHING_S = 5
ROTATIONS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
"""House phase of each charger phase, as electricians rotate them so that one-phase cars do not share L1."""


class SimOutlet:
    """One outlet and the car that parks in front of it."""

    def __init__(self, number: int, car: Car, rotation: tuple[int, int, int], limit_a: int) -> None:
        self.number = number
        self._car = car
        self._rotation = rotation[: car.phases]
        self._setpoint_a = limit_a
        self._state = OutletState.AVAILABLE
        self._state_s = 0
        self._energy_ws = 0
        self._power_w = 0
        self.current_a = ZERO_PHASES
        """By house phase, in A."""

    def set_setpoint(self, amps: int) -> None:
        """Change the limit; the car follows after its own delay. Raises `ValueError`."""
        if amps != 0 and not CHARGER_MIN_A <= amps <= CHARGER_MAX_A:
            raise ValueError(f"setpoint {amps} A: must be 0 or from {CHARGER_MIN_A} to {CHARGER_MAX_A}")
        self._setpoint_a = amps

    def step(self, time_s: int) -> None:
        """The second that ends at `time_s`: what the car draws and in which state that leaves the outlet."""
        self._car.live(time_s)
        state = self._next_state()
        self._state_s = self._state_s + 1 if state is self._state else 0
        self._state = state
        if not self._car.is_home:
            self.current_a = ZERO_PHASES
            return
        car_a = self._car.draw(0 if state is OutletState.PREPARING else self._setpoint_a)
        current_a = [0.0, 0.0, 0.0]
        for phase in self._rotation:
            current_a[phase] = car_a
        self.current_a = (current_a[0], current_a[1], current_a[2])

    def count(self, voltage_v: KnownPhases) -> None:
        """Count what was drawn in this second, at the voltage of the house."""
        one_v, two_v, three_v = voltage_v
        one_a, two_a, three_a = self.current_a
        power_w = round((one_v * one_a + two_v * two_a + three_v * three_a) * POWER_FACTOR)
        self._power_w = power_w
        self._energy_ws += power_w
        self._car.take(power_w)

    def outlet(self) -> Outlet:
        """What the charger tells about it, rounded as chargers do."""
        one, two, three = self.current_a
        return Outlet(
            id=self.number,
            state=self._state,
            current_a=(round(one, 1), round(two, 1), round(three, 1)),
            energy_wh=self._energy_ws // WS_PER_WH,
            power_w=self._power_w,
        )

    def _next_state(self) -> OutletState:
        state, waited_s = self._state, self._state_s
        if not self._car.is_home:
            if state is OutletState.AVAILABLE or (state is OutletState.FINISHING and waited_s >= FINISHING_S):
                return OutletState.AVAILABLE
            return OutletState.FINISHING
        if state in (OutletState.AVAILABLE, OutletState.FINISHING):
            return OutletState.PREPARING
        if state is OutletState.PREPARING and waited_s < PREPARING_S:
            return OutletState.PREPARING
        if self._car.is_full:
            return OutletState.SUSPENDED_BY_VEHICLE
        if self._setpoint_a < CHARGER_MIN_A:
            return OutletState.SUSPENDED_BY_CHARGER
        return OutletState.CHARGING


class Charger:
    """One charger with one or two outlets."""

    def __init__(self, serial: str, outlets: Sequence[SimOutlet]) -> None:
        self.serial = serial
        self.outlets = tuple(outlets)

    def charge_box(self) -> ChargeBox:
        """What it tells about itself."""
        return ChargeBox(
            serial=self.serial,
            identity=self.serial,
            firmware="sim-1",
            endpoint="sim:",
            outlets=tuple(outlet.outlet() for outlet in self.outlets),
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
        Charger(f"SIMCB{options.seed % 10**8:08d}{number + 1:02d}", outlets[2 * number : 2 * number + 2])
        for number in range((options.cars + 1) // 2)
    )
