"""Putting an image's files into a slot so that a power cut at any moment leaves a whole version or none."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterable
from typing import BinaryIO

from ngair.adapters.slots.bytecode import SOURCE_MAX_BYTES, Compile, bytecode_path
from ngair.adapters.slots.disk import PAGE_BYTES, SlotDisk
from ngair.adapters.slots.wheel import Wheel, check_together, folders_of
from ngair.device.image.manifest import Manifest, encode_manifest
from ngair.model.limits import FIRMWARE_RESERVE_BYTES

Compiling = Callable[[], contextlib.AbstractContextManager[Compile]]


class Installing:
    """One image into one slot. All raise OSError: of what runs, nothing has changed then."""

    def __init__(self, disk: SlotDisk, folder: str, slot: str, compiling: Compiling) -> None:
        self._disk = disk
        self._folder = folder
        self._slot = f"{folder}/{slot}"
        self._site = f"{folder}/{slot}/site"
        self._compiling = compiling
        self._wheels: list[Wheel] = []
        self._written: list[str] = []
        self._folders: dict[str, None] = {}

    def prepare(self, image: BinaryIO, manifest: Manifest) -> None:
        """Look whether all of it can be installed and there is room. Nothing is changed yet."""
        for file, offset, size in manifest.spans():
            wheel = Wheel(image, file.name, offset, size)
            wheel.verify(file.sha256)
            wheel.open()
            self._wheels.append(wheel)
        check_together(self._wheels)
        needed = sum(_room(entry.file_size, path) for wheel in self._wheels for entry, path in wheel.files)
        room = self._disk.free_bytes(self._folder) + self._taken(self._slot)
        if room < needed + FIRMWARE_RESERVE_BYTES:
            wanted_mib = (needed + FIRMWARE_RESERVE_BYTES - room >> 20) + 1
            raise OSError(errno.ENOSPC, f"the new version needs {wanted_mib} MiB more room in {self._folder}")

    def install(self, manifest: Manifest) -> None:
        """Replace what is in the slot. What says that it is whole goes first, lastingly, and comes last."""
        self._empty()
        try:
            self._make_folder(self._site)
            with self._compiling() as compiled:
                for wheel in self._wheels:
                    self._unpack(wheel, compiled)
            for path in (*self._written, *reversed(self._folders), self._slot):
                self._disk.sync(path)
            self._mark_whole(manifest)
        except OSError:
            # Best effort: a disk that is full gets its room back.
            with contextlib.suppress(OSError):
                self._empty()
            raise

    def _empty(self) -> None:
        names = self._disk.entries(self._slot) if self._disk.is_folder(self._slot) else None
        if names is None:
            self._disk.make_folder(self._slot)
            self._disk.sync(self._folder)
        elif _IMAGE in names:
            self._disk.remove(f"{self._slot}/{_IMAGE}")
            self._disk.sync(self._slot)
        for name in names or ():
            if name != _IMAGE:
                _remove(self._disk, f"{self._slot}/{name}")

    def _unpack(self, wheel: Wheel, compiled: Compile) -> None:
        for entry, path in wheel.files:
            for folder in folders_of(path):
                self._make_folder(f"{self._site}/{folder}")
            if not path.endswith(".py") or entry.file_size > SOURCE_MAX_BYTES:
                self._write(path, wheel.read(entry))
                continue
            source = b"".join(wheel.read(entry))
            self._write(path, (source,))
            code = compiled(source, f"{self._site}/{path}")
            if code is not None:
                cached = bytecode_path(path)
                self._make_folder(f"{self._site}/{cached.rpartition('/')[0]}")
                self._write(cached, (code,))

    def _write(self, path: str, chunks: Iterable[bytes]) -> None:
        self._disk.write(f"{self._site}/{path}", chunks)
        self._written.append(f"{self._site}/{path}")

    def _make_folder(self, path: str) -> None:
        if path not in self._folders:
            self._disk.make_folder(path)
            self._folders[path] = None

    def _mark_whole(self, manifest: Manifest) -> None:
        new = f"{self._slot}/.{_IMAGE}.new"
        self._disk.write(new, (encode_manifest(manifest),))
        self._disk.sync(new)
        self._disk.rename(new, f"{self._slot}/{_IMAGE}")
        self._disk.sync(self._slot)

    def _taken(self, path: str) -> int:
        """What emptying the slot gives back."""
        return self._disk.size(path) if self._disk.is_folder(path) else 0


def _remove(disk: SlotDisk, path: str) -> None:
    """A file, or a folder with all that is in it."""
    try:
        disk.remove(path)
    except IsADirectoryError:
        for name in disk.entries(path):
            _remove(disk, f"{path}/{name}")
        disk.remove_folder(path)


def _room(size: int, path: str) -> int:
    """What a file takes: whole pages, its place in a folder, and bytecode about as long as its source."""
    pages = -(-size // PAGE_BYTES) + 1
    return PAGE_BYTES * (2 * pages if path.endswith(".py") else pages)


_IMAGE = "image.json"
