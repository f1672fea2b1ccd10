"""An image on disk is looked at as a box would, and closer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ngair.adapters.firmware.span import Span
from ngair.adapters.firmware.wheels import PIECE_BYTES, check_wheel
from ngair.device.image import ImageReader, ImageRefusedError, Manifest, Trust
from ngair.device.image.head import Head, read_head
from ngair.device.image.keys import is_signed, key_id, public_of
from ngair.device.image.manifest import read_manifest
from ngair.device.image.writing import image_head
from ngair.model.limits import FIRMWARE_MANIFEST_MAX_BYTES

HEAD_MAX_BYTES = FIRMWARE_MANIFEST_MAX_BYTES + 1024


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What an image is."""

    head: Head
    manifest: Manifest
    faults: tuple[str, ...]
    """Why every box would refuse it, or fail to install it, whoever signed it."""
    signer: str
    """Why a box that trusts the given keys would refuse it for its signature; empty if it would not."""


def look_at(path: Path, keys: tuple[bytes, ...]) -> Found:
    """Look at the whole of it. Raises `ImageRefusedError` for what is no image at all, and `OSError`."""
    with path.open("rb") as file:
        head = read_head(file.read(HEAD_MAX_BYTES))
        if head is None:
            raise ImageRefusedError("truncated", "The image ends within its head: bring the whole of it.")
        manifest = read_manifest(head.manifest)
        fault = _content_fault(file, head, manifest)
        faults = (fault,) if fault else tuple(_wheel_faults(file, manifest))
    return Found(head=head, manifest=manifest, faults=faults, signer=_signer_fault(head, keys))


def _content_fault(file: BinaryIO, head: Head, manifest: Manifest) -> str:
    """Why a box that trusts whoever signed it would refuse it all the same."""
    # Signed once more, with a key that only this look trusts: then all that a box looks at is looked at.
    key = bytes(32)
    trust = Trust(keys=(public_of(key),), hardware=manifest.hardware[0], version=manifest.version)
    reader = ImageReader(trust)
    file.seek(head.size)
    try:
        reader.feed(image_head(head.manifest, key))
        while piece := file.read(PIECE_BYTES):
            reader.feed(piece)
        reader.finish()
    except ImageRefusedError as error:
        return str(error)
    return ""


def _wheel_faults(file: BinaryIO, manifest: Manifest) -> Iterator[str]:
    for listed, offset, size in manifest.spans():
        try:
            check_wheel(listed.name, io.BufferedReader(Span(file, offset, size)))
        except ValueError as error:
            yield f"{listed.name}: {error}"


def _signer_fault(head: Head, keys: tuple[bytes, ...]) -> str:
    if not head.is_signed:
        return "it is not signed"
    if not keys:
        return f"it is signed with key {head.key_id.hex()}, and no key is known to verify that with"
    named = [key for key in keys if key_id(key) == head.key_id]
    if not named:
        return f"it is signed with key {head.key_id.hex()}, which is not trusted"
    if not any(is_signed(key, head.signature, head.manifest) for key in named):
        return "its signature is wrong: it was damaged or changed"
    return ""
