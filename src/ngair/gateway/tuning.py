"""A serial line whose setting is found out while it is read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ngair.gateway.ports import ByteLink, LineRefusedError, SerialLinePort
from ngair.gateway.supervise import SILENT, MeterSink, Reopen
from ngair.meter.line_search import LineSearch, Move
from ngair.model.events import LinkState
from ngair.model.limits import LINK_SILENT_S
from ngair.model.line import Line

log = logging.getLogger("ngair")


class Tuning:
    """Stands between `keep_up` and a port, and between `keep_up` and its sink: hears what comes, and changes the line.

    While the setting is not found the link is `connecting`, whatever comes; only a frame says that it is up.
    """

    def __init__(
        self, port: SerialLinePort, sink: MeterSink, search: LineSearch, keep: Callable[[str, Line], None]
    ) -> None:
        """`keep` is told each setting that is found, with the port's name."""
        self._port = port
        self._sink = sink
        self._search = search
        self._keep = keep
        self._told: Line | None = None
        self._refused = 0
        self._heard_s: float | None = None

    @property
    def name(self) -> str:
        """The port's."""
        return self._port.name

    async def connect(self) -> ByteLink:
        """Open the port at the setting whose turn it is. Raises `LinkError`, or `Reopen` if the next has its turn."""
        self._port.use(self._search.line)
        try:
            link = await self._port.connect()
        except LineRefusedError as error:
            self._refused += 1
            move = self._search.move_on(_now_s())
            if move is None or self._refused >= self._search.settings:
                self._refused = 0
                raise
            raise Reopen("connecting", f"trying {move.line}: {error}") from error
        self._refused = 0
        now_s = _now_s()
        if self._heard_s is None:
            self._heard_s = now_s
        self._search.opened(self._sink.frames, now_s)
        return _TunedLink(link, self._search, self._look)

    @property
    def telegrams(self) -> int:
        """The sink's."""
        return self._sink.telegrams

    @property
    def frames(self) -> int:
        """The sink's."""
        return self._sink.frames

    def meter_bytes(self, data: bytes) -> None:
        """Bytes arrived."""
        self._heard_s = _now_s()
        self._sink.meter_bytes(data)
        self._hear(len(data))

    def meter_quiet(self) -> None:
        """None arrived for a moment, which may end a frame."""
        self._sink.meter_quiet()
        self._hear(0)

    def meter_link(self, link: LinkState, detail: str = "", line: str = "") -> None:
        """The link changed."""
        if self._search.settings == 1 or self._search.found:
            self._sink.meter_link(link, detail, str(self._search.line))
        elif link != "up":
            self._sink.meter_link(link, detail)

    def _hear(self, size: int) -> None:
        self._search.heard(size, self._sink.frames, _now_s())
        if not self._search.found:
            return
        self.meter_link("up")
        line = self._search.line
        if line != self._told and self._search.settings > 1:
            self._told = line
            log.info("%s is read at %s", self.name, line)
            self._keep(self.name, line)

    def _look(self, now_s: float) -> None:
        """Raises `Reopen` when another setting has its turn."""
        move = self._search.look(now_s)
        if move is not None:
            raise self._reopen(move)

    def _reopen(self, move: Move) -> Reopen:
        if self._heard_s is not None and _now_s() - self._heard_s >= LINK_SILENT_S:
            return Reopen("silent", f"{SILENT} Trying {move.line}")
        why = "nothing readable" if move.heard else "no byte"
        return Reopen("connecting", f"trying {move.line}: {why} at {move.tried}")


class _TunedLink:
    """One opening of the port, at one setting."""

    def __init__(self, link: ByteLink, search: LineSearch, look: Callable[[float], None]) -> None:
        self._link = link
        self._search = search
        self._look = look

    async def read(self) -> bytes:
        """Wait for bytes, at most until another setting has its turn: then raises `Reopen`."""
        now_s = _now_s()
        while True:
            self._look(now_s)
            due_s = self._search.due_s(now_s)
            patience = asyncio.timeout_at(due_s)
            try:
                async with patience:
                    return await self._link.read()
            except TimeoutError:
                if not patience.expired():
                    raise
            now_s = max(due_s, _now_s())  # timers may be a little early

    async def close(self) -> None:
        """Release it."""
        self._search.closed(_now_s())
        await self._link.close()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
