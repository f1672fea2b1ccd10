"""Waiting for what may never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ngair.gateway.ports import LinkError

Answer = TypeVar("Answer")


async def within(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a call gives. Raises `LinkError` where it takes longer, and whatever it raises."""
    task = asyncio.ensure_future(work)
    try:
        # Not asyncio.timeout: before Python 3.11.4 it is of no use in a task that is being cancelled.
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise LinkError(f"The radio did not answer within {seconds:g} s: is NetworkManager well?")
        return task.result()
    finally:
        task.cancel()


async def first_of(seconds: float, *works: Coroutine[Any, Any, None]) -> None:
    """Wait until one of these is over, or so long; none goes on."""
    tasks = {asyncio.ensure_future(work) for work in works}
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
