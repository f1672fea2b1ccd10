"""Counts, sums, least and most of several quantities at once."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.model.history import Stat

_LEAST = 1 << 62
_UNKNOWN = Stat()


class Tally:
    """Any number of rows of values, each known or not: either rows are added to it, or others are folded into it.

    Most of the time goes here, so rows are never held.
    """

    __slots__ = ("_is_empty", "_least", "_most", "_n", "_total")

    def __init__(self, width: int) -> None:
        self._is_empty = True
        """Nothing was folded into it."""
        self._n = [0] * width
        self._total = [0] * width
        self._least = [_LEAST] * width
        self._most = [-_LEAST] * width

    def add(self, values: Sequence[int | None]) -> None:
        """One row."""
        n, total, least, most = self._n, self._total, self._least, self._most
        for i, value in enumerate(values):
            if value is not None:
                n[i] += 1
                total[i] += value
                if value < least[i]:
                    least[i] = value
                if value > most[i]:
                    most[i] = value

    def fold(self, other: Tally) -> None:
        """All rows of another, to which none is added any more."""
        if self._is_empty:
            self._n, self._total, self._least, self._most = other._n, other._total, other._least, other._most
            self._is_empty = False
            return
        self._n = [a + b for a, b in zip(self._n, other._n, strict=True)]
        self._total = [a + b for a, b in zip(self._total, other._total, strict=True)]
        self._least = [a if a < b else b for a, b in zip(self._least, other._least, strict=True)]
        self._most = [a if a > b else b for a, b in zip(self._most, other._most, strict=True)]

    def means(self) -> tuple[int | None, ...]:
        """Of each quantity, a half rounded up; `None` where nothing is known."""
        return tuple(
            [
                (total if n == 1 else (2 * total + n) // (2 * n)) if n else None
                for n, total in zip(self._n, self._total, strict=True)
            ]
        )

    def stats(self) -> tuple[Stat, ...]:
        """Of each quantity."""
        return tuple(
            [
                Stat(n, total, least, most) if n else _UNKNOWN
                for n, total, least, most in zip(self._n, self._total, self._least, self._most, strict=True)
            ]
        )
