"""The loop's one writer: everything that happens becomes an event, the site changes, the documents follow."""

from __future__ import annotations

import logging

from ngair.api.publisher import Publisher
from ngair.gateway.agreement import Agreement
from ngair.gateway.keep import EnergyKeeper
from ngair.gateway.ports import Clock, Store
from ngair.meter.decoder import Decoder
from ngair.model.events import (
    BoxAnnounced,
    ChargerLost,
    ChargerSeen,
    Event,
    InputRejected,
    LinkState,
    MeterLinkChanged,
    TelegramReceived,
)
from ngair.model.limits import REJECTION_LOG_INTERVAL_S, STATE_SAVE_INTERVAL_S
from ngair.model.site import Site, apply
from ngair.model.telegram import REMEDIES, Reason, Rejection, Telegram

log = logging.getLogger("ngair")


class Gateway:
    """The house's state, what feeds it, and what shows it. Nothing here waits."""

    def __init__(self, site: Site, publisher: Publisher, clock: Clock, store: Store) -> None:
        self._keeper = EnergyKeeper(store)
        self.site = self._keeper.load(site)
        self._publisher = publisher
        self._clock = clock
        self._started_s = clock.monotonic_s()
        self._decoder = Decoder()
        self._agreement = Agreement()
        self._logged: dict[Reason, tuple[float, int]] = {}
        self._saved_s = self._started_s
        self._was_lost = False
        self.refresh()

    @property
    def telegrams(self) -> int:
        """How many were accepted from the meter so far."""
        return self.site.meter.telegrams

    def meter_bytes(self, data: bytes) -> None:
        """Bytes from the meter, in any portions."""
        self._take(self._decoder.feed(data))

    def meter_quiet(self) -> None:
        """The meter's line is quiet."""
        self._take(self._decoder.quiet())

    def meter_link(self, link: LinkState, detail: str = "") -> None:
        """The meter's link changed. One log line when it is lost, and one when it is back: with its next telegram."""
        meter = self.site.meter
        if (meter.link, meter.link_detail) == (link, detail):
            return
        if link in ("lost", "ended"):
            self._take(self._decoder.finish())
        if link in ("lost", "silent", "ended") and not self._was_lost:
            log.warning("meter %s: %s", link, detail)
            self._was_lost = True
        self._apply(MeterLinkChanged(link, detail))
        self.refresh()

    def charger(self, event: ChargerSeen | ChargerLost) -> None:
        """A charger told something, or went away."""
        serial = event.serial if isinstance(event, ChargerLost) else event.charge_box.serial
        connected = {box.serial: box.connected for box in self.site.charge_boxes}
        if isinstance(event, ChargerLost):
            if connected.get(serial):
                log.warning("charger %s lost", serial)
        elif connected.get(serial) is False and event.charge_box.connected:
            log.info("charger %s is back", serial)
        self._apply(event)
        self.refresh()

    def announced(self, host_name: str | None) -> None:
        """The name under which the box is found."""
        self._apply(BoxAnnounced(host_name))
        self.refresh()

    def tick(self) -> None:
        """Once a second: ages move, and now and then the counters are kept."""
        self.refresh()
        if self._clock.monotonic_s() - self._saved_s >= STATE_SAVE_INTERVAL_S:
            self.save()

    def save(self) -> None:
        """Keep what must survive a restart."""
        self._saved_s = self._clock.monotonic_s()
        self._keeper.save(self.site.meter.held)

    def refresh(self) -> None:
        """Show the site as it is."""
        self._publisher.refresh(self.site, self._clock.monotonic_s(), self._clock.wall_s())

    def _take(self, found: list[Telegram | Rejection]) -> None:
        """Judge and apply what was decoded, then show it once."""
        if not found:
            return
        now_s = self._clock.monotonic_s()
        for item in found:
            if isinstance(item, Telegram) and not item.reading.checked:
                item = self._agreement.judge(item, now_s)
            if isinstance(item, Rejection):
                self._apply(InputRejected(item))
                self._log_rejection(item, now_s)
            else:
                self._log_telegram()
                self._apply(TelegramReceived(item, now_s, int((now_s - self._started_s) * 1000)))
        self.refresh()

    def _apply(self, event: Event) -> None:
        self.site = apply(self.site, event)

    def _log_telegram(self) -> None:
        """Only a telegram says that the meter is there: a link may come up and bring nothing, again and again."""
        if not self.telegrams:
            log.info("meter connected")
        elif self._was_lost:
            log.info("meter is back")
        self._was_lost = False

    def _log_rejection(self, rejection: Rejection, now_s: float) -> None:
        """One line a reason in a while, with the number of those that it stands for."""
        logged_s, since = self._logged.get(rejection.reason, (-REJECTION_LOG_INTERVAL_S, 0))
        if now_s - logged_s < REJECTION_LOG_INTERVAL_S:
            self._logged[rejection.reason] = (logged_s, since + 1)
            return
        self._logged[rejection.reason] = (now_s, 0)
        more = f" ({since} more since the last such line)" if since else ""
        log.warning(
            "meter input refused, %s: %s; %s%s", rejection.reason, rejection.detail, REMEDIES[rejection.reason], more
        )
