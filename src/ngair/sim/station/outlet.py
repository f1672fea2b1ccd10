"""How one outlet of a charger obeys setpoints: pauses, silence, restarts."""

from __future__ import annotations

from random import Random

from ngair.model.charging import OutletState
from ngair.model.phases import ALL_PHASES, ZERO_PHASES, KnownPhases
from ngair.sim.cars import Car
from ngair.sim.chargers import Rotation, SimOutlet, rotation
from ngair.sim.options import CHARGER_MIN_A
from ngair.sim.station.options import StationOptions

PAUSE_OPEN_S = 2
"""A pause begins with state 2, when the car still may draw; each 0 begins it anew (field capture)."""
PAUSE_CLOSING_S = 3
"""Then come state 3 and, as long as it stays, 4."""
DECAY_EVERY_S = 10
"""A charger that decays takes back an ampere so often, down to the minimum."""
SERVED_WH = (100_000, 9_000_000)
VOLTAGE_V = (230.0, 230.0, 230.0)


class StationOutlet:
    """One outlet with its car, from the link's side. Phases are the house's unless said otherwise."""

    def __init__(self, options: StationOptions, number: int, car: Car, start_s: int) -> None:
        self._options = options
        self._rotation: Rotation = rotation(options.rotation)
        first_a = options.first_setpoint_a
        self._outlet = SimOutlet(number, car, self._rotation, first_a, max_a=options.fuse, phases=options.phases)
        self._served_wh = Random(f"{options.seed}/station/served/{number}").randint(*SERVED_WH)
        self._car_time_s = start_s
        self._car_rest_s = 0.0
        self._paused_s: int | None = None
        self._paused_from_a = 0
        self.number = number
        self.car = car
        self.setpoint_a = first_a
        """In force; changed by what it is told and by what it does itself."""
        self.silent_s = 0
        """Seconds since it was told a setpoint."""

    @property
    def state(self) -> OutletState:
        """As told on the link: while it pauses a car, the step of the pause."""
        state = self._outlet.state
        if self._paused_s is None or state not in _PAUSABLE:
            return state
        if self._paused_s <= PAUSE_OPEN_S:
            return OutletState.CHARGING
        if self._paused_s <= PAUSE_OPEN_S + PAUSE_CLOSING_S:
            return OutletState.SUSPENDED_BY_CHARGER
        return OutletState.SUSPENDED_BY_VEHICLE

    @property
    def current_a(self) -> KnownPhases:
        """Drawn now."""
        return self._outlet.current_a

    @property
    def charger_current_a(self) -> KnownPhases:
        """Drawn now, by the charger's phases."""
        one, two, three = self._rotation
        current_a = self._outlet.current_a
        return current_a[one], current_a[two], current_a[three]

    @property
    def uses_phase(self) -> tuple[bool, bool, bool]:
        """The charger's phases that the car draws on, as far as it tells them: all before they are known."""
        car_phases = self._outlet.car_phases
        if car_phases is None or not self._options.ev_phases:
            return ALL_PHASES
        one, two, three = self._rotation
        return car_phases[one], car_phases[two], car_phases[three]

    @property
    def energy_wh(self) -> int:
        """Lifetime counter: it has served before."""
        return self._served_wh + self._outlet.energy_wh

    @property
    def power_w(self) -> int:
        """Drawn now."""
        return self._outlet.power_w

    @property
    def told_max_a(self) -> int:
        """`MaxAllowedCurrent`: the rating, or with `echo` what it uses."""
        return self.setpoint_a if self._options.echo else self._options.fuse

    def obey(self, amps: int) -> str:
        """Take a setpoint; answers why not, or nothing."""
        self.silent_s = 0
        if amps == 0:
            if self._options.zero == "ignore":
                return "ignores 0"
            self._pause()
            return ""
        if amps < CHARGER_MIN_A:
            return f"ignores {amps} A: below {CHARGER_MIN_A} A is only 0"
        self._paused_s = None
        self.setpoint_a = min(amps, self._options.fuse)
        return "" if amps <= self._options.fuse else f"takes {amps} A for its fuse's {self._options.fuse} A"

    def restart(self) -> None:
        """Forget what it was told, and let the car wait."""
        self._paused_s = None
        self.silent_s = 0
        self.setpoint_a = self._options.first_setpoint_a

    def second(self, *, is_up: bool) -> None:
        """One second of the link, which for the car is as many as the speed says."""
        self.silent_s += 1
        if is_up:
            self._bear_silence()
        self._outlet.set_setpoint(self._offered_a() if is_up else 0)
        if self._paused_s is not None:
            self._paused_s += 1
        self._car_rest_s += self._options.speed
        while self._car_rest_s >= 1:
            self._car_rest_s -= 1
            self._car_time_s += 1
            self._outlet.step(self._car_time_s)
            self._outlet.count(VOLTAGE_V)

    def _pause(self) -> None:
        """A running pause begins anew, and its first step offers the car something again."""
        self._paused_from_a = max(self.setpoint_a, CHARGER_MIN_A)
        self._paused_s = 0
        self.setpoint_a = 0

    def _offered_a(self) -> int:
        if self._paused_s is not None and self._paused_s < PAUSE_OPEN_S:
            return self._paused_from_a
        return self.setpoint_a

    def _bear_silence(self) -> None:
        over_s = self.silent_s - self._options.silence
        if over_s < 0 or self.setpoint_a == 0:
            return
        match self._options.on_silence:
            case "hold":
                return
            case "decay":
                if over_s % DECAY_EVERY_S < 1:
                    self.setpoint_a = max(CHARGER_MIN_A, self.setpoint_a - 1)
            case "stop":
                self._pause()


def total_a(outlets: tuple[StationOutlet, ...]) -> KnownPhases:
    """What all of them draw together, by house phase."""
    one, two, three = ZERO_PHASES
    for outlet in outlets:
        current_a = outlet.current_a
        one, two, three = one + current_a[0], two + current_a[1], three + current_a[2]
    return one, two, three


_PAUSABLE = (OutletState.CHARGING, OutletState.SUSPENDED_BY_CHARGER)
