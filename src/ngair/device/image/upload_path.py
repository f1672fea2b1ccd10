"""The path that an upload is sent to: it names a file in the upload folder, and nothing else anywhere."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from ngair.model.limits import FIRMWARE_NAME_MAX_CHARS

UPLOAD = "/upload/"


def upload_name(raw_path: bytes) -> str:
    """The file's name in a path as it was sent. Raises `ValueError`, with what is allowed, for any other path.

    It is decoded once; what would be another path when decoded again is none. Nothing is written under this name.
    """
    path = unquote_to_bytes(raw_path).decode("ascii", "replace")
    name = path.removeprefix(UPLOAD)
    if name == path or len(name) > FIRMWARE_NAME_MAX_CHARS or not _NAME.fullmatch(name):
        raise ValueError(
            "Firmware is sent to /upload/NAME.ngfw: a name of letters, digits, points, dashes and underscores that "
            "begins with a letter or digit."
        )
    return name


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_+-]|\.(?!\.))*\.ngfw", re.ASCII)
