"""M-Bus long frames that carry a message in segments (EN 13757-2; DLMS over M-Bus: EN 13757-3)."""

from __future__ import annotations

KAIFA_SEGMENT_BYTES = 245
"""User data of a first segment of Kaifa: its length field says 250 (Netz NÖ, published example)."""
SAGEMCOM_SEGMENT_BYTES = 252
"""User data of a first segment of Sagemcom: 257 bytes in all, of which the length field keeps the lowest byte, 1
(field captures)."""

_START, _STOP = 0x68, 0x16
_CONTROL, _ADDRESS = 0x53, 0xFF
"""SND-UD to everybody."""
_LAST = 0x10
"""In the CI field, whose lower four bits count the segments."""
_TRANSPORT = bytes([0x01, 0x67])
"""Source and destination of the transport layer: the management logical device, and the consumer's information."""


def long_frames(message: bytes, segment_bytes: int) -> bytes:
    """A message cut into segments of at most so many bytes, each in a long frame with its check sum.

    Raises `ValueError` where it takes more segments than four bits count.
    """
    segments = [message[start : start + segment_bytes] for start in range(0, len(message), segment_bytes)]
    if not 0 < len(segments) <= _LAST:
        raise ValueError(f"{len(message)} bytes in segments of {segment_bytes} are not 1 to {_LAST} segments")
    last = len(segments) - 1
    return b"".join(
        _long_frame(bytes([_CONTROL, _ADDRESS, number | _LAST * (number == last)]) + _TRANSPORT + segment)
        for number, segment in enumerate(segments)
    )


def _long_frame(content: bytes) -> bytes:
    length = len(content) & 0xFF
    return bytes([_START, length, length, _START]) + content + bytes([sum(content) & 0xFF, _STOP])
