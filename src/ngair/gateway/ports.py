"""What the world must provide. Adapters and the simulation implement these; the gateway asks for nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from ngair.model.events import ChargerEvent
from ngair.model.line import Line
from ngair.model.rules import Wishes
from ngair.model.site import Site


class LinkError(Exception):
    """A link that cannot be opened or went away. The text says what is wrong and what to do about it."""


class LineRefusedError(LinkError):
    """A line cannot be set as it was asked to be; another setting may do."""


class LinkEnded(Exception):  # noqa: N818 - an end, not an error: a recording was played
    """The source has nothing more to give and opening it again would only repeat it."""


class ByteLink(Protocol):
    """One open connection to a meter."""

    async def read(self) -> bytes:
        """Wait for bytes and return them, at most `READ_CHUNK_BYTES`.

        Raises `LinkError` when the connection is gone, `LinkEnded` at the end of a recording.
        """
        ...

    async def close(self) -> None:
        """Release it. Safe to call twice and after an error."""
        ...


class BytePort(Protocol):
    """A place where a meter's bytes come from."""

    @property
    def name(self) -> str:
        """What the user calls it: its URL."""
        ...

    async def connect(self) -> ByteLink:
        """Open it. Raises `LinkError`."""
        ...


@runtime_checkable
class SerialLinePort(BytePort, Protocol):
    """One whose line has to be set as the meter's is."""

    def use(self, line: Line) -> None:
        """Open it with this setting from now on. `connect` raises `LineRefusedError` where it cannot be set so."""
        ...


class ChargerPort(Protocol):
    """A link to one or more chargers, kept up by its adapter."""

    @property
    def name(self) -> str:
        """What the user calls it: its URL."""
        ...

    def events(self) -> AsyncIterator[ChargerEvent]:
        """What the chargers tell, for ever."""
        ...

    def follow(self, site: Site) -> None:
        """The site as it has become: its decision holds the setpoints, its meter what chargers are told of the house.

        Called after each decision, at least once a second. Never waits: what has to be sent is sent by `events`,
        a lower setpoint at once; a newer site replaces one that was not sent yet.
        """
        ...


class Clock(Protocol):
    """Time, from the one place that may look at it."""

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary moment; never steps."""
        ...

    def wall_s(self) -> float:
        """Seconds since 1970 UTC; may step."""
        ...


class Store(Protocol):
    """Small documents that survive a restart."""

    def load(self, name: str) -> bytes | None:
        """The document, or `None` where there is none or it cannot be read."""
        ...

    def save(self, name: str, data: bytes) -> None:
        """Replace it, whole or not at all. Raises `OSError`."""
        ...


class WishSink(Protocol):
    """Who grants what users ask for."""

    @property
    def site(self) -> Site:
        """The site as it is, to hold a wish against."""
        ...

    async def wish(self, wishes: Wishes) -> None:
        """Grant wishes that were checked: when this returns they are kept, followed and shown.

        Raises `OSError` when they cannot be kept; then nothing has changed.
        """
        ...
