"""Firmware that comes in: verified as it comes, on the disk only once its head is known to be good."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ngair.device.image import ImageReader, ImageRefusedError, Manifest, Reason, Trust
from ngair.gateway.ports import UploadRefusedError
from ngair.model.limits import FIRMWARE_RESERVE_BYTES, UPLOAD_PIECE_BYTES
from ngair.model.update import Update

T = TypeVar("T")


class IncomingFile(Protocol):
    """An image on its way to the disk. Everything but `discard` raises `OSError`; everything is slow."""

    def write(self, data: bytes) -> None:
        """Append."""
        ...

    def keep(self) -> Path:
        """It is whole and on the disk for good: where."""
        ...

    def discard(self) -> None:
        """Leave nothing of it."""
        ...


class IncomingFolder(Protocol):
    """Where images lie while they come in. Everything raises `OSError` and is slow."""

    def clear(self) -> None:
        """Remove what was left there."""
        ...

    def free_bytes(self) -> int:
        """How much may be written there."""
        ...

    def open(self) -> IncomingFile:
        """Begin a file, in place of one before."""
        ...


class Uploading:
    """Takes one image at a time. Implements `UploadSink`."""

    def __init__(
        self,
        folder: IncomingFolder,
        trust: Callable[[], Trust],
        on_update: Callable[[Update], None],
        on_image: Callable[[Path, Manifest], None],
        unfit: Callable[[], UploadRefusedError | None] = lambda: None,
    ) -> None:
        """`trust` is asked at each upload. `on_image` is given what was verified, and owns the file from then on.

        `unfit` tells why no image can be taken at this moment, such as while one before is on trial.
        """
        self._folder = folder
        self._trust = trust
        self._on_update = on_update
        self._on_image = on_image
        self._unfit = unfit
        self._upload: _Upload | None = None
        self._clearing: asyncio.Future[None] | None = None

    async def clear(self) -> None:
        """Remove what an upload left that a power cut ended. To be called at a start. None begins before it is over."""
        self._clearing = asyncio.ensure_future(asyncio.to_thread(self._folder.clear))
        await asyncio.shield(self._clearing)

    async def begin(self, length: int | None) -> _Upload:
        """Begin an upload. Raises `UploadRefusedError`, having changed nothing."""
        if self._clearing is not None:
            await asyncio.wait({self._clearing})
        unfit = self._unfit()
        if unfit is not None:
            raise unfit
        if self._upload is not None:
            raise UploadRefusedError(409, "Another upload is on its way: wait until it has ended.")
        trust = self._trust()
        if not trust.keys:
            raise UploadRefusedError(403, NO_KEYS)
        try:
            reader = ImageReader(trust, length)
        except ImageRefusedError as error:
            raise _refused(error) from None
        upload = self._upload = _Upload(self._folder, reader, self._on_update, self._on_image, self._leave)
        try:
            if length is not None:
                await upload.see_room_for(length)
                # What waited may have been started meanwhile.
                if (unfit := self._unfit()) is not None:
                    raise unfit
        except OSError as error:
            self._leave()
            raise _refused(error) from None
        except BaseException:
            self._leave()
            raise
        self._on_update(Update(state="receiving"))
        return upload

    def _leave(self) -> None:
        self._upload = None


class _Upload:
    """One image on its way in. Whoever writes awaits each call before the next."""

    def __init__(
        self,
        folder: IncomingFolder,
        reader: ImageReader,
        on_update: Callable[[Update], None],
        on_image: Callable[[Path, Manifest], None],
        leave: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._reader = reader
        self._on_update = on_update
        self._on_image = on_image
        self._leave = leave
        self._file: IncomingFile | None = None
        self._ahead = bytearray()
        self._doing: asyncio.Future[Any] | None = None
        self._cleaning: asyncio.Future[None] | None = None
        self._told = (0, "")

    async def write(self, data: bytes) -> None:
        """The next bytes. They are verified and written beside the coming of those that follow."""
        self._ahead += data
        if self._file is None or len(self._ahead) >= UPLOAD_PIECE_BYTES:
            async with self._failing():
                await self._pass_on()

    async def finish(self) -> str:
        """It is whole: its version."""
        async with self._failing():
            await self._pass_on()
            await self._done()
            manifest = self._reader.finish()
            assert self._file is not None
            path = await self._do(self._file.keep)
        # There is nothing to be cleaned any more.
        self._cleaning = self._doing
        self._leave()
        self._on_image(path, manifest)
        return manifest.version

    async def abort(self) -> None:
        """It will not be whole."""
        await self._fail("The upload was broken off: begin it again.")

    async def see_room_for(self, size: int) -> None:
        """Raises `UploadRefusedError` where so much does not fit on the disk, and `OSError`."""
        free = await self._do(self._folder.free_bytes)
        if free < size + FIRMWARE_RESERVE_BYTES:
            raise UploadRefusedError(
                507,
                f"There is no room: the image needs {size >> 20} MiB and {FIRMWARE_RESERVE_BYTES >> 20} beside it, and "
                f"{free >> 20} are free on the box's disk.",
            )

    async def _pass_on(self) -> None:
        """Have what has come taken, as soon as what came before is."""
        await self._done()
        piece, self._ahead = bytes(self._ahead), bytearray()
        if self._file is not None:
            self._begin(self._take, self._file, piece)
        else:
            await self._do(self._reader.feed, piece)
            if self._reader.manifest is not None:
                await self._open(self._reader.manifest, piece)
        self._tell()

    async def _open(self, manifest: Manifest, piece: bytes) -> None:
        """The head is good: only now something is written. `piece` has its end, and what came behind it."""
        await self.see_room_for(manifest.image_bytes)
        behind = self._reader.received - len(self._reader.head)
        await self._do(self._start, self._reader.head + piece[len(piece) - behind :])

    def _start(self, piece: bytes) -> None:
        self._file = self._folder.open()
        self._file.write(piece)

    def _take(self, file: IncomingFile, piece: bytes) -> None:
        self._reader.feed(piece)
        file.write(piece)

    def _begin(self, work: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        doing = self._doing = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
        return doing

    async def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        """Have something slow done. Whoever waits may be cancelled; what was begun goes on."""
        doing = self._begin(work, *arguments)
        await asyncio.wait({doing})
        return doing.result()

    async def _done(self) -> None:
        """Wait for what was begun. Raises what came of it."""
        if self._doing is not None:
            await asyncio.wait({self._doing})
            self._doing.result()

    @contextlib.asynccontextmanager
    async def _failing(self) -> AsyncIterator[None]:
        """Whatever goes wrong ends the upload, and is told as a refusal."""
        try:
            yield
        except (ImageRefusedError, UploadRefusedError, OSError) as error:
            refused = _refused(error)
            await self._fail(str(refused), error.reason if isinstance(error, ImageRefusedError) else "")
            raise refused from None
        except BaseException:
            await self.abort()
            raise

    async def _fail(self, why: str, reason: str = "") -> None:
        if self._cleaning is None:
            version = self._reader.manifest.version if self._reader.manifest else ""
            self._on_update(Update(state="failed", version=version, reason=reason, detail=why))
            self._cleaning = asyncio.ensure_future(self._clean())
        await asyncio.wait({self._cleaning})

    async def _clean(self) -> None:
        """Free disk and place, but not under a thread that still writes."""
        if self._doing is not None:
            await asyncio.wait({self._doing})
            if not self._doing.cancelled():
                # Told already, or of no interest any more.
                self._doing.exception()
        if self._file is not None:
            await asyncio.to_thread(self._file.discard)
        self._leave()

    def _tell(self) -> None:
        """How far it is, whenever that is another whole percent."""
        manifest = self._reader.manifest
        news = (self._reader.progress, manifest.version if manifest else "")
        if news != self._told:
            self._told = news
            self._on_update(Update(state="receiving", progress=news[0], version=news[1]))


def _refused(error: Exception) -> UploadRefusedError:
    """What HTTP calls it."""
    if isinstance(error, UploadRefusedError):
        return error
    if isinstance(error, ImageRefusedError):
        return UploadRefusedError(_STATUS.get(error.reason, 422), str(error))
    assert isinstance(error, OSError)
    status = 507 if error.errno in (errno.ENOSPC, errno.EDQUOT) else 500
    why = error.strerror or type(error).__name__
    return UploadRefusedError(status, f"The image could not be written ({why}): look at the box's disk.")


_STATUS: dict[Reason, int] = {"not an image": 415, "no keys": 403, "too large": 413}
NO_KEYS = (
    "This box takes no firmware, for it knows nobody whose it may take: put their public keys into the file that "
    "firmware_keys names."
)
