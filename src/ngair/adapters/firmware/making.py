"""Images are made of wheels, and signed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ngair.adapters.firmware.looking import look_at
from ngair.adapters.firmware.wheels import PIECE_BYTES, check_wheel
from ngair.device.image import File, ImageRefusedError, Manifest
from ngair.device.image.manifest import FORMAT, PRODUCT, encode_manifest, read_manifest
from ngair.device.image.wheel_name import HARDWARE
from ngair.device.image.writing import image_head, make_head


def make_image(
    wheels: Sequence[Path],
    out: Path,
    private: bytes | None,
    hardware: Sequence[str] = (),
    minimum_version: str = "",
    from_version: str = "0",
) -> Manifest:
    """Make an image of the program's wheel and those that it needs. The same wheels make the same bytes.

    Without `hardware` it is for all that every wheel runs on; without `minimum_version` nothing older than itself is
    taken after it. Raises `ValueError` with the wheel and what is wrong, and `OSError`.
    """
    version = ""
    fitting = list(hardware or HARDWARE)
    files: dict[Path, File] = {}
    for path in sorted(wheels, key=lambda path: path.name):
        with path.open("rb") as file:
            try:
                wheel = check_wheel(path.name, file)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256")
            files[path] = File(path.name, file.tell(), digest.hexdigest())
        if wheel.project == PRODUCT:
            version = wheel.version
        if not hardware:
            fitting = [one for one in fitting if wheel.fits(one)]
            if not fitting:
                raise ValueError(f"{path}: runs on nothing that the others run on, too: give wheels for one machine")
    if not version:
        raise ValueError(f"the wheel of the program itself is missing: {PRODUCT}-…-py3-none-any.whl")
    manifest = Manifest(
        format=FORMAT,
        product=PRODUCT,
        version=version,
        hardware=tuple(sorted(set(fitting))),
        minimum_version=minimum_version or version,
        from_version=from_version,
        files=tuple(files.values()),
    )
    try:
        # As a box will read it.
        manifest = read_manifest(encode_manifest(manifest))
    except ImageRefusedError as error:
        raise ValueError(str(error)) from None
    _write(out, make_head(manifest, private), files)
    return manifest


def sign_image(path: Path, private: bytes) -> Manifest:
    """Sign an image in place, whoever signed it before.

    Raises `ImageRefusedError` or `ValueError` for one that no box would take, and `OSError`.
    """
    found = look_at(path, ())
    if found.faults:
        raise ValueError(found.faults[0])
    head = image_head(found.head.manifest, private)
    with path.open("r+b") as file:
        file.write(head)
        file.flush()
        os.fsync(file.fileno())
    return found.manifest


def _write(out: Path, head: bytes, files: dict[Path, File]) -> None:
    """Under another name first: a build that fails must not cost the image before."""
    unfinished = out.with_name(f".{out.name}.new")
    try:
        with unfinished.open("wb") as image:
            image.write(head)
            for path, listed in files.items():
                _append(image, path, listed)
            image.flush()
            os.fsync(image.fileno())
        unfinished.replace(out)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _append(image: BinaryIO, path: Path, listed: File) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as wheel:
        while piece := wheel.read(PIECE_BYTES):
            digest.update(piece)
            image.write(piece)
    if digest.hexdigest() != listed.sha256:
        raise ValueError(f"{path}: was changed while it was read")
