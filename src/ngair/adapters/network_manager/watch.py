"""What NetworkManager tells by itself, held until somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

SEEN_MAX = 256
"""Signals that a watch holds until they are taken: an activation has a dozen."""


class Signal:
    """What was told, and by which object."""

    __slots__ = ("body", "interface", "member", "path")

    def __init__(self, path: str, interface: str, member: str, body: Sequence[Any]) -> None:
        self.path, self.interface, self.member, self.body = path, interface, member, body


class Watch:
    """Signals since it began, and waiting for the next one."""

    def __init__(self) -> None:
        self._seen: list[Signal] = []
        self._more = asyncio.Event()
        self.is_over = False
        """NetworkManager or the bus has ended since: nothing more is to be heard of what was begun."""

    def add(self, signal: Signal) -> None:
        """Hold it; of a flood, the first."""
        if len(self._seen) < SEEN_MAX:
            self._seen.append(signal)
        self._more.set()

    def take(self) -> list[Signal]:
        """What was heard since the last call."""
        taken, self._seen = self._seen, []
        return taken

    def end(self) -> None:
        """Let whoever waits know that it is over."""
        self.is_over = True
        self._more.set()

    async def more(self, timeout_s: float) -> None:
        """Wait until something came since the last call, or for so long."""
        waiting = asyncio.ensure_future(self._more.wait())
        try:
            await asyncio.wait({waiting}, timeout=max(0.0, timeout_s))
        finally:
            waiting.cancel()
        self._more.clear()
