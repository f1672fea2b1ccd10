"""Fuzz target of images and upload paths: python -m tests.fuzz.fuzz_image -runs=N (needs atheris, only there for x86).

Input is an image however damaged, of which the last byte says how it is cut. What it says of itself is also signed
anew, so that what lies behind the signature is reached. The ordinary tests run `check` as well.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from ngair.device.image import ImageReader, ImageRefusedError, Trust, upload_name
from ngair.device.image.head import read_head
from ngair.device.image.manifest import encode_manifest, read_manifest
from ngair.device.image.writing import image_head
from tests.device.images import HARDWARE, KEY, TRUST, image

FOLDER = Path(__file__).parent / "images"
FILES = {"ngair-0.7.0-py3-none-any.whl": b"the program", "ifaddr-0.2.0-py3-none-any.whl": b"a wheel"}
GOOD = image(FILES)


def check(data: bytes) -> None:
    """Raises where reading breaks a promise."""
    piece = data[-1] + 1 if data else 1
    taken = _read(data, TRUST, piece)
    # Nobody but whoever has the key makes an image that is taken.
    assert not taken or data == GOOD
    with contextlib.suppress(ImageRefusedError):
        head = read_head(data)
        _check_manifest(data if head is None else head.manifest)
    with contextlib.suppress(ValueError):
        assert "/" not in upload_name(data)


def _check_manifest(said: bytes) -> None:
    """As if somebody trusted had signed it."""
    trust = Trust(keys=TRUST.keys, hardware=HARDWARE, version="0.6.0", floor="0.1")
    if 0 < len(said) < 60_000:
        _read(image_head(said, KEY) + said, trust, 1 << 16)
    with contextlib.suppress(ImageRefusedError):
        manifest = read_manifest(said)
        assert encode_manifest(read_manifest(encode_manifest(manifest))) == encode_manifest(manifest)


def _read(data: bytes, trust: Trust, piece: int) -> bool:
    reader = ImageReader(trust)
    try:
        for start in range(0, len(data), piece):
            reader.feed(data[start : start + piece])
            assert 0 <= reader.progress <= 100
        reader.finish()
    except ImageRefusedError as error:
        told = str(error)
    else:
        return True
    assert told.isprintable()
    return False


def seeds() -> list[Path]:
    """A good image and one that nobody signed."""
    return sorted(FOLDER.glob("*.ngfw"))


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=16384"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
