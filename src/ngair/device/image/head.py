"""What stands in front of an image's files: its manifest, and who signed that."""

from __future__ import annotations

import msgspec

from ngair.device.image.manifest import KEY_ID_BYTES, LENGTH_BYTES, MAGIC, SIGNATURE_BYTES
from ngair.device.image.refusing import ImageRefusedError
from ngair.model.limits import FIRMWARE_MANIFEST_MAX_BYTES


class Head(msgspec.Struct, frozen=True):
    """Its parts, as they stand there."""

    manifest: bytes
    key_id: bytes
    signature: bytes

    @property
    def is_signed(self) -> bool:
        """Whether somebody signed it; not whether that is good."""
        return any(self.key_id)

    @property
    def size(self) -> int:
        """All of it."""
        return _FRONT + len(self.manifest) + KEY_ID_BYTES + SIGNATURE_BYTES


def read_head(data: bytes | bytearray) -> Head | None:
    """From what came so far; `None` while it is not whole. Raises `ImageRefusedError` as soon as it cannot be one."""
    if not MAGIC.startswith(data[: len(MAGIC)]):
        raise ImageRefusedError("not an image", "This is no firmware image: those are files named *.ngfw.")
    if len(data) < _FRONT:
        return None
    size = int.from_bytes(data[len(MAGIC) : _FRONT], "big")
    if not 0 < size <= FIRMWARE_MANIFEST_MAX_BYTES:
        raise ImageRefusedError("damaged", "The head of the image cannot be: it was damaged.")
    its_key = _FRONT + size
    signature = its_key + KEY_ID_BYTES
    end = signature + SIGNATURE_BYTES
    if len(data) < end:
        return None
    return Head(bytes(data[_FRONT:its_key]), bytes(data[its_key:signature]), bytes(data[signature:end]))


def write_head(manifest: bytes, key_id: bytes, signature: bytes) -> bytes:
    """All in front of the files."""
    return MAGIC + len(manifest).to_bytes(LENGTH_BYTES, "big") + manifest + key_id + signature


_FRONT = len(MAGIC) + LENGTH_BYTES
