"""General-glo-ciphering: AES-128 in Galois/counter mode (IEC 62056-5-3, 5.3 and 6.5; NIST SP 800-38D).

`DB 08`, the system title, the length of the rest; then the security control byte, the frame counter, the content, and
behind it the tag, 12 bytes long, if the control byte says so. Title and counter are the initialization vector; the
control byte and the authentication key are what is authenticated besides the content.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from ngair.meter.encodings.axdr import read_length
from ngair.meter.encodings.fault import CutError, EncodingError, KeyMissingError, KeyWrongError
from ngair.model.keys import Keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GENERAL_GLO_CIPHERING = 0xDB

PUBLIC_AUTHENTICATION_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
"""The same in every meter of Luxembourg, and no secret (Smarty P1 specification 1.1.3, 3.2.5)."""


class Opened(msgspec.Struct, frozen=True):
    """What was in a ciphered frame."""

    plaintext: bytes
    ciphered: bool
    """`False` for meters whose policy is to send in clear, in the same wrapping."""
    authenticated: bool
    """Whether its tag was verified."""
    flag: str
    """The three letters that the system title begins with: the maker's (FLAG Association id), upper case."""


def decipher(frame: bytes, keys: Keys | None) -> Opened:
    """Open a frame, from its tag DB to its last byte.

    With an authentication key a tag has to match. Without one it may match what the public key gives, or none (field
    capture); if it does not, the content is deciphered unverified. Raises `KeyMissingError`, `KeyWrongError` for a tag
    that does not match, `EncodingError` for what is no such frame.
    """
    title, control, counter, content = _take_apart(frame)
    flag = _flag(title)
    tag = b""
    if control & _AUTHENTICATED:
        if len(content) < _TAG_BYTES:
            raise CutError("a ciphered frame too short for its tag")
        content, tag = content[:-_TAG_BYTES], content[-_TAG_BYTES:]
    if keys is None:
        if control & _ENCRYPTED:
            raise KeyMissingError("ciphered, and no key is set")
        return Opened(content, False, False, flag)
    cipher, vector = _cipher(keys.encryption), title + counter
    ciphered = bool(control & _ENCRYPTED)
    plaintext = cipher.encrypt(vector, content, None)[:-_OWN_TAG_BYTES] if ciphered else content
    if not tag:
        return Opened(plaintext, ciphered, False, flag)
    from hmac import compare_digest  # as late as the cipher: it brings all of hashlib

    keys_known = (keys.authentication,) if keys.authentication else (PUBLIC_AUTHENTICATION_KEY, b"")
    for known in keys_known:
        if compare_digest(tag, _tag(cipher, vector, plaintext, control, known)):
            return Opened(plaintext, ciphered, True, flag)
    if keys.authentication:
        raise KeyWrongError("the authentication tag does not match")
    return Opened(plaintext, ciphered, False, flag)


def _tag(cipher: AESGCM, vector: bytes, plaintext: bytes, control: int, authentication: bytes) -> bytes:
    """The tag of a content. Without an authentication key nothing but the content is authenticated."""
    known = bytes([control]) + authentication if authentication else b""
    if control & _ENCRYPTED:
        sealed = cipher.encrypt(vector, plaintext, known)
    else:
        sealed = cipher.encrypt(vector, b"", known + plaintext)
    return sealed[-_OWN_TAG_BYTES:][:_TAG_BYTES]


def _take_apart(frame: bytes) -> tuple[bytes, int, bytes, bytes]:
    """System title, control byte, frame counter, content with tag."""
    if frame[:1] != bytes([GENERAL_GLO_CIPHERING]) or frame[1:2] != bytes([_TITLE_BYTES]):
        raise EncodingError("no ciphered frame with a system title of 8 bytes")
    length, start = read_length(frame, _TITLE.stop)
    if start + length != len(frame):
        raise EncodingError("a ciphered frame that is longer or shorter than it says")
    if length < _SECURITY_HEADER_BYTES:
        raise CutError("a ciphered frame without a security header")
    control = frame[start]
    if control & _COMPRESSED or control & _SUITE > _SUITE_MAX:
        raise EncodingError("ciphered in a way that no customer port is known to use")
    content = start + _SECURITY_HEADER_BYTES
    return frame[_TITLE], control, frame[start + 1 : content], frame[content:]


def _flag(title: bytes) -> str:
    letters = title[:3]
    return letters.decode("ascii").upper() if letters.isalpha() else ""


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    """The library's object for a key, kept: `AESGCM` only opens tags of 16 bytes, but it encrypts, and counter mode
    does the same in both directions. So deciphering is encrypting once more, and the tag is that of encrypting it back:
    a third of the time that its general cipher objects take, which cannot be kept."""
    # Most meters do not encrypt: theirs need neither the 15 ms nor the 4 MB that this takes.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


_TITLE_BYTES = 8
_TITLE = slice(2, 2 + _TITLE_BYTES)
_SECURITY_HEADER_BYTES = 5
_TAG_BYTES = 12
_OWN_TAG_BYTES = 16
_AUTHENTICATED, _ENCRYPTED, _COMPRESSED, _SUITE = 0x10, 0x20, 0x80, 0x0F
_SUITE_MAX = 1
"""Suites 0 and 1 use AES-128."""
