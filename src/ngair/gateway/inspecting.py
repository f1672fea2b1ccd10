"""The box as whoever looks after it sees it: settings, links, memory, telegrams, and all of that in one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ngair.api.box import BoxDocument, Machine, box_document
from ngair.api.diagnostics import DiagnosticsDocument, diagnostics_document
from ngair.api.settings_document import SettingsDocument, settings_document
from ngair.api.site import site_document
from ngair.api.telegram import TelegramDocument
from ngair.gateway.gateway import Gateway
from ngair.gateway.looking import Looking
from ngair.gateway.ports import Clock, HistoryReader
from ngair.model.history import HistoryEvent, LogQuery, SetpointChange, StoreFacts
from ngair.model.limits import DIAGNOSTICS_LOG_ROWS, LOG_ROWS_MAX
from ngair.model.rules import MAIN_FUSE
from ngair.model.settings import Settings


class Inspector:
    """Answers what is asked about the box itself. Every call may take its time: none belongs into the loop."""

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        clock: Clock,
        machine: Callable[[], Machine],
        reader: Callable[[], HistoryReader | None],
    ) -> None:
        """`machine` tells of the machine as it is now; `reader` gives `None` while there is no memory."""
        self._gateway = gateway
        self._settings = settings
        self._clock = clock
        self._machine = machine
        self._reader = reader
        self._looking = Looking({MAIN_FUSE: gateway.main_meter, **gateway.sub_meters})

    @property
    def answers(self) -> dict[str, Callable[[Any], msgspec.Struct | None]]:
        """By the path at which it is asked for: all of `api.queries.INSPECTED`."""
        return {
            "/api/v1/meter/telegram": lambda asked: self.telegram(asked.fuse),
            "/api/v1/settings": lambda asked: self.settings(),
            "/api/v1/box": lambda asked: self.box(),
            "/api/v1/diagnostics": lambda asked: self.diagnostics(),
        }

    def telegram(self, fuse: str) -> TelegramDocument | None:
        """The last telegram of the meter of a fuse; `None` where no meter measures that."""
        now_s, wall_s = self._clock.monotonic_s(), self._clock.wall_s()
        return self._looking.telegram(self._gateway.site, fuse, now_s, wall_s)

    def settings(self) -> SettingsDocument:
        """Every setting."""
        return settings_document(self._settings)

    def box(self) -> BoxDocument:
        """The box."""
        now_s, wall_s = self._clock.monotonic_s(), self._clock.wall_s()
        return box_document(
            self._gateway.site, self._machine(), self._facts(), self._settings.host_names, now_s, wall_s
        )

    def diagnostics(self) -> DiagnosticsDocument:
        """All of it, and the log."""
        now_s, wall_s = self._clock.monotonic_s(), self._clock.wall_s()
        site = self._gateway.site
        telegrams = [self._looking.telegram(site, name, now_s, wall_s) for name in self._looking.fuses]
        log, missing = self._log()
        return diagnostics_document(
            self.box(),
            self.settings(),
            site_document(site, now_s, wall_s),
            [telegram for telegram in telegrams if telegram is not None],
            log,
            missing,
        )

    def _facts(self) -> StoreFacts | None:
        reader = self._reader()
        try:
            return None if reader is None else reader.facts()
        except OSError:
            return None

    def _log(self) -> tuple[list[HistoryEvent | SetpointChange], str]:
        """The newest entries, page by page; and why there are none, or no more."""
        found: list[HistoryEvent | SetpointChange] = []
        reader = self._reader()
        if reader is None:
            return found, "there is no memory"
        try:
            while len(found) < DIAGNOSTICS_LOG_ROWS:
                before_seq = found[-1].seq if found else None
                limit = min(LOG_ROWS_MAX, DIAGNOSTICS_LOG_ROWS - len(found))
                page = reader.log(LogQuery(before_seq=before_seq, limit=limit))
                found += page
                if len(page) < limit:
                    break
        except OSError as error:
            return found, error.strerror or type(error).__name__
        return found, ""
