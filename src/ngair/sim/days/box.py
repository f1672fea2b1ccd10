"""The program of a simulated house: what it knows, its controller, and its clock. It can be away and begin anew."""

from __future__ import annotations

from msgspec.structs import replace

from ngair.model.charging import ChargeBox, OutletState
from ngair.model.decision import Setpoint
from ngair.model.events import ChargerLost, ChargerSeen, Decided, InputRejected, TelegramReceived
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Rejection, Telegram
from ngair.sim.days.controller import NewController
from ngair.sim.days.plan import HousePlan

BOOTED_S = 5000.0
"""The machine's monotonic clock at noon."""


class Box:
    """The gateway's loop without its wires: each event is applied, then decided about."""

    def __init__(self, plan: HousePlan, new_controller: NewController) -> None:
        self._plan = plan
        self._new_controller = new_controller
        self._controller = new_controller(plan)
        self.ahead_s = BOOTED_S
        """By how much its monotonic clock is ahead of the seconds after noon."""
        self.site = _new_site(plan)
        self.decisions = 0

    def restart(self) -> None:
        """Begin anew, knowing of the chargers what the data folder keeps: that they are there."""
        boxes = tuple(_as_kept(box) for box in self.site.charge_boxes)
        self.site = replace(_new_site(self._plan), charge_boxes=boxes)
        self._controller = self._new_controller(self._plan)

    def see(self, charge_box: ChargeBox) -> None:
        """A charger told about itself."""
        self.site = apply(self.site, ChargerSeen(charge_box))

    def lose(self, serial: str) -> None:
        """A charger's link is found to be gone."""
        self.site = apply(self.site, ChargerLost(serial))

    def receive(self, item: Telegram | Rejection, second: int) -> None:
        """Something came from the meter."""
        now_s = second + self.ahead_s
        if isinstance(item, Rejection):
            self.site = apply(self.site, InputRejected(item))
        else:
            self.site = apply(self.site, TelegramReceived(item, now_s, int(now_s * 1000)))

    def decide(self, second: int) -> tuple[Setpoint, ...]:
        """The setpoints, from everything known by now."""
        self.decisions += 1
        decision = self._controller.decide(self.site, second + self.ahead_s)
        if decision is not self.site.decision:
            self.site = apply(self.site, Decided(decision))
        return decision.setpoints


def _new_site(plan: HousePlan) -> Site:
    rating_a = float(plan.fuse_a)
    fuse = Fuse(name=MAIN_FUSE, rating_a=(rating_a, rating_a, rating_a))
    return Site(box=BoxInfo(serial="SIMULATED0000000", firmware="sim", mac="020000000000"), fuses=(fuse,))


def _as_kept(box: ChargeBox) -> ChargeBox:
    outlets = tuple(
        replace(outlet, state=OutletState.UNAVAILABLE, told_at_s=None, car_phases=None, current_a=(0.0, 0.0, 0.0))
        for outlet in box.outlets
    )
    return replace(box, connected=False, outlets=outlets)
