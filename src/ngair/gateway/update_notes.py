"""What must be known of updates after a restart that nobody planned: what waits, and what was told already."""

from __future__ import annotations

import logging

import msgspec

from ngair.device.image.manifest import Manifest
from ngair.gateway.ports import Store

UPDATE = "update.json"

log = logging.getLogger("ngair")


class Pending(msgspec.Struct, frozen=True):
    """Firmware that is installed and waits to be started."""

    slot: str
    manifest: Manifest


class Told(msgspec.Struct, frozen=True):
    """A version that was given up, as it was told to people."""

    slot: str
    version: str
    reason: str
    text: str


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it."""

    pending: Pending | None = None
    told: Told | None = None


class UpdateNotes:
    """Keeps them in the store. Both calls are slow; neither raises: what is lost costs an upload or a second entry."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self) -> Notes:
        """What was kept; nothing where that cannot be read."""
        data = self._store.load(UPDATE)
        try:
            return Notes() if data is None else msgspec.json.decode(data, type=Notes)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("%s in the data folder cannot be read (%s): firmware that waited is forgotten", UPDATE, error)
            return Notes()

    def save(self, notes: Notes) -> None:
        """Keep them in place of those before."""
        try:
            self._store.save(UPDATE, msgspec.json.encode(notes))
        except OSError as error:
            log.warning("%s cannot be kept (%s): a restart forgets firmware that waits", UPDATE, error)
