"""HTTP Basic (RFC 7617), as requests carry it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Literal

import msgspec

USER = "ctek"
CHALLENGE = (b"www-authenticate", b'Basic realm="ngair", charset="UTF-8"')


class Credentials(msgspec.Struct, frozen=True):
    """Who somebody says to be, and the password that is to prove it."""

    user: str
    password: str


def credentials(headers: Sequence[tuple[bytes, bytes]]) -> Credentials | Literal["twice"] | None:
    """What a request carries; `None` where that is none, or is not what Basic has."""
    sent = [value for name, value in headers if name == b"authorization"]
    if len(sent) > 1:
        return "twice"
    scheme, _, encoded = (sent[0] if sent else b"").strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return Credentials(user, password) if colon else None
