"""The keys of a meter that encrypts."""

from __future__ import annotations

import re

import msgspec

KEY_BYTES = 16
"""AES-128: security suite 0 of DLMS/COSEM, which every customer port uses."""


class Key(msgspec.Struct, frozen=True):
    """One key by itself, as a setting has it. Never shown."""

    value: bytes
    """16 bytes."""

    def __repr__(self) -> str:
        """Without the key."""
        return "Key()"


KEY_VARIABLE, AUTHENTICATION_KEY_VARIABLE = "NGAIR_METER_KEY", "NGAIR_METER_AUTH_KEY"
"""Environment variables of the main meter's keys."""


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
    if not _HEX.fullmatch(digits):
        raise ValueError("a key is 32 hex digits; this has something else in it")
    if len(digits) != 2 * KEY_BYTES:
        raise ValueError(f"a key is 32 hex digits; this has {len(digits)}")
    return bytes.fromhex(digits)


def read_key_file(text: str) -> Keys:
    """The keys in a file: a line `encryption 32HEX` and perhaps one `authentication 32HEX`, or one line with the bare
    key. Lines that are empty or begin with `#` are passed over.

    Raises `ValueError` that names the line and what is wrong, without repeating anything of it.
    """
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        named = _NAMED.fullmatch(line)
        name, digits = (named[1].lower(), named[2]) if named else ("encryption", line)
        if name in keys:
            raise ValueError(f"line {number}: a second {name} key: a file holds the keys of one meter")
        try:
            keys[name] = read_key(digits)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    if "encryption" not in keys:
        raise ValueError("no key in it: write a line with the word encryption and 32 hex digits")
    return Keys(keys["encryption"], keys.get("authentication"))


_NAMED = re.compile(r"\s*(encryption|authentication)[\s:=]+(.*)", re.IGNORECASE)
_HEX = re.compile(r"[0-9A-Fa-f]*")
_BETWEEN = str.maketrans("", "", " :-\t\r\n")
