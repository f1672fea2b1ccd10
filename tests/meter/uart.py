"""A serial line, bit by bit, to see what arrives when its two ends do not agree."""

from __future__ import annotations

from collections.abc import Iterator


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
