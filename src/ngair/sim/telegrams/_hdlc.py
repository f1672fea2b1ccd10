"""HDLC frames of format type 3 (IEC 62056-46, clause 6.4; ISO/IEC 13239), and the LLC header before a message."""

from __future__ import annotations

from fastcrc import crc16

LLC_HEADER = bytes.fromhex("e6e700")
"""Destination, source and quality of a message from the meter (IEC 62056-46, clause 5.3)."""

UNNUMBERED = 0x13
"""Control byte of an unnumbered information frame, with poll bit; some meters send it without: 0x03."""

FRAME_MAX_BYTES = 0x7FF
"""The length field has 11 bits."""

_FLAG = b"\x7e"


def frame(
    information: bytes, *, destination: bytes, source: bytes, control: int = UNNUMBERED, segmented: bool = False
) -> bytes:
    """One frame from flag to flag. Addresses as on the wire, the last byte of each odd.

    `segmented` tells that another frame carries on. Raises `ValueError` where it is longer than a frame can be.
    """
    addresses = destination + source + bytes([control])
    size = 2 + len(addresses) + 2 + (len(information) + 2 if information else 0)
    if size > FRAME_MAX_BYTES:
        raise ValueError(f"a frame has at most {FRAME_MAX_BYTES} bytes between its flags, not {size}")
    content = _checked((0xA000 | 0x0800 * segmented | size).to_bytes(2, "big") + addresses)
    return _FLAG + (_checked(content + information) if information else content) + _FLAG


def segments(information: bytes, size: int, *, destination: bytes, source: bytes, control: int = UNNUMBERED) -> bytes:
    """Frames that carry at most `size` bytes of the information each, all but the last marked as segments."""
    starts = range(0, len(information), size)
    return b"".join(
        frame(
            information[start : start + size],
            destination=destination,
            source=source,
            control=control,
            segmented=start + size < len(information),
        )
        for start in starts
    )


def _checked(content: bytes) -> bytes:
    """With CRC-16/X.25 over it, least significant byte first: of the header, or of the frame."""
    return content + crc16.ibm_sdlc(content).to_bytes(2, "little")
