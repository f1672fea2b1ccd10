"""Which framing a line has: all are tried side by side until one has a frame, and again where that one finds no more.

A frame whose check sum was verified decides, the first of all. What has none decides only where nothing else may
still claim it: a ciphered frame may stand inside another framing's frame. What comes out does not depend on how the
bytes were cut: whatever is judged by how much is held is judged where the stream has a multiple of
`FEED_SLICE_BYTES`.
"""

from __future__ import annotations

from operator import itemgetter

from ngair.meter.framings import FRAMINGS
from ngair.meter.framings.candidate import Candidate, certain, ended, within
from ngair.meter.framings.frame import Frame, Framing
from ngair.model.limits import FEED_SLICE_BYTES, FRAMING_SWITCHES_MAX, TELEGRAM_MAX_BYTES
from ngair.model.telegram import Rejection


class Detector:
    """Bytes in, frames and rejections out, of whichever framing. Itself a framing."""

    def __init__(self, only: str | None = None, *, bare: bool = False) -> None:
        """`only` is the name of a framing that the user fixed; `bare` takes also what no framing surrounds, as files
        have it."""
        names = [only] if only else [name for name in FRAMINGS if bare or name != BARE]
        self._names = names
        self._fixed = only is not None
        self._fed = 0
        self._backlog = bytearray()
        self._held: list[Rejection] = []
        self._sure: Framing | None = None
        self._tries = [Candidate(name=name, framing=FRAMINGS[name](0)) for name in names]
        self._reporter = self._tries[0]
        self._told = 0
        self._flushed = 0
        self.framing: str | None = only
        """The name of the one found; while another is looked for, the last one."""
        if self._fixed:
            self._sure, self._tries = self._tries[0].framing, []

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        framings = [self._sure] if self._sure is not None else [tried.framing for tried in self._tries]
        return len(self._backlog) + sum(framing.held_bytes for framing in framings)

    @property
    def held_from(self) -> int:
        """Bytes of the stream that are done with: a frame to come begins there or later."""
        return self._sure.held_from if self._sure is not None else min(tried.held_from for tried in self._tries)

    def feed(self, data: bytes) -> list[Frame | Rejection]:
        """Take bytes in any portions; the result does not depend on how they were cut."""
        if self._sure is not None and not self._backlog and (self._fixed or len(data) <= FEED_SLICE_BYTES):
            return self._feed_sure(data)
        found: list[Frame | Rejection] = []
        start = 0
        while start < len(data):
            stop = start + FEED_SLICE_BYTES - self._fed % FEED_SLICE_BYTES
            piece = data[start:stop] if start or stop < len(data) else data
            start = stop
            self._fed += len(piece)
            self._backlog += piece
            if self._sure is not None:
                self._follow(self._sure.feed(piece), found)
            else:
                for tried in self._tries:
                    tried.add(tried.framing.feed(piece))
                self._choose(found, settled=False)
            if not self._fed % FEED_SLICE_BYTES:
                self._bound(found)
        return found

    def quiet(self) -> list[Frame | Rejection]:
        """The line has been quiet for a moment: what can only be complete is complete."""
        return self._pause(final=False)

    def finish(self) -> list[Frame | Rejection]:
        """The line is gone: what stands incomplete is refused. More may be fed afterwards."""
        return self._pause(final=True)

    # --- one framing is followed -----------------------------------------------------------------------

    def _feed_sure(self, data: bytes) -> list[Frame | Rejection]:
        """The way of most bytes: nothing stands from before, and a frame comes as a whole."""
        assert self._sure is not None
        items = self._sure.feed(data)
        self._fed += len(data)
        if self._fixed:
            return items
        if len(items) == 1 and not self._held:
            item = items[0]
            if isinstance(item, Frame) and item.stop == self._fed:
                return items
        self._backlog += data
        found: list[Frame | Rejection] = []
        self._follow(items, found)
        return found

    def _follow(self, items: list[Frame | Rejection], found: list[Frame | Rejection]) -> None:
        """Give out frames; hold rejections back until the next frame shows that they were right."""
        last = None
        for item in items:
            if isinstance(item, Frame):
                if self._held:
                    found += self._others(item, last) or self._held
                    self._held = []
                found.append(item)
                last = item
            else:
                self._held.append(item)
        if last is not None:
            del self._backlog[: max(0, len(self._backlog) - self._fed + last.stop)]

    def _others(self, frame: Frame, last: Frame | None) -> list[Frame | Rejection]:
        """What another framing makes of the bytes before a frame, if that has a frame in them whose sum it verified:
        a recording may hold two meters in turn."""
        start = self._fed - len(self._backlog)
        begin = start if last is None else last.stop
        gap = bytes(self._backlog[begin - start : max(0, frame.stop - len(frame.raw) - start)])
        for name in self._names:
            if name not in (self.framing, BARE):
                framing = FRAMINGS[name](begin)
                items = framing.feed(gap) + framing.finish()
                if any(isinstance(item, Frame) and item.checked for item in items):
                    return items
        return []

    def _settle(self, found: list[Frame | Rejection]) -> None:
        """Report what was held back: nobody else is asked any more."""
        assert self._sure is not None
        found += self._held
        self._held = []
        del self._backlog[: max(0, len(self._backlog) - self._fed + self._sure.held_from)]

    def _is_doubtful(self) -> bool:
        """Whether something came since its last frame that the framing followed has no use for."""
        assert self._sure is not None
        dropped = len(self._backlog) - self._fed + self._sure.held_from
        return bool(self._held) or bool(self._backlog[: max(0, dropped)].translate(None, delete=_PADDING))

    def _doubt(self) -> None:
        """Offer to all the others what came since its last frame; from now on they are tried side by side."""
        assert self._sure is not None
        start = self._fed - len(self._backlog)
        backlog = bytes(self._backlog)
        self._tries = []
        for name in self._names:
            if name == self.framing:
                tried = Candidate(name=name, framing=self._sure, items=list(self._held))
                self._reporter = tried
            else:
                tried = Candidate(name=name, framing=FRAMINGS[name](start))
                tried.add(tried.framing.feed(backlog))
            self._tries.append(tried)
        self._sure = None
        self._held = []
        self._told, self._flushed = start, self._fed

    # --- all are tried side by side --------------------------------------------------------------------

    def _choose(self, found: list[Frame | Rejection], *, settled: bool, final: bool = False) -> None:
        """Follow whoever had the first frame that counts, if anybody had one."""
        firsts = [
            (certain(frame, tried.name), order, index)
            for order, tried in enumerate(self._tries)
            if tried.count
            for index, frame in tried.frames()
            if frame.checked or tried.name == P1 or final or (settled and not self._may_be_carried(frame))
        ]
        if not firsts:
            return
        _, order, index = min(firsts, key=itemgetter(0, 1))
        chosen = self._tries[order]
        frame = chosen.items[index]
        assert isinstance(frame, Frame)
        before = [item for item in chosen.items[:index] if isinstance(item, Rejection)]
        found += within(before, frame.stop - len(frame.raw) - self._told)
        rest = chosen.items[index:]
        self._sure, self.framing, self._tries, self._held = chosen.framing, chosen.name, [], []
        self._reporter.items = []
        self._follow(rest, found)

    def _may_be_carried(self, frame: Frame) -> bool:
        """Whether a frame without check may be part of another framing's frame that is still coming."""
        start = frame.stop - len(frame.raw)
        return any(tried.name in _CARRIERS and tried.framing.held_from <= start for tried in self._tries)

    def _flush(self, found: list[Frame | Rejection], *, final: bool) -> None:
        """Report what nobody has any use for, as the framing tells it that got furthest."""
        self._flushed = self._fed
        limit = self._fed if final else min(tried.held_from for tried in self._tries)
        furthest = max(self._tries, key=Candidate.rank)
        if furthest.rank() > self._reporter.rank():
            self._reporter = furthest
            furthest.items = [*within(furthest.rejections(), self._fed - self._told), *furthest.only_frames()]
        for tried in self._tries:
            if tried is not self._reporter:
                tried.items = tried.only_frames()
        rejections = self._reporter.rejections()
        if final:
            rejections = within(rejections, limit - self._told)
        count = 0
        for rejection in rejections:
            if self._told + rejection.size > limit:
                break
            self._told += rejection.size
            found.append(rejection)
            count += 1
        self._reporter.items = [] if final else [*rejections[count:], *self._reporter.only_frames()]
        self._reporter.count = sum(isinstance(item, Frame) for item in self._reporter.items)

    # --- both ------------------------------------------------------------------------------------------

    def _bound(self, found: list[Frame | Rejection]) -> None:
        """Let nothing grow: called where the stream has a multiple of `FEED_SLICE_BYTES`."""
        for _ in range(FRAMING_SWITCHES_MAX):
            if self._sure is None or len(self._backlog) < TELEGRAM_MAX_BYTES:
                break
            self._doubt()
            self._choose(found, settled=True)
        if self._sure is None:
            self._choose(found, settled=True)
        if self._sure is None:
            if self._fed - self._flushed >= TELEGRAM_MAX_BYTES or self._flushed == self._fed:
                self._flush(found, final=False)
            del self._backlog[: max(0, len(self._backlog) - TELEGRAM_MAX_BYTES)]
        elif len(self._backlog) >= TELEGRAM_MAX_BYTES:
            self._settle(found)
            self._backlog.clear()

    def _pause(self, *, final: bool) -> list[Frame | Rejection]:
        found: list[Frame | Rejection] = []
        if self._sure is None:
            self._end_all(found, final=final)
        elif self._fixed:
            return ended(self._sure, final=final)
        else:
            self._follow(ended(self._sure, final=final), found)
        for _ in range(FRAMING_SWITCHES_MAX):
            if self._sure is None or not self._is_doubtful():
                break
            self._doubt()
            self._end_all(found, final=final)
        if self._sure is None:
            before = len(found)
            self._flush(found, final=final)
            if len(found) > before:
                self._told = max(self._told, self.held_from)
        else:
            self._settle(found)
        if final:
            self._backlog.clear()
        return found

    def _end_all(self, found: list[Frame | Rejection], *, final: bool) -> None:
        for tried in self._tries:
            tried.add(ended(tried.framing, final=final))
        self._choose(found, settled=True, final=final)


P1 = "P1"
BARE = "bare"

_CARRIERS = ("HDLC", "M-Bus")
_PADDING = b"\x00\xff\r\n \x7e\x8d\xa0\x7f"
