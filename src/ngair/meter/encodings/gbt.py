"""General block transfer: a message in numbered blocks, each in a frame of its own (IEC 62056-5-3, 6.13).

Of the protocol only what a push needs: nobody answers, so that windows, streaming and acknowledgements say nothing.
"""

from __future__ import annotations

import msgspec

from ngair.meter.encodings.axdr import read_length
from ngair.meter.encodings.fault import EncodingError
from ngair.model.limits import TELEGRAM_MAX_BYTES

GENERAL_BLOCK_TRANSFER = 0xE0


class MissingBlockError(EncodingError):
    """A block without the one before it."""


class Block(msgspec.Struct, frozen=True):
    """One block."""

    number: int
    """From 1."""
    last: bool
    data: bytes


def read_block(apdu: bytes) -> Block:
    """One block, from its tag E0 to its last byte. Raises `EncodingError`."""
    if len(apdu) < _HEADER_BYTES or apdu[0] != GENERAL_BLOCK_TRANSFER:
        raise EncodingError("no block of a transfer")
    length, start = read_length(apdu, _HEADER_BYTES)
    if start + length != len(apdu):
        raise EncodingError("a block that is longer or shorter than it says")
    return Block(int.from_bytes(apdu[2:4]), bool(apdu[1] & _LAST), apdu[start:])


def is_block(apdu: bytes) -> bool:
    """Whether these bytes are one whole block."""
    try:
        read_block(apdu)
    except EncodingError:
        return False
    return True


class BlockTransfer:
    """Blocks in, messages out. Holds at most `TELEGRAM_MAX_BYTES`."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._next = _FIRST
        self.lost = False
        """Whether the last block began another transfer before the one of the blocks before it had ended."""

    def take(self, apdu: bytes) -> bytes | None:
        """The message, if this block is its last; `None` while it goes on.

        Raises `MissingBlockError` if the block before this one is missing, `EncodingError` for what is no block, and
        for a message that is longer than any telegram: all that was taken is then forgotten.
        """
        self.lost = False
        try:
            block = read_block(apdu)
            self._check(block)
        except EncodingError:
            self.clear()
            raise
        self._parts.append(block.data)
        self._size += len(block.data)
        self._next = block.number + 1
        if not block.last:
            return None
        message = b"".join(self._parts)
        self.clear()
        return message

    def clear(self) -> None:
        """Forget what was taken."""
        self._parts = []
        self._size = 0
        self._next = _FIRST

    def _check(self, block: Block) -> None:
        if block.number == _FIRST and self._next != _FIRST:
            self.clear()
            self.lost = True
        if block.number != self._next:
            raise MissingBlockError("a block without the one before it")
        if self._size + len(block.data) > TELEGRAM_MAX_BYTES:
            raise EncodingError(f"a message of more than {TELEGRAM_MAX_BYTES} bytes")


_FIRST = 1
_LAST = 0x80
_HEADER_BYTES = 6
"""Tag, control, number, number acknowledged."""
