"""Wheels as they stand in an image: what in them goes where, and what no wheel of ours has."""

from __future__ import annotations

import errno
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ngair.adapters.firmware.span import Span
from ngair.model.limits import (
    FIRMWARE_ENTRIES_MAX,
    FIRMWARE_INDEX_MAX_BYTES,
    FIRMWARE_PATH_MAX_BYTES,
    FIRMWARE_UNPACKED_MAX_BYTES,
    UPLOAD_PIECE_BYTES,
)

Placed = tuple[zipfile.ZipInfo, str]
"""A file of a wheel, and its path in the folder of packages."""


class WheelError(OSError):
    """A wheel that cannot be unpacked, or not safely."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(errno.EBADMSG, f"{name}: {text}")


class Wheel:
    """One wheel, at its place in an image. All raise `WheelError`, and OSError where the image cannot be read."""

    def __init__(self, image: BinaryIO, name: str, offset: int, size: int) -> None:
        self.name = name
        self._span = Span(image, offset, size)
        self.files: tuple[Placed, ...] = ()

    def verify(self, sha256: str) -> None:
        """Whether it is what its manifest says, since it lay on a disk meanwhile."""
        digest = hashlib.sha256()
        self._span.seek(0)
        while piece := self._span.read(UPLOAD_PIECE_BYTES):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            raise WheelError(self.name, "is not what it was when the image came")

    def open(self) -> None:
        """Read what is in it."""
        try:
            _check_index(self._span)
            self._zip = zipfile.ZipFile(self._span)
            entries = self._zip.infolist()
            if len(entries) > FIRMWARE_ENTRIES_MAX:
                raise ValueError("has too many files")
            if not any(_is_wheel_file(entry.filename) for entry in entries):
                raise ValueError("is no wheel: there is no dist-info/WHEEL in it")
            self.files = tuple(_placed(entries))
        except _UNREADABLE as error:
            raise WheelError(self.name, str(error)) from error

    def read(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """A file's bytes in pieces: as many as it says, and with the check sum that it has."""
        try:
            left = entry.file_size
            with self._zip.open(entry) as file:
                while piece := file.read(UPLOAD_PIECE_BYTES):
                    left -= len(piece)
                    yield piece
            # The library does not mind an end that comes too early, where the check sum is that of what came.
            if left:
                raise ValueError("is not as long as it says")
        except _UNREADABLE as error:
            raise WheelError(self.name, f"{entry.filename}: {error}") from error


def check_together(wheels: Iterable[Wheel]) -> None:
    """Whether all fit into one folder. Raises `WheelError`."""
    files: set[str] = set()
    folders: set[str] = set()
    total = 0
    for wheel in wheels:
        for entry, path in wheel.files:
            total += entry.file_size
            if path in files:
                raise WheelError(wheel.name, f"{path} is there twice")
            files.add(path)
            folders.update(folders_of(path))
        if total > FIRMWARE_UNPACKED_MAX_BYTES or len(files) > FIRMWARE_ENTRIES_MAX:
            raise WheelError(wheel.name, "there is too much to unpack")
        if both := files & folders:
            raise WheelError(wheel.name, f"{min(both)} is a file and a folder")


def folders_of(path: str) -> Iterator[str]:
    """The folders that lead to a file, the outermost first."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _placed(entries: list[zipfile.ZipInfo]) -> Iterator[Placed]:
    """What of it is installed. Raises ValueError for what is not safe, also where it would not be."""
    for entry in entries:
        parts = _checked_parts(entry)
        _check_kind(entry)
        if parts[0].endswith(".data"):
            parts = parts[2:] if parts[1:2] in (["purelib"], ["platlib"]) else []
        # Bytecode is made here, for this Python.
        if parts and not entry.is_dir() and "__pycache__" not in parts:
            yield entry, "/".join(parts)


def _checked_parts(entry: zipfile.ZipInfo) -> list[str]:
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_NAME and not name.isascii():
        raise ValueError("a name in it is not UTF-8")
    parts = name.removesuffix("/").split("/")
    if "\\" in name or not name.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{name[:100]!a} is no safe name")
    if len(name.encode()) > FIRMWARE_PATH_MAX_BYTES or any(len(part.encode()) > _PART_MAX_BYTES for part in parts):
        raise ValueError(f"{name[:100]!a}… is too long a name")
    return parts


def _check_kind(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in ((0, stat.S_IFDIR) if entry.is_dir() else (0, stat.S_IFREG)):
        raise ValueError(f"{entry.filename} is no plain file")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{entry.filename} is packed in a way that wheels are not")


def _is_wheel_file(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder.endswith(".dist-info") and file == "WHEEL"


def _check_index(span: io.RawIOBase) -> None:
    """Raises ValueError where the index of the archive is not at its very end, or so large that reading it hurts."""
    size = span.seek(0, io.SEEK_END)
    span.seek(max(0, size - _END_BYTES - _LOCATOR_BYTES))
    tail = span.read() or b""
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(b"PK\5\6") or end[-2:] != b"\0\0":
        raise ValueError("is no wheel: no index at its end")
    large = tail[:-_END_BYTES].startswith(b"PK\6\7")
    if large or int.from_bytes(end[12:16], "little") > FIRMWARE_INDEX_MAX_BYTES:
        raise ValueError("has too large an index")


_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_PART_MAX_BYTES = 255
_END_BYTES = 22
_LOCATOR_BYTES = 20
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)
