"""Wi-Fi passwords: what can be one."""

from __future__ import annotations

import string

PASSPHRASE_MIN_CHARS = 8
PASSPHRASE_MAX_CHARS = 63
KEY_DIGITS = 64
"""IEEE 802.11, annex J.4.1: a passphrase of printable ASCII, or the key itself in hexadecimal."""


def passphrase_fault(password: str) -> str | None:
    """What keeps this from being the password of a WPA2 or WPA3 network, for a person; `None` where it can be one.

    Never tells anything of the password itself.
    """
    if len(password) == KEY_DIGITS and all(char in string.hexdigits for char in password):
        return None
    if not all(" " <= char <= "~" for char in password):
        return "a Wi-Fi password has letters, digits and signs of ASCII only: no accents, no emoji, no line breaks"
    if len(password) < PASSPHRASE_MIN_CHARS:
        return f"a Wi-Fi password has at least {PASSPHRASE_MIN_CHARS} characters"
    if len(password) > PASSPHRASE_MAX_CHARS:
        return f"a Wi-Fi password has at most {PASSPHRASE_MAX_CHARS} characters, or {KEY_DIGITS} hexadecimal digits"
    return None
