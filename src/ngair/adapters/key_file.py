"""A file with the keys of a meter that encrypts."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from ngair.model.keys import Keys, read_key_file
from ngair.model.limits import KEY_FILE_MAX_BYTES

log = logging.getLogger("ngair")


def load_keys(path: Path) -> Keys:
    """The keys in a file; a warning where everybody may read it. Raises `ValueError`, without anything of the keys."""
    try:
        with path.open("rb") as file:
            everybodys = os.fstat(file.fileno()).st_mode & stat.S_IROTH
            data = file.read(KEY_FILE_MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path}: the key file cannot be read: {error.strerror}") from None
    if len(data) > KEY_FILE_MAX_BYTES:
        raise ValueError(f"{path}: is larger than {KEY_FILE_MAX_BYTES} bytes: is it the right key file?")
    try:
        keys = read_key_file(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not UTF-8 text: is it the right key file?") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if everybodys:
        log.warning("%s: everybody on this machine may read the meter's key: chmod 600 %s", path, path)
    return keys
