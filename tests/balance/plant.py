"""A small honest plant: a house, cars that follow late and ramp, chargers that tell, a meter that is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision
from ngair.model.events import TelegramReceived
from ngair.model.phases import ALL_PHASES, KnownPhases, PhaseSet
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse, Pace, Wishes
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Telegram

BOX = BoxInfo(serial="TESTTESTTESTTEST", firmware="ngair.0", mac="020000000000")

House = Callable[[float], KnownPhases]
"""What the house draws besides cars, in A a phase, at a moment."""


def reading(current_a: KnownPhases, *, ident: str = "TST5test") -> Reading:
    """What the meter tells when the phases carry this, negative on export."""
    power = tuple(round(a * 230) for a in current_a)
    total = sum(power)
    return Reading(
        ident=ident,
        current_a=(abs(current_a[0]), abs(current_a[1]), abs(current_a[2])),
        voltage_v=(230, 230, 230),
        phase_power_w=(power[0], power[1], power[2]),
        power_import_w=max(total, 0),
        power_export_w=max(-total, 0),
    )


def telegram(current_a: KnownPhases, at_s: float, fuse: str = MAIN_FUSE) -> TelegramReceived:
    """The event of such a reading."""
    return TelegramReceived(
        telegram=Telegram(data="", wire_len=0, reading=reading(current_a)), at_s=at_s, cpu_time_ms=0, fuse=fuse
    )


@dataclass
class Car:
    """A car on an outlet: follows a setpoint after some seconds, then ramps two amperes a second."""

    serial: str = "CHARGER1"
    outlet_id: int = 1
    phases: PhaseSet = ALL_PHASES
    max_a: float = 16
    wants_from_s: float = 0
    wants_until_s: float = float("inf")
    follow_s: float = 3
    tells_phases: bool = False
    draw_a: float = 0
    goals: list[tuple[float, float]] = field(default_factory=list)
    charged_as: float = 0

    def step(self, now_s: float, setpoint_a: int) -> None:
        wants = self.wants_from_s <= now_s < self.wants_until_s
        self.goals.append((now_s, min(setpoint_a, self.max_a) if wants else 0))
        while len(self.goals) > 1 and self.goals[1][0] <= now_s - self.follow_s:
            self.goals.pop(0)
        goal_a = self.goals[0][1] if wants else 0
        self.draw_a += max(-2.0, min(2.0, goal_a - self.draw_a))
        self.charged_as += self.draw_a

    def current_a(self) -> KnownPhases:
        a, b, c = (self.draw_a if used else 0.0 for used in self.phases)
        return (a, b, c)

    def outlet(self, now_s: float, setpoint_a: int) -> Outlet:
        if not self.wants_from_s <= now_s < self.wants_until_s:
            state = OutletState.AVAILABLE if now_s < self.wants_from_s else OutletState.SUSPENDED_BY_VEHICLE
        else:
            state = OutletState.CHARGING if setpoint_a else OutletState.SUSPENDED_BY_CHARGER
        return Outlet(
            id=self.outlet_id,
            state=state,
            current_a=self.current_a(),
            car_phases=self.phases if self.tells_phases else None,
            told_at_s=now_s,
        )


class Plant:
    """The closed loop, a second a step; `history` has the setpoint of each car at each second."""

    def __init__(
        self,
        house: House,
        cars: list[Car],
        *,
        fuses: tuple[Fuse, ...] = (Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25)),),
        pace: Pace | None = None,
        wishes: Wishes | None = None,
        cadence_s: int = 10,
        lag_s: int = 10,
        whole: bool = False,
    ) -> None:
        self.house, self.cars, self.cadence_s, self.lag_s, self.whole = house, cars, cadence_s, lag_s, whole
        self.balancer = Balancer()
        self.site = Site(box=BOX, fuses=fuses, pace=pace or Pace(), wishes=wishes or Wishes())
        self.decision = Decision()
        self.history: list[tuple[int, ...]] = []
        self.carried: list[KnownPhases] = []
        self.lost: Callable[[float], bool] = lambda now_s: False
        self.mute: Callable[[str, float], bool] = lambda serial, now_s: False
        self.now_s = 0

    def setpoint(self, car: Car) -> int:
        found = self.decision.setpoint(car.serial, car.outlet_id)
        return 0 if found is None else found.setpoint_a

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.step()

    def step(self) -> None:
        now_s = self.now_s
        for car in self.cars:
            car.step(now_s, self.setpoint(car))
        drawn = [self.house(now_s)] + [car.current_a() for car in self.cars]
        self.carried.append((sum(d[0] for d in drawn), sum(d[1] for d in drawn), sum(d[2] for d in drawn)))
        self._tell(now_s)
        if now_s % self.cadence_s == 0 and now_s >= self.lag_s and not self.lost(now_s):
            a, b, c = self.carried[now_s - self.lag_s]
            told = (round(a), round(b), round(c)) if self.whole else (a, b, c)
            self.site = apply(self.site, telegram(told, now_s))
            self._decide(now_s)
        self._decide(now_s + 0.25)
        self.history.append(tuple(self.setpoint(car) for car in self.cars))
        self.now_s += 1

    def _tell(self, now_s: float) -> None:
        outlets: dict[str, list[Outlet]] = {}
        for car in self.cars:
            outlets.setdefault(car.serial, []).append(car.outlet(now_s, self.setpoint(car)))
        before = {box.serial: box for box in self.site.charge_boxes}
        self.site = replace(
            self.site,
            charge_boxes=tuple(
                before[serial]
                if self.mute(serial, now_s) and serial in before
                else ChargeBox(serial=serial, identity=serial, outlets=tuple(of_it))
                for serial, of_it in outlets.items()
            ),
        )

    def _decide(self, now_s: float) -> None:
        self.decision = self.balancer.decide(self.site, now_s)
        self.site = replace(self.site, decision=self.decision)

    def changes(self, car: int, from_s: int = 0) -> list[tuple[int, int]]:
        """When the setpoint of a car changed and to what."""
        setpoints = [row[car] for row in self.history]
        return [(t, setpoints[t]) for t in range(max(1, from_s), len(setpoints)) if setpoints[t] != setpoints[t - 1]]


def steady(current_a: float) -> House:
    """A house that draws the same for ever on all phases."""
    return lambda now_s: (current_a, current_a, current_a)


def steps(*until: tuple[float, float]) -> House:
    """A house that draws each current until a moment, the last one for ever."""

    def house(now_s: float) -> KnownPhases:
        current_a = next((a for end_s, a in until if now_s < end_s), until[-1][1])
        return (current_a, current_a, current_a)

    return house
