"""`/api/v1/diagnostics`: all that somebody who helps may need, in one file. Keys and passwords are not in it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ngair.api.box import BoxDocument
from ngair.api.logbook import Entry, entry
from ngair.api.settings_document import SettingsDocument
from ngair.api.site import SiteDocument
from ngair.api.telegram import TelegramDocument
from ngair.model.history import HistoryEvent, SetpointChange

NOTE = (
    "Everything that this box knows of itself, without keys and passwords. It holds the serial numbers of meter, "
    "chargers and box, what the house drew, and when cars came and went: send it to people you trust."
)


class DiagnosticsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One file that holds it all."""

    ngair_diagnostics: int
    """The form of this file."""
    note: str
    """What whoever sends it should know."""
    made_at: str
    """UTC, by the box's clock."""
    box: BoxDocument
    settings: SettingsDocument
    site: SiteDocument
    telegrams: tuple[TelegramDocument, ...]
    """Of each meter the last telegram and the last refused input, value by value."""
    log: tuple[Entry, ...]
    """The last entries, the newest first."""
    log_missing: str
    """Why the log could not be read; empty where it could."""


def diagnostics_document(
    box: BoxDocument,
    settings: SettingsDocument,
    site: SiteDocument,
    telegrams: Sequence[TelegramDocument],
    log: Sequence[HistoryEvent | SetpointChange],
    log_missing: str = "",
) -> DiagnosticsDocument:
    """The file's content, of documents of one moment."""
    return DiagnosticsDocument(
        ngair_diagnostics=1,
        note=NOTE,
        made_at=box.time,
        box=box,
        settings=settings,
        site=site,
        telegrams=tuple(telegrams),
        log=tuple(map(entry, log)),
        log_missing=log_missing,
    )
