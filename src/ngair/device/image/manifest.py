"""What an image says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ngair.device.image.refusing import ImageRefusedError
from ngair.device.image.version import is_older, order
from ngair.device.image.wheel_name import is_version, wheel_name
from ngair.model.limits import (
    FIRMWARE_FILES_MAX,
    FIRMWARE_HARDWARE_MAX,
    FIRMWARE_MANIFEST_MAX_BYTES,
    FIRMWARE_MAX_BYTES,
)

FORMAT = 1
PRODUCT = "ngair"
MAGIC = b"NGFW\r\n\x1a\x01"
"""Its line end and its end of file tell a copy that was taken for text (as PNG does)."""
LENGTH_BYTES = 4
KEY_ID_BYTES = 8
SIGNATURE_BYTES = 64


class File(msgspec.Struct, frozen=True):
    """A wheel in an image."""

    name: str
    """The wheel's own: it fits a folder of any file system and leads into no other."""
    size: int
    """In bytes."""
    sha256: str
    """64 lower-case hex digits."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whoever got one from `ImageReader` may rely on all that is told here."""

    format: int
    product: str
    version: str
    hardware: tuple[str, ...]
    """Ids of the boxes that it is for. Every wheel of it fits each."""
    minimum_version: str
    """Once this is confirmed, nothing older is taken."""
    from_version: str
    """Boxes with something older need another version first."""
    files: tuple[File, ...]
    payload_at: int = 0
    """Where in the image its files begin; 0 for a manifest that is in none yet."""

    @property
    def image_bytes(self) -> int:
        """The size of the whole image."""
        return self.payload_at + sum(file.size for file in self.files)

    def spans(self) -> Iterator[tuple[File, int, int]]:
        """Each file with its place in the image: file, offset, size."""
        offset = self.payload_at
        for file in self.files:
            yield file, offset, file.size
            offset += file.size


def encode_manifest(manifest: Manifest) -> bytes:
    """As it stands in an image: the same manifest gives the same bytes."""
    return msgspec.json.encode(replace(manifest, payload_at=0))


def read_manifest(data: bytes) -> Manifest:
    """What stands in an image. Raises `ImageRefusedError` for what cannot be.

    Keys that are not known here are for versions to come, and left out.
    """
    if len(data) > FIRMWARE_MANIFEST_MAX_BYTES:
        raise ImageRefusedError("too large", "What the image says of itself is far too long.")
    try:
        form = msgspec.json.decode(data, type=_Form)
        if form.format != FORMAT and form.product == PRODUCT:
            raise ImageRefusedError(
                "needs a newer version first",
                f"The image is of form {form.format}, and this version reads form {FORMAT}: update to one between.",
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(f"it cannot be read ({_told(error)})") from None
    _check(manifest)
    return replace(manifest, payload_at=len(MAGIC) + LENGTH_BYTES + len(data) + KEY_ID_BYTES + SIGNATURE_BYTES)


def _check(manifest: Manifest) -> None:
    """Raises `ImageRefusedError` for what no box may take."""
    if manifest.product != PRODUCT:
        raise ImageRefusedError("not an image", "This is an image for another product.")
    for what in ("version", "minimum_version", "from_version"):
        try:
            order(getattr(manifest, what))
        except ValueError:
            raise _wrong(f"its {what} is none") from None
    if is_older(manifest.version, manifest.minimum_version):
        raise _wrong("it is older than the least that it lets a box take after it")
    if not 0 < len(manifest.hardware) <= FIRMWARE_HARDWARE_MAX:
        raise _wrong(f"it has to be for 1 to {FIRMWARE_HARDWARE_MAX} kinds of hardware")
    if not all(_HARDWARE.fullmatch(hardware) for hardware in manifest.hardware):
        raise _wrong("an id of hardware in it is none")
    if not 0 < len(manifest.files) <= FIRMWARE_FILES_MAX:
        raise _wrong(f"it has to have 1 to {FIRMWARE_FILES_MAX} files")
    _check_files(manifest)


def _check_files(manifest: Manifest) -> None:
    projects = set()
    total = 0
    for file in manifest.files:
        try:
            wheel = wheel_name(file.name)
        except ValueError:
            raise _wrong("a file in it is not named as a wheel is") from None
        if wheel.project in projects:
            raise _wrong(f"it has {wheel.project} twice")
        projects.add(wheel.project)
        if wheel.project == PRODUCT and not is_version(wheel, manifest.version):
            raise _wrong("the program in it is of another version than the image")
        if not all(wheel.fits(hardware) for hardware in manifest.hardware):
            raise _wrong(f"{file.name} does not run on all hardware that it is for")
        if not _SHA256.fullmatch(file.sha256) or file.size <= 0:
            raise _wrong(f"size or check sum of {file.name} cannot be")
        total += file.size
        if total > FIRMWARE_MAX_BYTES:
            raise ImageRefusedError("too large", f"An image has at most {FIRMWARE_MAX_BYTES >> 20} MiB.")
    if PRODUCT not in projects:
        raise _wrong("the program itself is not in it")


def _wrong(what: str) -> ImageRefusedError:
    return ImageRefusedError("not an image", f"This is no image that a box can take: {what}.")


def _told(error: Exception) -> str:
    """Never more than a few words of ours: what stands in the manifest may be anything."""
    return "it is nested far too deep" if isinstance(error, RecursionError) else str(error)[:80]


class _Form(msgspec.Struct):
    """What every form of a manifest has."""

    format: int
    product: str


_SHA256 = re.compile(r"[0-9a-f]{64}")
_HARDWARE = re.compile(r"[a-z0-9_]{1,32}-[a-z0-9_]{1,32}-[a-z0-9_]{1,32}-[a-z0-9_]{1,32}", re.ASCII)
