"""A serial line, bit by bit, to see what arrives when its two ends do not agree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ngair.model.line import Line


def received(data: bytes, *, send: str, receive: str, inverted: bool = False) -> bytes:
    """What the receiver makes of it. Formats as usual: 8N1, 7E1, 8O1.

    Bytes of wrong parity arrive as NUL, as Linux delivers them; bytes without a stop bit arrive as they are.
    """
    line = "".join(str(bit ^ inverted) for bit in _sent(data, send))
    return bytes(_read(line, int(receive[0]), receive[1]))


def _sent(data: bytes, form: str) -> Iterator[int]:
    bits, parity, stop = int(form[0]), form[1], int(form[2])
    yield from [1] * 20
    for byte in data:
        values = [byte >> index & 1 for index in range(bits)]
        yield from [0, *values, *_parity(values, parity), *[1] * stop]
    yield from [1] * 20


def _read(line: str, bits: int, parity: str) -> Iterator[int]:
    length = bits + len(_parity([0], parity))
    start = line.find("0")
    while start >= 0:
        stop = start + 1 + length
        seen = [int(bit) for bit in line[start + 1 : stop].ljust(length, "1")]
        byte = sum(bit << place for place, bit in enumerate(seen[:bits]))
        yield byte if seen[bits:] == _parity(seen[:bits], parity) else 0
        idle = line.find("1", stop)
        start = line.find("0", idle) if idle >= 0 else -1


def _parity(values: list[int], parity: str) -> list[int]:
    """No bit, or the one that makes the number of ones even or odd."""
    return {"N": [], "E": [sum(values) % 2], "O": [1 - sum(values) % 2]}[parity]


def heard(data: bytes, sent_at: Line, read_at: Line, *, resyncs: bool = False) -> bytes:
    """What a receiver makes of it that may be set to another speed, and counts no parity: the true line, sampled in
    the middle of each of its own bits.

    Bytes without a stop bit arrive as they are. After one the receiver waits until the line is idle, or, if it
    `resyncs` as a 16550 does, takes the bit that should have been the stop bit for the next start bit.
    """
    levels = [*_sent(data, sent_at.parity), *[1] * 20]
    falls = [index for index in range(1, len(levels)) if levels[index - 1] and not levels[index]]
    ratio = sent_at.baudrate / read_at.baudrate
    bits = int(read_at.parity[0]) + (read_at.parity[1] != "N")
    end = len(levels) - 1

    def level(at: float) -> int:
        return levels[min(int(at), end)]

    found = bytearray()
    at: float | None = float(falls[0]) if falls else None
    while at is not None:
        seen = [level(at + (place + 1.5) * ratio) for place in range(bits)]
        stop = at + (bits + 1.5) * ratio
        found.append(sum(bit << place for place, bit in enumerate(seen[: int(read_at.parity[0])])))
        if resyncs and not level(stop):
            at = stop - ratio / 2
            continue
        index = bisect_right(falls, stop)
        at = float(falls[index]) if index < len(falls) else None
    return bytes(found)
