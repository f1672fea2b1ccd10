"""Wheels as builders make them, and such as no builder does."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def make_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    metadata: str | None = None,
    record: str | None = None,
    entries: tuple[tuple[ZipInfo, bytes], ...] = (),
) -> Path:
    """A wheel of this name with these files, and with `entries` that are not listed in it."""
    project, version = name.split("-")[:2]
    about = f"{project}-{version}.dist-info"
    told = metadata if metadata is not None else f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    all_files = {**files, f"{about}/METADATA": told.encode(), f"{about}/WHEEL": b"Wheel-Version: 1.0\n"}
    rows = [f"{path},{_sum(data)},{len(data)}" for path, data in all_files.items()] + [f"{about}/RECORD,,"]
    path = folder / name
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for inner, data in all_files.items():
            archive.writestr(ZipInfo(inner), data)
        archive.writestr(ZipInfo(f"{about}/RECORD"), record if record is not None else "\n".join(rows))
        for entry, data in entries:
            archive.writestr(entry, data)
    return path


def program(folder: Path, version: str = "0.7.0", code: bytes = b"print('hello')\n") -> Path:
    """A wheel of the program."""
    return make_wheel(folder, f"ngair-{version}-py3-none-any.whl", {"ngair/__init__.py": code})


def _sum(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
