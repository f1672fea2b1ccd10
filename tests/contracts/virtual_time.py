"""An event loop whose time passes at once while nothing but timers is waited for: a day in milliseconds, exactly."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end; its loop's time starts at 0. Threads and sockets would be overtaken by the timers."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(work)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now_s


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting, moves the time on."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "waits for something that is no timer"
            self.now_s += max(0.0, timeout)
        return ready
