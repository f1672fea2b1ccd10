"""What Hypothesis draws for the encodings: values with what they have to be read as."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import nan
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from ngair.meter.encodings.fault import EncodingError
from tests.meter.encodings.writers import NULL, Coded, length

T = TypeVar("T")
Plain: TypeAlias = "tuple[int, list[Plain] | int | float | bytes | None]"
"""A tag and a value."""

NUMBERS = {3: "B", 5: "i", 6: "I", 13: "B", 15: "b", 16: "h", 17: "B", 18: "H", 20: "q", 21: "Q", 22: "B"}
FLOATS = {23: "f", 24: "d"}
FIXED = {25: 12, 26: 5, 27: 4}
MEASURED = (5, 6, 15, 16, 17, 18, 20, 21)
"""Types in which meters send what they measure."""


def _whole_range(tag: int) -> st.SearchStrategy[Plain]:
    bits = 8 * struct.calcsize(">" + NUMBERS[tag])
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if NUMBERS[tag].islower() else (0, (1 << bits) - 1)
    return st.tuples(st.just(tag), st.integers(low, high))


def _float(tag: int) -> st.SearchStrategy[Plain]:
    return st.tuples(st.just(tag), st.floats(allow_nan=False, allow_infinity=False, width=32 if tag == 23 else 64))


NUMBER = st.sampled_from(sorted(NUMBERS)).flatmap(_whole_range) | st.sampled_from(sorted(FLOATS)).flatmap(_float)
STRING: st.SearchStrategy[Plain] = st.tuples(st.sampled_from((9, 10, 12)), st.binary(max_size=200))
FIXED_STRING: st.SearchStrategy[Plain] = st.sampled_from(sorted(FIXED)).flatmap(
    lambda tag: st.tuples(st.just(tag), st.binary(min_size=FIXED[tag], max_size=FIXED[tag]))
)
LEAF = st.just((0, None)) | NUMBER | STRING | FIXED_STRING | st.tuples(st.just(4), st.binary(max_size=20))
TREE: st.SearchStrategy[Plain] = st.recursive(
    LEAF, lambda inner: st.tuples(st.sampled_from((1, 2)), st.lists(inner, max_size=6)), max_leaves=30
).filter(lambda plain: depth(plain) <= 7)

CODE = st.builds(lambda medium, rest: bytes([medium]) + rest, st.integers(0, 15), st.binary(min_size=5, max_size=5))
SCALE = st.tuples(st.integers(-128, 127), st.integers(0, 255))


def depth(plain: Plain) -> int:
    value = plain[1]
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def written(plain: Plain, spare: int = 0) -> bytes:
    """The A-XDR of a drawn value. `spare` makes lengths longer than they need to be."""
    tag, value = plain
    head = bytes([tag])
    if value is None:
        return head + struct.pack(">" + FLOATS[tag], nan) if tag in FLOATS else NULL
    if isinstance(value, list):
        return head + length(len(value), spare) + b"".join(written(element, spare) for element in value)
    if isinstance(value, bytes):
        if tag in FIXED:
            return head + value
        return head + length(len(value) * (8 if tag == 4 else 1), spare) + value
    return head + struct.pack(">" + {**NUMBERS, **FLOATS}[tag], value)


def error_of(reader: Callable[[bytes], T], data: bytes) -> T | str:
    """What a reader makes of bytes, or why it refuses them. It may raise nothing else than that."""
    try:
        return reader(data)
    except EncodingError as fault:
        return str(fault)


def coded(*, scaled: bool | None = None, strings: bool = True) -> st.SearchStrategy[tuple[Coded, Plain]]:
    """A value of a list, and what it has to be read as."""
    values: st.SearchStrategy[Plain] = st.sampled_from(MEASURED).flatmap(_whole_range) | st.just((0, None))
    if strings:
        values |= STRING
    scales = {True: SCALE, False: st.none(), None: st.none() | SCALE}[scaled]
    return st.builds(
        lambda code, value, scale: (Coded(code, written(value), scale), value),
        CODE,
        values,
        scales,
    )
