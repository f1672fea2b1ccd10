"""What the world must provide. Adapters and the simulation implement these; the gateway asks for nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from ngair.api.setup import JoinRequest, SetupDocument, SsidDocument
from ngair.device.image.manifest import Manifest
from ngair.model.events import ChargerEvent
from ngair.model.history import (
    Batch,
    Bucket,
    HistoryEvent,
    LogQuery,
    Remembered,
    Row,
    Sample,
    Session,
    SetpointChange,
    Step,
    StoreFacts,
)
from ngair.model.line import Line
from ngair.model.network import JoinFailure, Network, Wifi
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


class HistoryStore(Protocol):
    """What is kept for years. Every call may take its time: none belongs into the loop."""

    def remembered(self) -> Remembered:
        """What there is to go on from. Raises `OSError`."""
        ...

    def write(self, batch: Batch) -> int:
        """Keep a batch for good, or nothing of it: when this returns, a power cut loses nothing of it.

        The highest sequence number. Raises `OSError` where it cannot be kept: then the same batch may be tried again.
        """
        ...

    def adopt(self, rows: Iterable[Row]) -> int:
        """Take over the rows of another store's export where there are none here; how many. Raises `OSError`."""
        ...

    def close(self) -> None:
        """Release it. Safe to call twice."""
        ...


class HistoryReader(Protocol):
    """Looks things up in what is kept, while it is written. Every call may take its time; all raise `OSError`.

    Spans of time are from `from_s` to before `to_s`. More than `limit` rows are never returned: the oldest are.
    """

    def samples(self, series: str, from_s: float, to_s: float, limit: int) -> list[Sample]:
        """Samples of one series, the oldest first."""
        ...

    def buckets(self, step: Step, from_s: float, to_s: float, limit: int, series: str | None = None) -> list[Bucket]:
        """Buckets that begin in the span, of one series or of all, the oldest first. Days: by their `start_s`."""
        ...

    def sessions(self, from_s: float, to_s: float, limit: int) -> list[Session]:
        """Sessions that have a part in the span, the newest first; with more than `limit`, the newest."""
        ...

    def log(self, query: LogQuery) -> list[HistoryEvent | SetpointChange]:
        """Events and setpoint changes, the newest first."""
        ...

    def setpoints_at(self, at_s: float) -> list[SetpointChange]:
        """The setpoint that held at a moment, of each outlet that had one."""
        ...

    def series(self) -> list[str]:
        """Every series of which something is kept."""
        ...

    def after(self, seq: int, limit: int) -> list[Row]:
        """Rows with a higher sequence number, in its order: what somebody who has all up to `seq` has missed."""
        ...

    def rows(self, kind: str, from_s: float, to_s: float) -> Iterator[Row]:
        """Every row of a kind in a span, the oldest first, without holding them all: for an export.

        Kinds are `samples`, `minutes`, `hours`, `days`, `sessions`, `events` and `setpoints`.
        """
        ...

    def facts(self) -> StoreFacts:
        """About the store itself."""
        ...


class JoinError(Exception):
    """A network could not be joined. The text says what to do about it."""

    def __init__(self, failure: JoinFailure, text: str) -> None:
        super().__init__(text)
        self.failure: JoinFailure = failure


class WifiPort(Protocol):
    """The radio and the connections of this machine. Calls may take seconds; all raise `LinkError` but as told."""

    @property
    def can_do_both(self) -> bool:
        """Whether a network can be joined while the access point is up."""
        ...

    async def wifi(self) -> Wifi:
        """How things are."""
        ...

    async def changed(self) -> None:
        """Wait until something may have changed."""
        ...

    async def networks(self, *, scan: bool) -> tuple[Network, ...]:
        """The networks in reach, each name once, the strongest first; looked for anew with `scan`."""
        ...

    async def open_access_point(self, name: str, password: str | None) -> str:
        """Open the box's own access point, at 192.168.4.1/24, to all without a password. The box's address in it."""
        ...

    async def close_access_point(self) -> None:
        """Close it. Safe to call twice."""
        ...

    async def join(self, ssid: bytes, password: str | None) -> Wifi:
        """Join a network, and keep it as the one to join at each start. Raises `JoinError`, having kept nothing new."""
        ...

    async def rejoin(self) -> None:
        """Try the networks that are kept, once."""
        ...

    async def close(self) -> None:
        """Release what is held. Safe to call twice."""
        ...


