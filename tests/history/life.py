"""A site to which things happen, as the loop lets them happen, and the historian beside it."""

from __future__ import annotations

from msgspec.structs import replace

from ngair.history.historian import Historian
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, FailSafe, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerSeen, Decided, Event, TelegramReceived
from ngair.model.history import EventKind, HistoryEvent
from ngair.model.phases import KnownPhases
from ngair.model.prices import Prices
from ngair.model.reading import Reading
from ngair.model.rules import Fuse
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Telegram
from tests.history.box import STOCKHOLM, at
from tests.history.kept import Kept

SERIAL = "CHARGER1"
OUTLET = "CHARGER1/1"
SITE = Site(
    box=BoxInfo(serial="ABCDEFGH01234567", firmware="ngair.0.0.0-0-g0000000", mac="020000000001"),
    fuses=(Fuse(name="main", rating_a=(20, 20, 20)), Fuse(name="garage", rating_a=(16, 16, 16), under="main")),
)
NOON = at("2026-05-04T12:00:00+02:00")


class Life:
    """Everything that is due is written at once."""

    def __init__(self, prices: Prices | None = None, wall_s: float = NOON) -> None:
        self.kept = Kept()
        self.prices = prices
        self.now_s, self.wall_s = 100.0, wall_s
        self.site = SITE
        self.batches = 0
        self.historian = self._start()

    def _start(self) -> Historian:
        return Historian(self.kept.remembered(), STOCKHOLM, self.prices, "1.2.3", self.wall_s, self.now_s)

    def does(self, event: Event) -> None:
        """Something happens."""
        before, self.site = self.site, apply(self.site, event)
        self.historian.note(before, event, self.site, self.now_s, self.wall_s)
        self.take()

    def wait(self, seconds: float) -> None:
        """Time passes, with a look at what is due each second."""
        while seconds > 0:
            self.now_s += min(1, seconds)
            self.wall_s += min(1, seconds)
            seconds -= 1
            self.take()

    def take(self) -> None:
        """What is due is written."""
        batch = self.historian.take(self.now_s, self.wall_s)
        if batch is not None:
            self.batches += 1
            self.kept.write(batch)

    def kill(self, down_s: float = 5) -> None:
        """The power is cut, and comes back."""
        self.now_s, self.wall_s = 3.0, self.wall_s + down_s
        self.site = SITE
        self.historian = self._start()

    def stop(self) -> None:
        """The program is stopped."""
        self.kept.write(self.historian.finish(self.now_s, self.wall_s))

    def reads(self, current_a: KnownPhases = (1, 1, 1), fuse: str = "main", energy_wh: float | None = None) -> None:
        """A meter tells."""
        reading = Reading(ident="TST5", power_import_w=690, current_a=current_a, energy_import_wh=energy_wh)
        self.does(TelegramReceived(Telegram("/TST5", 5, reading), self.now_s, int(self.now_s * 1000), fuse))

    def outlet(
        self,
        state: OutletState,
        current_a: float = 0,
        energy_wh: int = 1_000_000,
        *,
        connected: bool = True,
    ) -> None:
        """A charger tells of its outlet."""
        outlet = Outlet(
            id=1,
            state=state,
            current_a=(current_a, current_a, current_a),
            told_at_s=self.now_s,
            energy_wh=energy_wh,
            power_w=current_a * 690,
        )
        self.does(ChargerSeen(ChargeBox(serial=SERIAL, identity=SERIAL, connected=connected, outlets=(outlet,))))

    def decides(self, setpoint_a: int, rule: Rule = Rule.FREE, phase: str | None = None, fuse: str = "main") -> None:
        """The balancer decides about the outlet."""
        reason = SetpointReason(rule=rule, text=f"because of {rule}", fuse=fuse, phase=phase)
        setpoint = Setpoint(serial=SERIAL, outlet_id=1, setpoint_a=setpoint_a, reason=reason)
        self.does(Decided(replace(self.site.decision, setpoints=(setpoint,))))

    def fails_safe(self, *fail_safes: FailSafe) -> None:
        """These fail-safes are at work."""
        self.does(Decided(Decision(setpoints=self.site.decision.setpoints, fail_safes=fail_safes)))

    def told(self, *kinds: EventKind) -> list[HistoryEvent]:
        """Events of these kinds."""
        return [event for event in self.kept.events if event.kind in kinds]
