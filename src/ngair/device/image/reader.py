"""An image is read as its bytes come, and refused with the first byte that tells that it will not be taken."""

from __future__ import annotations

import hashlib

import msgspec

from ngair.device.image.head import Head, read_head
from ngair.device.image.keys import is_signed, key_id
from ngair.device.image.manifest import Manifest, read_manifest
from ngair.device.image.refusing import ImageRefusedError
from ngair.device.image.version import is_older
from ngair.model.limits import FIRMWARE_MAX_BYTES


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Which images a box takes."""

    keys: tuple[bytes, ...]
    """Public keys of those whose images are taken, 32 bytes each."""
    hardware: str
    """The box's own id."""
    version: str
    """What runs now."""
    floor: str = ""
    """Nothing older is taken; empty for no such bound."""
    max_bytes: int = FIRMWARE_MAX_BYTES
    """Of an image."""


class ImageReader:
    """One image. Nothing of its manifest is looked at before its signature is known to be good.

    What it holds is bounded by the head, 64 KiB and a little.
    """

    def __init__(self, trust: Trust, length: int | None = None) -> None:
        """`length` is how many bytes will come, where that is known."""
        self._trust = trust
        self._length = length
        self._head = bytearray()
        self._file = 0
        self._file_left = 0
        self._hash = hashlib.sha256()
        self.received = 0
        """Bytes so far."""
        self.manifest: Manifest | None = None
        """As soon as it is known to be good."""
        self.head = b""
        """All in front of the files, as soon as there is a manifest."""
        if length is not None and length > trust.max_bytes:
            raise self._too_large()

    @property
    def progress(self) -> int:
        """0 to 100."""
        return 100 * self.received // self.manifest.image_bytes if self.manifest else 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises `ImageRefusedError`; then it is over."""
        self.received += len(data)
        if self.manifest is not None:
            self._take(memoryview(data))
            return
        self._head += data
        head = read_head(self._head)
        if head is None:
            return
        self._verify(head)
        manifest = read_manifest(head.manifest)
        self._admit(manifest)
        self.manifest = manifest
        self.head = bytes(self._head[: head.size])
        rest = bytes(self._head[head.size :])
        self._head.clear()
        self._file_left = self.manifest.files[0].size
        self._take(memoryview(rest))

    def finish(self) -> Manifest:
        """There are no more bytes: what is in it. Raises `ImageRefusedError`."""
        if self.manifest is None or self._file < len(self.manifest.files):
            raise ImageRefusedError("truncated", "The image ends too early: send the whole of it.")
        return self.manifest

    def _verify(self, head: Head) -> None:
        """Raises `ImageRefusedError` for what nobody signed whom this box trusts."""
        if not self._trust.keys:
            raise ImageRefusedError("no keys", "This box knows nobody whose firmware it may take: see firmware_keys.")
        if not head.is_signed:
            raise ImageRefusedError("unsigned", "The image is not signed: ask whoever made it for a signed one.")
        keys = [key for key in self._trust.keys if key_id(key) == head.key_id]
        if not keys:
            raise ImageRefusedError("foreign", "The image is signed with a key that this box does not trust.")
        if not any(is_signed(key, head.signature, head.manifest) for key in keys):
            raise ImageRefusedError("damaged", "The signature of the image is wrong: it was damaged or changed.")

    def _admit(self, manifest: Manifest) -> None:
        """Raises `ImageRefusedError` for an image that is good, but not for this box, or not now."""
        trust = self._trust
        if manifest.image_bytes > trust.max_bytes:
            raise self._too_large()
        if trust.hardware not in manifest.hardware:
            told = ", ".join(manifest.hardware[:4]) + (" …" if len(manifest.hardware) > 4 else "")
            raise ImageRefusedError("wrong hardware", f"The image is for {told}, and this box is {trust.hardware}.")
        if trust.floor and is_older(manifest.version, trust.floor):
            raise ImageRefusedError(
                "too old", f"Version {manifest.version} is older than {trust.floor}, the oldest that this box takes."
            )
        if is_older(trust.version, manifest.from_version):
            raise ImageRefusedError(
                "needs a newer version first",
                f"Version {manifest.version} can follow {manifest.from_version} or later, and {trust.version} runs: "
                "bring one between first.",
            )
        if self._length is not None and self._length != manifest.image_bytes:
            if self._length < manifest.image_bytes:
                raise ImageRefusedError("truncated", "The image is cut off: bring the whole of it.")
            raise self._too_much()

    def _take(self, data: memoryview) -> None:
        """The bytes of files: each is held against its sum when it is whole."""
        assert self.manifest is not None
        files = self.manifest.files
        while data:
            if self._file == len(files):
                raise self._too_much()
            part = data[: self._file_left]
            self._hash.update(part)
            data = data[len(part) :]
            self._file_left -= len(part)
            if self._file_left == 0:
                self._end_of_file()

    def _end_of_file(self) -> None:
        assert self.manifest is not None
        files = self.manifest.files
        if self._hash.hexdigest() != files[self._file].sha256:
            raise ImageRefusedError("damaged", f"{files[self._file].name} in the image is damaged: bring it again.")
        self._hash = hashlib.sha256()
        self._file += 1
        if self._file < len(files):
            self._file_left = files[self._file].size

    def _too_large(self) -> ImageRefusedError:
        return ImageRefusedError("too large", f"An image may have {self._trust.max_bytes >> 20} MiB.")

    @staticmethod
    def _too_much() -> ImageRefusedError:
        return ImageRefusedError("damaged", "There is more behind the image than belongs to it.")
