"""The house behind the meter: what it draws and feeds in at any moment, and what its meter has counted."""

from __future__ import annotations

from math import hypot, pi, sin
from random import Random

from ngair.model.phases import ZERO_PHASES, KnownPhases
from ngair.sim import gas
from ngair.sim.appliances import NO_LOAD, Sizes, timeline
from ngair.sim.cars import POWER_FACTOR
from ngair.sim.dates import DAY_S, tariff
from ngair.sim.options import Options
from ngair.sim.registers import Registers
from ngair.sim.state import HouseState
from ngair.sim.sun import SunnyDay

NOMINAL_V = 230.0
SOURCE_OHM = 0.2
"""Street and service cable: 25 A pull the voltage down by 5 V."""
CAR_REACTIVE_SHARE = (1 - POWER_FACTOR**2) ** 0.5
STANDBY_W = (60, 140, 85)
STANDBY_VAR = (-25, -60, -30)
"""Always on: power supplies, router, ventilation."""
GUEST_OVEN_W = 3600
"""All that a circuit of 16 A gives: no car beside it keeps its 16 A behind a main fuse of 25 A."""
GUEST_OVEN_S = 300
NOISE_LENGTH = 1021
"""Prime, so that no rhythm of the house falls in step with it."""

_PhaseFlow = tuple[int, int, float, float]
"""Active power in W and reactive power in var, import and inductive positive; current in A; voltage in V."""

_Flows = tuple[_PhaseFlow, _PhaseFlow, _PhaseFlow]


class House:
    """One house. Loads depend on seed and time alone; only the registers remember how time was cut."""

    def __init__(self, options: Options, days_before: int = 0) -> None:
        """`days_before` the options' own begin, time starts: for a house with a past."""
        self._seed = options.seed
        self._solar_kwp = options.solar_kwp
        self._sizes = Sizes(options.heat_pump_phases, options.load_scale)
        present_s = round(options.start_hour * 3600)
        self._time_s = present_s - days_before * DAY_S
        random = Random(f"{options.seed}/house")
        self._meter_id = f"SIM{options.seed:014d}"
        self._registers = Registers(random)
        self._gas_start_l = random.randint(500_000, 5_000_000)
        self._noise = [random.gauss(0, 1) for _ in range(NOISE_LENGTH)]
        self._drift = random.uniform(0, 2 * pi)
        self._load, self._load_until_s = NO_LOAD, 0
        self._gas_l, self._gas_until_s = 0, 0
        oven_s = float("inf") if options.oven_after_s is None else present_s + options.oven_after_s
        self._guest_oven_s = (oven_s, oven_s + GUEST_OVEN_S)
        self._begin_day()
        self.state = self._state(self._flows(ZERO_PHASES))

    def advance(self, seconds: int, car_current_a: KnownPhases) -> HouseState:
        """Let whole seconds pass and look at the meter.

        What flows at the end counts for all of `seconds`, so a step of any length is the same work. Cars come
        as currents, in A a phase. Raises `ValueError` when time would not go forward.
        """
        if seconds < 1:
            raise ValueError(f"seconds={seconds}: must be 1 or more")
        self._time_s += seconds
        if self._time_s // DAY_S != self._day:
            self._begin_day()
        flows = self._flows(car_current_a)
        net_w, net_var = sum(flow[0] for flow in flows), sum(flow[1] for flow in flows)
        self._registers.count(net_w, net_var, tariff(self._time_s), seconds)
        self.state = self._state(flows)
        return self.state

    def _begin_day(self) -> None:
        self._day = self._time_s // DAY_S
        self._timeline = timeline(self._seed, self._day, self._sizes)
        self._sun = SunnyDay(self._seed, self._day, self._solar_kwp)
        self._load_until_s = self._time_s

    def _flows(self, car_current_a: KnownPhases) -> _Flows:
        """What flows now, from time alone but for the cars."""
        time_s = self._time_s
        if time_s >= self._load_until_s:
            self._load, self._load_until_s = self._timeline.at(time_s)
        oven_w = GUEST_OVEN_W if self._guest_oven_s[0] <= time_s < self._guest_oven_s[1] else 0
        sun_w = self._sun.power_w(time_s - self._day * DAY_S) / 3
        street_v = NOMINAL_V + 1.5 * sin(time_s / 1700 + self._drift) + 0.8 * sin(time_s / 311)
        return (
            self._phase(0, street_v, sun_w, car_current_a[0]),
            self._phase(1, street_v, sun_w, car_current_a[1]),
            self._phase(2, street_v, sun_w - oven_w, car_current_a[2]),
        )

    def _phase(self, phase: int, street_v: float, sun_w: float, car_a: float) -> _PhaseFlow:
        """The appliances draw their power at any voltage; a car draws its current."""
        flicker = self._noise[(self._time_s + 337 * phase) % NOISE_LENGTH]
        breath = sin(self._time_s / (400 + 90 * phase))
        house_w = self._load[phase] + STANDBY_W[phase] + 12 * breath + 2.5 * flicker - sun_w
        house_var = self._load[3 + phase] + STANDBY_VAR[phase] + flicker
        sag_v = SOURCE_OHM * (house_w / NOMINAL_V + car_a)
        voltage_v = street_v + 0.9 * (1 - phase) + 0.12 * flicker - sag_v
        power_w = round(house_w + voltage_v * car_a * POWER_FACTOR)
        reactive_var = round(house_var + voltage_v * car_a * CAR_REACTIVE_SHARE)
        return power_w, reactive_var, hypot(power_w, reactive_var) / voltage_v, voltage_v

    def _state(self, flows: _Flows) -> HouseState:
        one, two, three = flows
        if self._time_s >= self._gas_until_s:
            self._gas_l = gas.register_l(self._gas_start_l, self._time_s)
            self._gas_until_s = self._time_s - self._time_s % gas.INTERVAL_S + gas.INTERVAL_S
        reactive_import_varh, reactive_export_varh = self._registers.reactive_varh
        return HouseState(
            time_s=self._time_s,
            meter_id=self._meter_id,
            power_w=(one[0], two[0], three[0]),
            reactive_var=(one[1], two[1], three[1]),
            current_a=(one[2], two[2], three[2]),
            voltage_v=(one[3], two[3], three[3]),
            tariff=tariff(self._time_s),
            import_wh=self._registers.import_wh,
            export_wh=self._registers.export_wh,
            reactive_import_varh=reactive_import_varh,
            reactive_export_varh=reactive_export_varh,
            gas_l=self._gas_l,
        )
