"""Keys that images are signed with: how they are written, and whether a signature is one's own."""

from __future__ import annotations

import base64
import binascii
import hashlib

from ngair.device.image.manifest import KEY_ID_BYTES
from ngair.model.limits import FIRMWARE_KEYS_MAX

PUBLIC = "ngair-ed25519"
PRIVATE = "ngair-ed25519-private"
KEY_BYTES = 32
_CONTEXT = b"ngair firmware 1\0"
"""In front of what is signed, so that no signature made for something else is one of an image."""


def key_id(public: bytes) -> bytes:
    """By which an image names the key that it is signed with."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES]


def sign(private: bytes, manifest: bytes) -> tuple[bytes, bytes]:
    """Key id and signature of a manifest's bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private)
    return key_id(key.public_key().public_bytes_raw()), key.sign(_CONTEXT + manifest)


def is_signed(public: bytes, signature: bytes, manifest: bytes) -> bool:
    """Whether this signature of a manifest was made with the private key that belongs to a public one."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _CONTEXT + manifest)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_of(private: bytes) -> bytes:
    """The public key that belongs to a private one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def write_key(kind: str, key: bytes, comment: str) -> str:
    """A line with a key; `kind` is `PUBLIC` or `PRIVATE`."""
    return f"{kind} {base64.b64encode(key).decode('ascii')} {comment}".rstrip() + "\n"


def read_public_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a file, one a line, beside empty lines and comments (#). Raises `ValueError`, with the line."""
    keys: dict[bytes, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            keys[_read(PUBLIC, line)] = None
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if len(keys) > FIRMWARE_KEYS_MAX:
            raise ValueError(f"more than {FIRMWARE_KEYS_MAX} keys")
    return tuple(keys)


def read_private_key(text: str) -> bytes:
    """The key in a file. Raises `ValueError`, without anything of what stands there."""
    return _read(PRIVATE, text)


def _read(kind: str, line: str) -> bytes:
    words = line.split(maxsplit=2)
    expected = f"a key is the word {kind} and 44 characters"
    if words[:1] == [PRIVATE] != [kind]:
        raise ValueError(f"this is a private key, which belongs to nobody else: {expected}, from the .pub file")
    if words[:1] != [kind] or len(words) < 2:
        raise ValueError(expected)
    try:
        key = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(expected) from None
    if len(key) != KEY_BYTES:
        raise ValueError(expected)
    return key
