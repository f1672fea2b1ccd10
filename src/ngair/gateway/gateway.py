"""The loop's one writer: everything that happens becomes an event, the site changes, setpoints and documents follow."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ngair.api.publisher import Publisher
from ngair.balance.balancer import Balancer
from ngair.device.dates import Dates
from ngair.gateway.chronicle import Chronicle
from ngair.gateway.intake import Intake, MeterEvent
from ngair.gateway.keep import ChargerKeeper, EnergyKeeper, WishKeeper
from ngair.gateway.last_resort import at_most_fallback
from ngair.gateway.ports import ChargerPort, Clock, Store
from ngair.meter.decoder import Decoder
from ngair.model.decision import Decision, Setpoint
from ngair.model.events import (
    BoxAnnounced,
    ChargerEvent,
    ChargerLinkChanged,
    ChargerLost,
    ChargerSeen,
    ClockChanged,
    Decided,
    Event,
    MemoryChanged,
    NetworkChanged,
    PasswordChanged,
    UpdateChanged,
    WishesChanged,
)
from ngair.model.history import Memory
from ngair.model.limits import CLOCK_WAIT_S, REJECTION_LOG_INTERVAL_S, STATE_SAVE_INTERVAL_S
from ngair.model.network import NetworkStatus
from ngair.model.rules import MAIN_FUSE, Wishes
from ngair.model.site import Site, apply
from ngair.model.update import Update

log = logging.getLogger("ngair")


class Gateway:
    """The house's state, what feeds it, what steers its chargers, and what shows it. Nothing here waits."""

    def __init__(
        self,
        site: Site,
        publisher: Publisher,
        clock: Clock,
        store: Store,
        keeper: ChargerKeeper,
        chargers: Sequence[ChargerPort] = (),
        decoders: Mapping[str, Decoder] = {},
        chronicle: Chronicle | None = None,
        dates: Dates | None = None,
    ) -> None:
        """`decoders` of meters by the fuses that they measure, where keys are given or something is fixed.

        `dates`: what the wall clock may show; anything without them.
        """
        self._dates = dates
        self._energy = EnergyKeeper(store)
        self._wishes = WishKeeper(store)
        self._keeper = keeper
        self._chronicle = chronicle
        self.site = keeper.load(self._wishes.load(self._energy.load(site)))
        self._publisher = publisher
        self._clock = clock
        self._chargers = tuple(chargers)
        self._balancer = Balancer()
        self._saved_s = self._started_s = clock.monotonic_s()
        self._failed_s = float("-inf")
        kept_import_wh = self.site.meter.held.energy_import_wh
        self.main_meter = Intake(MAIN_FUSE, clock, self._meter, decoders.get(MAIN_FUSE), kept_import_wh)
        self.sub_meters = {
            fuse.name: Intake(fuse.name, clock, self._meter, decoders.get(fuse.name))
            for fuse in site.fuses
            if fuse.meter is not None
        }
        if chronicle is not None:
            self._apply(MemoryChanged(chronicle.memory))
        self._look_at_clock()
        self._settle()

    def charger(self, event: ChargerEvent) -> None:
        """A charger told something, or went away, or its link did."""
        if not isinstance(event, ChargerLinkChanged):
            self._log_charger(event)
        self._apply(event)
        self._keeper.note(self.site.charge_boxes)
        self._settle()

    def announced(self, host_name: str | None) -> None:
        """The name under which the box is found."""
        self._apply(BoxAnnounced(host_name))
        self.refresh()

    def remembers(self, memory: Memory) -> None:
        """The memory can keep things, or cannot any more."""
        self._apply(MemoryChanged(memory))
        self.refresh()

    def updates(self, update: Update) -> None:
        """Firmware came, or is a step further."""
        self._apply(UpdateChanged(update))
        self._settle()

    def connected(self, network: NetworkStatus) -> None:
        """The box's network came, went, or is being set up."""
        self._apply(NetworkChanged(network))
        self.refresh()

    def password_changed(self) -> None:
        """The box has another password."""
        self._apply(PasswordChanged())

    async def wish(self, wishes: Wishes) -> None:
        """Grant what users asked for: kept first, then applied. Raises `OSError`, having changed nothing."""
        await self._wishes.save(wishes)
        self._apply(WishesChanged(wishes))
        self._settle()

    def tick(self) -> None:
        """Once a second: ages move, fail-safes count down, and now and then the counters are kept."""
        self._look_at_clock()
        self._settle()
        if self._chronicle is not None:
            self._chronicle.look()
        if self._clock.monotonic_s() - self._saved_s >= STATE_SAVE_INTERVAL_S:
            self.save()

    def save(self) -> None:
        """Keep what must survive a restart."""
        self._saved_s = self._clock.monotonic_s()
        self._energy.save(self.site.meter.held)

    def refresh(self) -> None:
        """Show the site as it is."""
        self._publisher.refresh(self.site, self._clock.monotonic_s(), self._clock.wall_s())

    def _meter(self, events: list[MeterEvent]) -> None:
        for event in events:
            self._apply(event)
            self._decide()
        self._follow()

    def _settle(self) -> None:
        self._decide()
        self._follow()

    def _decide(self) -> None:
        """After every event, not after all of them: the balancer sees each reading."""
        before = self.site.decision
        now_s = self._clock.monotonic_s()
        try:
            decision = self._balancer.decide(self.site, now_s)
        except Exception as error:
            # A fault of ours must not end the program, nor leave the last setpoints standing for ever.
            self._log_failure(error, now_s)
            self._balancer = Balancer()
            decision = at_most_fallback(self.site, now_s)
        if decision is not before:
            self._log_changes(before, decision)
            self._apply(Decided(decision))

    def _follow(self) -> None:
        """The chargers first, the documents after them."""
        for charger in self._chargers:
            charger.follow(self.site)
        self.refresh()

    def _look_at_clock(self) -> None:
        wall_s = self._clock.wall_s()
        if self._dates is not None and self._clock.monotonic_s() - self._started_s >= CLOCK_WAIT_S:
            self._dates.wait_no_more()
        is_set = self._dates is None or self._dates.can_be(wall_s)
        if is_set is not self.site.clock_set:
            shown = datetime.fromtimestamp(wall_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
            told = "is set" if is_set else "cannot be right, and the memory waits until it is set"
            log.log(logging.INFO if is_set else logging.WARNING, "the machine's clock %s: it shows %s", told, shown)
            self._apply(ClockChanged(is_set))

    def _apply(self, event: Event) -> None:
        before = self.site
        self.site = apply(before, event)
        if self._chronicle is not None:
            self._chronicle.note(before, event, self.site)

    def _log_failure(self, error: Exception, now_s: float) -> None:
        if now_s - self._failed_s >= REJECTION_LOG_INTERVAL_S:
            self._failed_s = now_s
            log.error("the balancer failed and begins anew: %s: %s", type(error).__name__, error, exc_info=error)

    def _log_charger(self, event: ChargerSeen | ChargerLost) -> None:
        serial = event.serial if isinstance(event, ChargerLost) else event.charge_box.serial
        connected = {box.serial: box.connected for box in self.site.charge_boxes}
        if isinstance(event, ChargerLost):
            if connected.get(serial):
                log.warning("charger %s lost", serial)
        elif connected.get(serial) is False and event.charge_box.connected:
            log.info("charger %s is back", serial)
        elif serial not in connected:
            log.info("charger %s connected", serial)

    def _log_changes(self, before: Decision, decision: Decision) -> None:
        was = {(s.serial, s.outlet_id): s.setpoint_a for s in before.setpoints}
        for setpoint in decision.setpoints:
            amps = was.get((setpoint.serial, setpoint.outlet_id))
            if amps != setpoint.setpoint_a:
                _log_change(amps, setpoint)


def _log_change(before_a: int | None, setpoint: Setpoint) -> None:
    start = "" if before_a is None else f"{before_a} A -> "
    log.info(
        "charger %s outlet %d: %s%d A: %s",
        setpoint.serial,
        setpoint.outlet_id,
        start,
        setpoint.setpoint_a,
        setpoint.reason.text,
    )
