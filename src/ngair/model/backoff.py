"""How long to wait before a link is tried again."""

from __future__ import annotations

from typing import Protocol

from ngair.model.limits import BACKOFF_FIRST_S, BACKOFF_JITTER, BACKOFF_MAX_S


class Chance(Protocol):
    """Where jitter comes from, such as `random.Random`."""

    def random(self) -> float:
        """From 0 up to 1."""


class Backoff:
    """How long to wait before the next try."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._next_s = BACKOFF_FIRST_S

    def reset(self) -> None:
        """It worked: begin anew with the shortest wait."""
        self._next_s = BACKOFF_FIRST_S

    def next_s(self) -> float:
        """The wait before the next try, doubled each time up to a bound, with jitter."""
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, BACKOFF_MAX_S)
        return wait_s * (1 + BACKOFF_JITTER * (2 * self._chance.random() - 1))
