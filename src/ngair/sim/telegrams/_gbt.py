"""A message in blocks, each in an HDLC frame of its own: general block transfer (IEC 62056-5-3)."""

from __future__ import annotations

from ngair.sim.telegrams import _axdr, _hdlc

_GENERAL_BLOCK_TRANSFER = 0xE0
_LAST, _STREAMING = 0x80, 0x40
_HEADER_BYTES = 7
"""Tag, control, number of the block, number acknowledged, length."""


def frames(message: bytes, information_bytes: int, *, destination: bytes, source: bytes) -> bytes:
    """Blocks that fill frames of at most so many bytes of information; only the first has the LLC header.

    So do Landis+Gyr's meters (field captures). Raises `ValueError` where a block's length would take two bytes.
    """
    if information_bytes - _HEADER_BYTES >= 0x80:
        raise ValueError("blocks of 128 bytes and more tell their length in another form")
    blocks: list[bytes] = []
    at = 0
    while at < len(message) or not blocks:
        room = information_bytes - _HEADER_BYTES - (0 if blocks else len(_hdlc.LLC_HEADER))
        blocks.append(message[at : at + room])
        at += room
    return b"".join(
        _hdlc.frame(
            (b"" if number > 1 else _hdlc.LLC_HEADER) + _block(block, number, last=number == len(blocks)),
            destination=destination,
            source=source,
        )
        for number, block in enumerate(blocks, 1)
    )


def _block(data: bytes, number: int, *, last: bool) -> bytes:
    """One block; nothing is acknowledged, for the customer's side does not speak."""
    control = _STREAMING | _LAST * last
    return (
        bytes([_GENERAL_BLOCK_TRANSFER, control]) + number.to_bytes(2, "big") + b"\0\0" + _axdr.length(len(data)) + data
    )
