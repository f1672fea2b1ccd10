"""What was found out about serial lines, kept across restarts."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from ngair.gateway.keep import keep_written
from ngair.gateway.ports import Store
from ngair.model.limits import LINES_KEPT_MAX
from ngair.model.line import Line
from ngair.model.urls import BAUD_RATES

LINES = "lines.json"

log = logging.getLogger("ngair")


class LineKeeper:
    """Remembers at which setting each device was read last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines = _kept(store)
        self._changed = asyncio.Event()

    def remembered(self, device: str) -> Line | None:
        """The setting of a device, by its URL without options."""
        return self._lines.get(device)

    def keep(self, device: str, line: Line) -> None:
        """This is how it is read; it is kept soon, by `run`."""
        if self._lines.get(device) == line:
            return
        self._lines.pop(device, None)
        self._lines[device] = line
        while len(self._lines) > LINES_KEPT_MAX:
            del self._lines[next(iter(self._lines))]
        self._changed.set()

    async def run(self) -> None:
        """Keep what `keep` is told, off the loop, for ever. A disk that cannot be written is tried again."""
        loss = "the setting of the serial line cannot be kept (%s): %s; until then a restart has to find it again"
        await keep_written(self._store, LINES, self._changed, lambda: msgspec.json.encode(self._lines), loss)


def _kept(store: Store) -> dict[str, Line]:
    data = store.load(LINES)
    if data is None:
        return {}
    try:
        kept = msgspec.json.decode(data, type=dict[str, Line])
    except msgspec.MsgspecError as error:
        log.warning("%s in the data folder cannot be read (%s): each line's setting is found again", LINES, error)
        return {}
    lines = {device: line for device, line in kept.items() if line.baudrate in BAUD_RATES}
    if len(lines) < len(kept):
        log.warning("%s in the data folder holds impossible settings: those are found again", LINES)
    return dict(list(lines.items())[-LINES_KEPT_MAX:])
