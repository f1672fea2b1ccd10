"""Names of Wi-Fi networks: up to 32 bytes of anything, as text that can be shown, sent as JSON and taken back."""

from __future__ import annotations

import re

SSID_MAX_BYTES = 32
"""IEEE 802.11, 9.4.2.2."""


def ssid_text(ssid: bytes) -> str:
    r"""A name as text: UTF-8 where it is, other bytes as `\xNN`. No two names have the same text."""
    # A name that has such an escape in it as plain text must not be taken for the byte.
    plain = _ESCAPE.sub(rb"\\x5c\1", ssid)
    return plain.decode("utf-8", "backslashreplace")


def ssid_bytes(text: str) -> bytes:
    """The name whose text this is. Raises `ValueError` for what no network can be called."""
    ssid = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), text.encode("utf-8"))
    if not 0 < len(ssid) <= SSID_MAX_BYTES:
        raise ValueError(f"a network's name has 1 to {SSID_MAX_BYTES} bytes")
    return ssid


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2})")
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")
