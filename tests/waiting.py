"""Waiting for what has no event of its own, within one event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

DEADLINE_S = 60.0
"""Long enough for a loaded machine; nobody waits for it when things work."""
LOOK_EVERY_S = 0.005


async def until(condition: Callable[[], object], told: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds; fail with what `told` tells after a generous deadline."""
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, told()
        await asyncio.sleep(LOOK_EVERY_S)
