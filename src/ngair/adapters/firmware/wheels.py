"""Whether a wheel is what it says, and may be installed by unpacking it."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import stat
import zlib
from email import message_from_bytes
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ngair.device.image.wheel_name import WheelName, wheel_name
from ngair.model.limits import WHEEL_FILES_MAX, WHEEL_UNPACKED_MAX_BYTES

PIECE_BYTES = 1024 * 1024
TABLE_MAX_BYTES = 4 * 1024 * 1024
"""Of a text that is read whole: the longest table of contents known has some hundred KiB."""


def check_wheel(name: str, file: BinaryIO) -> WheelName:
    """What its name tells, when all that is in it bears that out. Raises `ValueError`, with what is wrong."""
    named = wheel_name(name)
    try:
        with ZipFile(file) as archive:
            entries = _entries(archive)
            about = _about(entries)
            _check_metadata(_text(archive, entries, f"{about}/METADATA"), named)
            _check_sums(archive, entries, about)
    except (BadZipFile, NotImplementedError, zlib.error, RuntimeError, EOFError, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"cannot be read as a wheel ({error})") from None
    return named


def _entries(archive: ZipFile) -> dict[str, ZipInfo]:
    """Its files by name, of which none leads out of the folder that they are unpacked to."""
    entries: dict[str, ZipInfo] = {}
    for entry in archive.infolist():
        name = entry.filename
        parts = name.removesuffix("/").split("/")
        if name.startswith("/") or "\\" in name or "\0" in entry.orig_filename or {"", ".", ".."} & set(parts):
            raise ValueError("has a file that leads out of its folder")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError("has a link, or something else that is no file")
        if parts[0].endswith(".data") and parts[1:2] in (["purelib"], ["platlib"]):
            raise ValueError("has to be installed, not unpacked")
        if name in entries:
            raise ValueError("has a file twice")
        if not entry.is_dir():
            entries[name] = entry
    if len(entries) > WHEEL_FILES_MAX or sum(entry.file_size for entry in entries.values()) > WHEEL_UNPACKED_MAX_BYTES:
        raise ValueError("is far too large when it is unpacked")
    return entries


def _about(entries: dict[str, ZipInfo]) -> str:
    folders = {name.partition("/")[0] for name in entries if name.partition("/")[0].endswith(".dist-info")}
    if len(folders) != 1:
        raise ValueError("has no folder that tells what it is, or several")
    return folders.pop()


def _check_metadata(text: bytes, named: WheelName) -> None:
    told = message_from_bytes(text)
    project = re.sub(r"[-_.]+", "-", str(told["Name"])).lower()
    if (project, str(told["Version"])) != (named.project, named.version):
        raise ValueError("is named otherwise than what is in it")


def _check_sums(archive: ZipFile, entries: dict[str, ZipInfo], about: str) -> None:
    """Every file is listed with its sum, and is so."""
    record = f"{about}/RECORD"
    sums: dict[str, str] = {}
    for row in csv.reader(_text(archive, entries, record).decode("utf-8").splitlines()):
        if len(row) != 3:
            raise ValueError("has a list of its files that cannot be")
        sums[row[0]] = row[1]
    for name, entry in entries.items():
        if name.startswith(record):
            continue
        if sums.pop(name, None) != _sum(archive, entry):
            raise ValueError(f"has a file that was changed, or is not listed ({name[:80]!a})")
    if any(not name.startswith(record) for name in sums):
        raise ValueError("lacks a file that it lists")


def _sum(archive: ZipFile, entry: ZipInfo) -> str:
    digest = hashlib.sha256()
    with archive.open(entry) as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode("ascii")


def _text(archive: ZipFile, entries: dict[str, ZipInfo], name: str) -> bytes:
    if name not in entries or entries[name].file_size > TABLE_MAX_BYTES:
        raise ValueError(f"has no {name.rpartition('/')[2]}")
    return archive.read(name)
