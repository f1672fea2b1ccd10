"""The folder where an image lies while it comes in, under names of our own."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ngair.model.limits import UPLOAD_SYNC_BYTES

PART = "incoming.part"
WHOLE = "incoming.ngfw"


class IncomingFolder:
    """Implements `gateway.uploading.IncomingFolder`. One image at a time. Everything raises `OSError`, and is slow."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        """Remove what an upload before left: one that a power cut ended, or one that was installed."""
        for name in (PART, WHOLE):
            (self._path / name).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """How much may be written there."""
        self._path.mkdir(mode=0o700, exist_ok=True)
        disk = os.statvfs(self._path)
        return disk.f_bavail * disk.f_frsize

    def open(self) -> IncomingFile:
        """Begin a file, in place of one before."""
        self.clear()
        return IncomingFile(self._path)


class IncomingFile:
    """An image on its way to the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Not followed and not shared: whoever may write here could have laid a link.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(folder / PART, flags, 0o600)
        self._unsynced = 0

    def write(self, data: bytes) -> None:
        """Append."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._unsynced += len(data)
        if self._unsynced >= UPLOAD_SYNC_BYTES:
            self._unsynced = 0
            os.fdatasync(self._descriptor)

    def keep(self) -> Path:
        """It is whole: on the disk for good when this returns."""
        os.fsync(self._descriptor)
        self._close()
        whole = (self._folder / PART).replace(self._folder / WHOLE)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return whole

    def discard(self) -> None:
        """Leave nothing of it. Safe to call twice, and on a disk that takes nothing any more."""
        with contextlib.suppress(OSError):
            self._close()
        for name in (PART, WHOLE):
            with contextlib.suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)
