"""The head of an image, as it is made and signed. The files follow it in the manifest's order."""

from __future__ import annotations

from ngair.device.image.head import write_head
from ngair.device.image.keys import sign
from ngair.device.image.manifest import KEY_ID_BYTES, SIGNATURE_BYTES, Manifest, encode_manifest


def image_head(manifest: bytes, private: bytes | None) -> bytes:
    """Of a manifest's bytes; unsigned without a key."""
    unsigned = bytes(KEY_ID_BYTES), bytes(SIGNATURE_BYTES)
    return write_head(manifest, *(unsigned if private is None else sign(private, manifest)))


def make_head(manifest: Manifest, private: bytes | None) -> bytes:
    """Of a manifest."""
    return image_head(encode_manifest(manifest), private)
