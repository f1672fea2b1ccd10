"""One meter's way into the gateway: bytes -> telegrams that are believed, and completed by those before -> events,
with a log that stays readable."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from ngair.api.telegram import LastInput
from ngair.gateway.agreement import Agreement
from ngair.gateway.ports import Clock
from ngair.meter.decoder import Decoder
from ngair.meter.hold import Holder
from ngair.model.events import InputRejected, LinkState, MeterLinkChanged, TelegramReceived
from ngair.model.limits import REJECTION_LOG_INTERVAL_S
from ngair.model.rules import MAIN_FUSE
from ngair.model.telegram import REMEDIES, Reason, Rejection, Telegram

log = logging.getLogger("ngair")

MeterEvent = TelegramReceived | InputRejected | MeterLinkChanged


class Intake:
    """Takes what one meter's link brings (a `supervise.MeterSink`). `tell` gets the events of each call together."""

    def __init__(
        self,
        fuse: str,
        clock: Clock,
        tell: Callable[[list[MeterEvent]], None],
        decoder: Decoder | None = None,
        kept_import_wh: float = 0,
    ) -> None:
        """`kept_import_wh` is the meter's counter as it was told before a restart, 0 for none."""
        self.telegrams = 0
        self.last = LastInput()
        """What came last, for whoever looks closely."""
        self._fuse = fuse
        self._clock = clock
        self._tell = tell
        self._started_s = clock.monotonic_s()
        self._decoder = decoder or Decoder()
        self._agreement = Agreement()
        self._holder = Holder(self._decoder.fixed.energy_unit_wh, kept_import_wh)
        self._logged: dict[Reason, tuple[float, int]] = {}
        self._link: tuple[LinkState, str, str] = ("connecting", "", "")
        self._was_lost = False

    @property
    def frames(self) -> int:
        """Whole frames so far, whatever they held: each says that the line is set right."""
        return self._decoder.frames

    @property
    def name(self) -> str:
        """What a log calls this meter."""
        return "meter" if self._fuse == MAIN_FUSE else f"meter of fuse {self._fuse}"

    def meter_bytes(self, data: bytes) -> None:
        """Bytes from the meter, in any portions."""
        self._take(self._decoder.feed(data))

    def meter_quiet(self) -> None:
        """The meter's line is quiet."""
        self._take(self._decoder.quiet())

    def meter_link(self, link: LinkState, detail: str = "", line: str = "") -> None:
        """The meter's link changed. One log line when it is lost, and one when it is back: with its next telegram.

        `line` is the setting at which a serial line is read.
        """
        if self._link == (link, detail, line):
            return
        self._link = (link, detail, line)
        if link in ("connecting", "lost", "ended"):
            self._take(self._decoder.finish())
        if link in ("lost", "silent", "ended") and not self._was_lost:
            log.warning("%s %s: %s", self.name, link, detail)
            self._was_lost = True
        self._tell([MeterLinkChanged(link, detail, self._fuse, line)])

    def _take(self, found: list[Telegram | Rejection]) -> None:
        """Judge what was decoded and tell it at once."""
        if not found:
            return
        now_s = self._clock.monotonic_s()
        self._tell([self._event(item, now_s) for item in found])

    def _event(self, item: Telegram | Rejection, now_s: float) -> MeterEvent:
        if isinstance(item, Telegram) and not item.reading.checked:
            item = self._agreement.judge(item, now_s)
        if isinstance(item, Rejection):
            self._log_rejection(item, now_s)
            self.last = replace(self.last, rejection=item, rejected_at_s=now_s)
            return InputRejected(item, self._fuse)
        self._log_telegram()
        self.telegrams += 1
        item = self._holder.complete(item, now_s)
        self.last = replace(self.last, telegram=item, received_at_s=now_s)
        return TelegramReceived(item, now_s, int((now_s - self._started_s) * 1000), self._fuse)

    def _log_telegram(self) -> None:
        """Only a telegram says that the meter is there: a link may come up and bring nothing, again and again."""
        if not self.telegrams:
            log.info("%s connected", self.name)
        elif self._was_lost:
            log.info("%s is back", self.name)
        self._was_lost = False

    def _log_rejection(self, rejection: Rejection, now_s: float) -> None:
        """One line a reason in a while, with the number of those that it stands for."""
        logged_s, since = self._logged.get(rejection.reason, (-REJECTION_LOG_INTERVAL_S, 0))
        if now_s - logged_s < REJECTION_LOG_INTERVAL_S:
            self._logged[rejection.reason] = (logged_s, since + 1)
            return
        self._logged[rejection.reason] = (now_s, 0)
        more = f" ({since} more since the last such line)" if since else ""
        remedy = REMEDIES[rejection.reason]
        log.warning("%s input refused, %s: %s; %s%s", self.name, rejection.reason, rejection.detail, remedy, more)
