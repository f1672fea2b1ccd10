"""What is wrong with bytes that are not what they should be: the one thing that encodings raise."""

from __future__ import annotations


class EncodingError(ValueError):
    """Bytes that cannot be read. Its text is one line without bytes of the wire."""


class CutError(EncodingError):
    """The data ends too early."""


class KeyMissingError(EncodingError):
    """Ciphered, and there is no key."""


class KeyWrongError(EncodingError):
    """Ciphered, and the key does not open it."""
