"""The head of an image, as it is made and signed."""

from __future__ import annotations

from ngair.device.image.keys import sign
from ngair.device.image.manifest import KEY_ID_BYTES, LENGTH_BYTES, MAGIC, SIGNATURE_BYTES, Manifest, encode_manifest

UNSIGNED = bytes(KEY_ID_BYTES), bytes(SIGNATURE_BYTES)


def image_head(manifest: bytes, private: bytes | None) -> bytes:
    """All in front of the files, of a manifest's bytes; unsigned without a key."""
    its_key, signature = UNSIGNED if private is None else sign(private, manifest)
    return MAGIC + len(manifest).to_bytes(LENGTH_BYTES, "big") + manifest + its_key + signature


def make_head(manifest: Manifest, private: bytes | None) -> bytes:
    """All in front of the files. They follow in the manifest's order."""
    return image_head(encode_manifest(manifest), private)
