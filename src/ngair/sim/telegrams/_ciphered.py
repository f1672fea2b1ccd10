"""How meters that encrypt wrap what they say: general-glo-ciphering of DLMS/COSEM (Green Book ed. 8, 9.2.7 and 9.5)."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ngair.model.keys import Keys

TAG_BYTES = 12
"""DLMS cuts the tag of 16 bytes, which AES-GCM gives, to its first 12."""
AUTHENTICATED_AND_ENCRYPTED = 0x30
"""Security control byte, suite 0: Luxembourg, Denmark, Styria, Switzerland."""
ENCRYPTED = 0x20
"""Without a tag: Netz NÖ and Vorarlberg, Austria."""

_AUTHENTICATED = 0x10
_TAG_16 = 16
_GENERAL_GLO_CIPHERING = 0xDB


def ciphered(
    plain: bytes,
    keys: Keys,
    *,
    title: bytes,
    counter: int,
    control: int = AUTHENTICATED_AND_ENCRYPTED,
    length_bytes: int | None = None,
) -> bytes:
    """A whole frame from DB to the tag, or to the last enciphered byte where the control byte asks for no tag.

    `title` is the meter's system title, 8 bytes, of which the first three are the maker's letters. `counter` is the
    frame counter: a real meter never sends one twice under the same key. `length_bytes` is how many bytes stand behind
    the length's own first byte (0, 1, 2 or 4); `None` takes the shortest form. Raises `ValueError` where the title is
    not of 8 bytes, where a tag is asked for without the authentication key, or where the length does not fit its form.
    """
    if len(title) != 8:
        raise ValueError(f"a system title has 8 bytes, this has {len(title)}")
    authenticated = bool(control & _AUTHENTICATED)
    if authenticated and keys.authentication is None:
        raise ValueError("a tag needs the authentication key")
    security = bytes([control])
    frame_counter = counter.to_bytes(4, "big")
    sealed = AESGCM(keys.encryption).encrypt(title + frame_counter, plain, security + (keys.authentication or b""))
    secret = sealed[: len(plain) + TAG_BYTES] if authenticated else sealed[:-_TAG_16]
    content = security + frame_counter + secret
    return b"%c\x08%b%b%b" % (_GENERAL_GLO_CIPHERING, title, length(len(content), length_bytes), content)


def length(size: int, length_bytes: int | None = None) -> bytes:
    """A length as BER has it: below 80 in one byte, else 81 nn, 82 nnnn or 84 nnnnnnnn.

    Raises `ValueError` where it does not fit the form that is asked for.
    """
    if length_bytes is None:
        length_bytes = 0 if size < 0x80 else 1 if size < 0x100 else 2 if size < 0x10000 else 4
    if size >= (0x80 if length_bytes == 0 else 1 << 8 * length_bytes):
        raise ValueError(f"a length of {size} does not fit {length_bytes} bytes")
    return bytes([size]) if length_bytes == 0 else bytes([0x80 | length_bytes]) + size.to_bytes(length_bytes, "big")
