"""Images as they are made and signed, and what can be done to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from ngair.device.image import File, ImageReader, ImageRefusedError, Manifest, Reason, Trust
from ngair.device.image.keys import public_of
from ngair.device.image.writing import image_head, make_head

KEY = bytes(range(32))
STRANGERS_KEY = bytes(range(1, 33))
HARDWARE = "linux-x86_64-cpython-311"
TRUST = Trust(keys=(public_of(KEY),), hardware=HARDWARE, version="0.6.0", floor="0.5.0")
FILES: Mapping[str, bytes] = {
    "ngair-0.7.0-py3-none-any.whl": b"the program " * 300,
    "msgspec-0.22.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": b"a wheel " * 777,
    "tzdata-2026.1-py2.py3-none-any.whl": b"zones" * 11,
}


def manifest(files: Mapping[str, bytes] = FILES, **changes: Any) -> Manifest:
    """A good one of 0.7.0, but for the changes."""
    listed = tuple(File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items())
    good = Manifest(
        format=1,
        product="ngair",
        version="0.7.0",
        hardware=(HARDWARE,),
        minimum_version="0.6.0",
        from_version="0",
        files=listed,
    )
    return replace(good, **changes)


def image(files: Mapping[str, bytes] = FILES, key: bytes | None = KEY, **changes: Any) -> bytes:
    """A whole image."""
    return make_head(manifest(files, **changes), key) + b"".join(files.values())


def image_saying(said: object, key: bytes = KEY) -> bytes:
    """The head of an image, well signed, whatever its manifest says; bytes are taken as they are."""
    return image_head(said if isinstance(said, bytes) else msgspec.json.encode(said), key)


def refusal_of(
    data: bytes, trust: Trust = TRUST, piece: int = 1 << 20, length: int | None = None
) -> tuple[Reason | None, int]:
    """Why an image is refused, `None` if it is not, and after how many bytes that was known."""
    fed = 0
    try:
        reader = ImageReader(trust, length)
        while fed < len(data):
            part = data[fed : fed + piece]
            fed += len(part)
            reader.feed(part)
        reader.finish()
    except ImageRefusedError as error:
        return error.reason, fed
    return None, fed