class SetupRefusedError(Exception):
    """The owner's act cannot be. The text says why and what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        """What HTTP calls it."""


class SetupSink(Protocol):
    """Who gives the box a network."""

    @property
    def is_on(self) -> bool:
        """Whether setup mode is."""
        ...

    @property
    def address(self) -> str:
        """The box's in its own access point; empty while that is not open."""
        ...

    def document(self) -> SetupDocument:
        """How things stand."""
        ...

    async def networks(self) -> SsidDocument:
        """The networks in reach, looked for anew if that takes seconds only."""
        ...

    async def join(self, wanted: JoinRequest) -> None:
        """Begin to join a network; first the box gets its password. Raises `SetupRefusedError`."""
        ...

    def start(self) -> None:
        """The owner asks for setup mode, from the page."""
        ...

    def stop(self) -> None:
        """The owner wants it to end. Nothing where it is off."""
        ...

    def done(self) -> None:
        """The new address was seen. Raises `SetupRefusedError` while there is no network to stay with."""
        ...

    def heard(self, *, told: bool) -> None:
        """A client of the access point asked something, and was `told` how things stand."""
        ...


class PasswordKeeper(Protocol):
    """Who keeps the box's password."""

    @property
    def is_set(self) -> bool:
        """Whether there is one."""
        ...

    async def look(self) -> None:
        """Notice one that another program has set."""
        ...

    async def set(self, password: str) -> None:
        """Change it. Raises `ValueError` for one that cannot be, `OSError` where it cannot be kept."""
        ...


class UploadRefusedError(Exception):
    """Firmware is not taken. The text says why and what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        """What HTTP calls it."""


class Upload(Protocol):
    """One image on its way in."""

    async def write(self, data: bytes) -> None:
        """The next bytes. Raises `UploadRefusedError`; then it is over, and nothing of it is left."""
        ...

    async def finish(self) -> str:
        """It is whole: its version. Raises `UploadRefusedError`. It is installed from now on, whoever waits."""
        ...

    async def abort(self) -> None:
        """It will not be whole: nothing of it is left. Safe to call after any other."""
        ...


class UploadSink(Protocol):
    """Who takes firmware."""

    async def begin(self, length: int | None) -> Upload:
        """Begin an upload of so many bytes, as far as that is told. Raises `UploadRefusedError`."""
        ...


class Trial(Protocol):
    """A version that runs on trial."""

    @property
    def slot(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def from_version(self) -> str: ...
    @property
    def deadline_s(self) -> int:
        """Within this from its start it has to be healthy."""
        ...

    @property
    def meter_was_up(self) -> bool: ...


class GivenUp(Protocol):
    """The last version that was given up."""

    @property
    def slot(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def reason(self) -> str:
        """In a word or two."""
        ...

    @property
    def text(self) -> str:
        """For a person."""
        ...


class FirmwareSlots(Protocol):
    """Where versions of the program are installed, and which starts next.

    Every call is slow and raises `OSError`, having changed nothing that runs. One call at a time.
    """

    @property
    def trial(self) -> Trial | None:
        """Of the running version, while it has to show that it is healthy."""
        ...

    @property
    def failed(self) -> GivenUp | None:
        """The last version that was given up, until another is switched to."""
        ...

    @property
    def floor(self) -> str:
        """No older version is taken; empty for any."""
        ...

    def install(self, image: Path, manifest: Manifest) -> str:
        """Put a verified image beside the running version, and tell in which slot. It does not start yet."""
        ...

    def switch(self, slot: str, manifest: Manifest, deadline_s: float, *, meter_was_up: bool) -> None:
        """Have an installed version start next, on trial."""
        ...

    def confirm(self) -> None:
        """The running version, on trial, is healthy: it is the one that starts from now on."""
        ...

    def healthy(self) -> None:
        """The running version, confirmed before, works: earlier starts in which it did not are forgotten."""
        ...

    def give_up(self, reason: str, text: str) -> None:
        """The running version, on trial, is not healthy: the one before starts next."""
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
