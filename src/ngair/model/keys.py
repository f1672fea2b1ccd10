"""The keys of a meter that encrypts."""

from __future__ import annotations

import msgspec

KEY_BYTES = 16
"""AES-128: security suite 0 of DLMS/COSEM, which every customer port uses."""


class Keys(msgspec.Struct, frozen=True):
    """What opens one meter's telegrams. Never shown: its text says only what is there."""

    encryption: bytes
    """The meter's own key, 16 bytes."""
    authentication: bytes | None = None
    """The key that the tag is verified by, 16 bytes; `None`: the tag is not verified, what is inside has to be checked
    by other means."""

    def __repr__(self) -> str:
        """Without the keys."""
        return f"Keys(authentication={'given' if self.authentication else None})"


def read_key(text: str) -> bytes:
    """A key as people have it: 32 hex digits, spaces, colons and hyphens between them allowed.

    Raises `ValueError` that says what is wrong without repeating the key.
    """
    digits = text.translate(_BETWEEN)
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        raise ValueError("a key is 32 hex digits; this has something else in it") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is 32 hex digits; this has {len(digits)}")
    return key


_BETWEEN = str.maketrans("", "", " :-\t\r\n")
