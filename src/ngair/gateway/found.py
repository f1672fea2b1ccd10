"""What was found out about serial lines, kept across restarts."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from ngair.gateway.ports import Store
from ngair.model.limits import LINES_KEPT_MAX, STATE_SAVE_INTERVAL_S
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
        failing = False
        while True:
            await self._changed.wait()
            self._changed.clear()
            data = msgspec.json.encode(self._lines)
            try:
                await asyncio.to_thread(self._store.save, LINES, data)
                failing = False
            except OSError as error:
                if not failing:
                    log.warning(
                        "the setting of the serial line cannot be kept (%s): free some space, or look at the disk; "
                        "until then a restart has to find it again",
                        error.strerror or error,
                    )
                failing = True
                self._changed.set()
                await asyncio.sleep(STATE_SAVE_INTERVAL_S)


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
