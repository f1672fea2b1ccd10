"""The two files that setup mode knows: the button, and the password of the access point."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from ngair.model.limits import SETUP_KEY_FILE_MAX_BYTES
from ngair.model.passphrase import passphrase_fault

log = logging.getLogger("ngair")


class ButtonFile:
    """A file that appears or is touched when somebody presses the button. One that is there already is no press."""

    def __init__(self, path: Path) -> None:
        """Looks at it."""
        self._path = path
        self._seen = self._stamp()

    def pressed(self) -> bool:
        """Whether it was pressed since the last look."""
        before, self._seen = self._seen, self._stamp()
        return self._seen is not None and self._seen != before

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns


def load_setup_key(path: Path) -> str:
    """The first line of a file; a warning where everybody may read it. Raises `ValueError`, telling nothing of it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ValueError(f"{path}: the access point's password cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError(f"{path}: is no file")
        data = file.read(SETUP_KEY_FILE_MAX_BYTES)
    try:
        key = data.decode("ascii").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: the access point's password has ASCII characters only") from None
    if fault := passphrase_fault(key):
        raise ValueError(f"{path}: {fault}")
    if found.st_mode & stat.S_IROTH:
        log.warning("%s: everybody on this machine may read the access point's password: chmod 600 %s", path, path)
    return key
