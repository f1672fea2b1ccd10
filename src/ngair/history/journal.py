"""Events on their way to the log: each once, and none so often that it floods it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from msgspec.structs import replace

from ngair.model.history import HistoryEvent

FLIP_MIN_S = 10.0
"""Between two events of something that begins and ends; what it has become by then is told."""
FLIPS_MAX = 6
"""So many in a row, none followed by a minute of calm, are told as they come; each further one waits twice as long as
the one before, up to ten minutes: what flickers for weeks must not push all else out of the log."""
CALM_S = 60.0
FLICKER_S = 600.0
KEYS_MAX = 512
"""Things watched at once, far above what a site has; more are somebody who makes up names."""


class _Entry:
    """What is told at most each `gap_s`."""

    __slots__ = ("at_s", "flips", "gap_s", "is_on", "pending", "told_on")

    def __init__(self, gap_s: float) -> None:
        self.gap_s = gap_s
        self.at_s = float("-inf")
        self.pending: HistoryEvent | None = None
        self.is_on: bool | None = None
        """Of a flag: as it is, and as it was told."""
        self.told_on: bool | None = None
        self.flips = 0

    def flipped(self, now_s: float) -> None:
        """A flag was told."""
        self.flips = 0 if now_s - self.at_s >= self.gap_s + CALM_S else min(self.flips + 1, 64)
        self.gap_s = min(FLIP_MIN_S * 2.0 ** max(0, self.flips - FLIPS_MAX), FLICKER_S)


class Journal:
    """Holds events until they are taken, and those back that would come too often."""

    def __init__(self) -> None:
        self._events: list[HistoryEvent] = []
        self._entries: dict[Hashable, _Entry] = {}
        self._waiting: dict[Hashable, _Entry] = {}

    def tell(self, event: HistoryEvent) -> None:
        """One whose source has a bound of its own."""
        self._events.append(event)

    def flag(
        self, key: Hashable, is_on: bool, now_s: float, event: Callable[[], HistoryEvent], *, begins_off: bool = True
    ) -> None:
        """Something is, or is not. `event` tells the change to it, and is asked only if there is one.

        That it is not is nothing new when it is said first, unless `begins_off` is false.
        """
        flag = self._entries.get(key)
        if flag is None:
            if (begins_off and not is_on) or not self._has_room(now_s):
                return
            flag = self._entries[key] = _Entry(FLIP_MIN_S)
            if begins_off:
                flag.is_on = flag.told_on = False
        if flag.is_on is is_on:
            return
        flag.is_on = is_on
        if flag.told_on is is_on:
            flag.pending = None
            self._waiting.pop(key, None)
            return
        flag.pending = event()
        self._tell_or_wait(key, flag, now_s)

    def seldom(
        self,
        key: Hashable,
        gap_s: float,
        event: HistoryEvent,
        now_s: float,
        join: Callable[[HistoryEvent, HistoryEvent], HistoryEvent] | None = None,
    ) -> None:
        """One that is told at most each `gap_s`. Of those that come between, the last is; with `join`, all as one."""
        gap = self._entries.get(key)
        if gap is None:
            if not self._has_room(now_s):
                return
            gap = self._entries[key] = _Entry(gap_s)
        gap.pending = event if gap.pending is None or join is None else join(gap.pending, event)
        self._tell_or_wait(key, gap, now_s)

    def tick(self, now_s: float) -> None:
        """What was held back may be due."""
        for key, entry in list(self._waiting.items()):
            self._tell_or_wait(key, entry, now_s)

    def take(self) -> tuple[HistoryEvent, ...]:
        """All that may be told."""
        taken, self._events = tuple(self._events), []
        return taken

    def flush(self) -> None:
        """Hold nothing back: the program ends."""
        self.tick(float("inf"))

    def _tell_or_wait(self, key: Hashable, entry: _Entry, now_s: float) -> None:
        if entry.pending is None:
            self._waiting.pop(key, None)
        elif now_s - entry.at_s >= entry.gap_s:
            self._events.append(entry.pending)
            if entry.is_on is not None:
                entry.flipped(now_s)
            entry.pending, entry.told_on, entry.at_s = None, entry.is_on, now_s
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = entry

    def _has_room(self, now_s: float) -> bool:
        """Whether one more can be watched, where need be after those that rest are forgotten."""
        if len(self._entries) >= KEYS_MAX:
            for key, entry in list(self._entries.items()):
                if not entry.is_on and entry.pending is None and now_s - entry.at_s >= entry.gap_s:
                    del self._entries[key]
        return len(self._entries) < KEYS_MAX


def joined(first: HistoryEvent, second: HistoryEvent) -> HistoryEvent:
    """Two events of one kind as one: it begins as the first, ends as the second, and what is counted is added up."""
    detail = dict(second.detail)
    for name, value in first.detail.items():
        other = detail.get(name)
        if name in _BEGINS:
            detail[name] = value
        elif name in _COUNTED and isinstance(value, int | float) and isinstance(other, int | float):
            detail[name] = value + other
    return replace(second, detail=detail)


_BEGINS = frozenset(("from_wh",))
_COUNTED = frozenset(("booked_wh", "by_s", "count"))
