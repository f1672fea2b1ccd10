"""One simulated house with its cars, chargers and meter, stepping together in simulated time."""

from __future__ import annotations

from ngair.model.charging import ChargeBox
from ngair.model.phases import KnownPhases
from ngair.sim.chargers import Charger, SimOutlet, build_chargers
from ngair.sim.house import House
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES

ADVANCE_MAX_S = 86_400
"""A call does work for each simulated second, so it is asked for a day at most."""
_NS_PER_S = 1_000_000_000


class World:
    """Everything simulated. The same options give the same bytes, however time is cut into steps.

    Simulated time runs in whole seconds; a rest below one is kept, to the nanosecond, for the next step.
    """

    def __init__(self, options: Options, days_before: int = 0) -> None:
        """`days_before` the options' own begin, time starts: for a world with a past."""
        self.options = options
        self._family = FAMILIES[options.family]
        self._house = House(options, days_before)
        self._park(build_chargers(options, self.state.time_s))
        self._rest_ns = 0

    @property
    def state(self) -> HouseState:
        """The house at the end of the last whole second."""
        return self._house.state

    def advance(self, dt_s: float) -> list[bytes]:
        """Let time pass; returns the telegrams that the meter sent meanwhile.

        Raises `ValueError` below 0 and above `ADVANCE_MAX_S`.
        """
        if not 0 <= dt_s <= ADVANCE_MAX_S:
            raise ValueError(f"dt_s={dt_s}: must be from 0 to {ADVANCE_MAX_S}")
        seconds, self._rest_ns = divmod(self._rest_ns + round(dt_s * _NS_PER_S), _NS_PER_S)
        return [telegram for _ in range(seconds) if (telegram := self.step())]

    def step(self) -> bytes:
        """Let one second pass; returns the telegram at its end, empty where none is due."""
        time_s = self.state.time_s + 1
        for outlet in self._outlets:
            outlet.step(time_s)
        state = self._house.advance(1, self._car_current_a())
        for outlet in self._outlets:
            outlet.count(state.voltage_v)
        return b"" if time_s % self.interval_s else self._family.encode(state)

    def leap(self, seconds: int) -> None:
        """Let time pass as if all of it were as its end is: for a past that need not be exact."""
        time_s = self.state.time_s + seconds
        for outlet in self._outlets:
            outlet.leap(time_s, seconds)
        state = self._house.advance(seconds, self._car_current_a())
        for outlet in self._outlets:
            outlet.count(state.voltage_v, seconds)

    def arrive(self) -> None:
        """The past is over: cars are where a new world has them, the first one at home and hungry."""
        chargers = build_chargers(self.options, self.state.time_s)
        for before, charger in zip(self._chargers, chargers, strict=True):
            for outlet_before, outlet in zip(before.outlets, charger.outlets, strict=True):
                outlet.continue_from(outlet_before)
        self._park(chargers)

    @property
    def interval_s(self) -> int:
        """Simulated seconds between telegrams."""
        return self._family.interval_s

    def until_telegram_s(self) -> int:
        """Simulated seconds until the meter sends again."""
        return self.interval_s - self.state.time_s % self.interval_s

    def charge_boxes(self, told_at_s: float | None = None) -> tuple[ChargeBox, ...]:
        """What the chargers tell now; `told_at_s` is that moment for the program that listens."""
        return tuple(charger.charge_box(told_at_s) for charger in self._chargers)

    def set_setpoint(self, serial: str, outlet_id: int, amps: int) -> None:
        """Change the limit of one outlet, in A: 0 or 6 to 16. Raises `ValueError`."""
        self._outlet(serial, outlet_id).set_setpoint(amps)

    def _park(self, chargers: tuple[Charger, ...]) -> None:
        self._chargers = chargers
        self._outlets = tuple(outlet for charger in chargers for outlet in charger.outlets)

    def _outlet(self, serial: str, outlet_id: int) -> SimOutlet:
        for charger in self._chargers:
            for outlet in charger.outlets:
                if (charger.serial, outlet.number) == (serial, outlet_id):
                    return outlet
        known = ", ".join(f"{c.serial}/{o.number}" for c in self._chargers for o in c.outlets)
        raise ValueError(f"{serial}/{outlet_id}: no such outlet; there are {known}")

    def _car_current_a(self) -> KnownPhases:
        one = two = three = 0.0
        for outlet in self._outlets:
            current_a = outlet.current_a
            one, two, three = one + current_a[0], two + current_a[1], three + current_a[2]
        return one, two, three
