"""Keeping a meter's link up, for ever: open, read, notice silence, wait a little longer each time, open again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ngair.gateway.ports import ByteLink, BytePort, LinkEnded, LinkError
from ngair.model.backoff import Backoff
from ngair.model.events import LinkState
from ngair.model.limits import (
    BACKOFF_MAX_S,
    CONNECT_TIMEOUT_S,
    LINE_QUIET_S,
    LINK_CLOSE_TIMEOUT_S,
    LINK_REOPEN_S,
    LINK_SILENT_S,
)

SILENT = f"no byte for {LINK_SILENT_S:g} s: is the meter's port switched on, and its cable in?"


class MeterSink(Protocol):
    """Who takes what a meter's link brings."""

    @property
    def telegrams(self) -> int:
        """How many were accepted so far."""

    @property
    def frames(self) -> int:
        """Whole frames so far, whatever they held: each says that the line is set right."""

    def meter_bytes(self, data: bytes) -> None:
        """Bytes arrived."""

    def meter_quiet(self) -> None:
        """None arrived for `LINE_QUIET_S`."""

    def meter_link(self, link: LinkState, detail: str = "", line: str = "") -> None:
        """The link changed. `line` is the setting at which a serial line is read."""


class Reopen(Exception):  # noqa: N818 - no error: it is to be opened in another way
    """A link has to be closed and opened again, at once; its text says why."""

    def __init__(self, link: LinkState, detail: str) -> None:
        super().__init__(detail)
        self.link = link


async def keep_up(
    port: BytePort,
    sink: MeterSink,
    backoff: Backoff,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Read a meter until cancelled, or until a recording has ended.

    The waits become short again only by a telegram: a port that is open to everybody, or greets those whom it
    turns away, is not one that works.
    """
    while True:
        before = sink.telegrams
        try:
            await _use(port, sink)
        except Reopen as again:
            sink.meter_link(again.link, str(again))
            continue
        except LinkEnded as end:
            sink.meter_link("ended", str(end))
            return
        except LinkError as error:
            sink.meter_link("lost", str(error))
        except Exception as error:
            sink.meter_link("lost", f"{port.name} failed: {error}")
            raise
        if sink.telegrams > before:
            backoff.reset()
        await sleep(backoff.next_s())


async def _use(port: BytePort, sink: MeterSink) -> None:
    """Open it and read it. Always ends in an exception."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            link = await port.connect()
    except TimeoutError:
        raise LinkError(f"{port.name} did not answer within {CONNECT_TIMEOUT_S:g} s") from None
    try:
        await _read(link, sink)
    except TimeoutError:
        raise LinkError(f"{port.name} sent nothing for {LINK_REOPEN_S:g} s; opening it again") from None
    finally:
        await _close(link)


async def _close(link: ByteLink) -> None:
    """Close it, or leave it behind: a device may hang."""
    closing = asyncio.ensure_future(link.close())
    try:
        # Neither asyncio.timeout nor wait_for: in a task that is being cancelled, Python 3.11 loses one or the other.
        await asyncio.wait({closing}, timeout=LINK_CLOSE_TIMEOUT_S)
    finally:
        closing.cancel()


async def _read(link: ByteLink, sink: MeterSink) -> None:
    """Hand on what comes. Raises `LinkError`, `LinkEnded`, or `TimeoutError` for a line that hangs."""
    loop = asyncio.get_running_loop()
    quiet = silence = loop.call_later(LINK_SILENT_S, sink.meter_link, "silent", SILENT)
    try:
        async with asyncio.timeout(LINK_REOPEN_S) as patience:
            while True:
                data = await link.read()
                quiet.cancel()
                silence.cancel()
                now_s = loop.time()
                patience.reschedule(now_s + LINK_REOPEN_S)
                sink.meter_link("up")
                sink.meter_bytes(data)
                quiet = loop.call_at(now_s + LINE_QUIET_S, sink.meter_quiet)
                silence = loop.call_at(now_s + LINK_SILENT_S, sink.meter_link, "silent", SILENT)
    finally:
        quiet.cancel()
        silence.cancel()


async def for_ever(
    work: Callable[[], Awaitable[None]], backoff: Backoff, on_failure: Callable[[Exception], None]
) -> None:
    """Run work to its end; should it fail in a way that nobody foresaw, tell so and begin again."""
    loop = asyncio.get_running_loop()
    while True:
        began_s = loop.time()
        try:
            await work()
        except Exception as error:
            on_failure(error)
        else:
            return
        if loop.time() - began_s > BACKOFF_MAX_S:
            backoff.reset()
        await asyncio.sleep(backoff.next_s())
