"""Whether the wall clock can be right. A machine without a battery begins with an old time, until the network tells."""

from __future__ import annotations

from collections.abc import Iterable

from ngair.model.limits import CLOCK_BEHIND_MAX_S, CLOCK_EARLIEST_S


class Dates:
    """Knows times that have been. A clock that shows less was not set since the machine started."""

    def __init__(self, been_s: Iterable[float] = ()) -> None:
        """`been_s`: such times, as seconds since 1970 UTC."""
        self._been_s: tuple[float, ...] = ()
        self._is_over = False
        for at_s in been_s:
            self.been(at_s)

    def been(self, at_s: float) -> None:
        """This time has been, as far as anybody knows: the clock may have been ahead then, too."""
        if at_s not in self._been_s and not self._is_over:
            self._been_s = tuple(sorted((*self._been_s, at_s))[-_KEPT:])

    def wait_no_more(self) -> None:
        """Nobody set the clock for long: what is ahead of it was remembered by a wrong one, or nobody ever will."""
        self._been_s = ()
        self._is_over = True

    def can_be(self, wall_s: float) -> bool:
        """Whether it can be that late now.

        A time that is far ahead of it tells of a clock that was wrong then: nobody waits weeks until it comes again.
        """
        return wall_s >= CLOCK_EARLIEST_S and not any(0 < at_s - wall_s <= CLOCK_BEHIND_MAX_S for at_s in self._been_s)


_KEPT = 64
