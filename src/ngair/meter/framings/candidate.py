"""One framing of those that are tried side by side, and what came of it so far."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ngair.meter.framings.frame import Frame, Framing
from ngair.model.telegram import Reason, Rejection


class Candidate(msgspec.Struct):
    """One framing, and what came of it that is not given out yet."""

    name: str
    framing: Framing
    items: list[Frame | Rejection] = []
    count: int = 0
    """Frames among them."""

    def add(self, items: list[Frame | Rejection]) -> None:
        """What came now."""
        if items:
            self.items += items
            self.count += sum(isinstance(item, Frame) for item in items)

    def frames(self) -> Iterator[tuple[int, Frame]]:
        """Its frames and where they are among the items."""
        return ((index, item) for index, item in enumerate(self.items) if isinstance(item, Frame))

    def only_frames(self) -> list[Frame | Rejection]:
        """Its frames, which wait to count."""
        return [item for item in self.items if isinstance(item, Frame)]

    def rejections(self) -> list[Rejection]:
        """Its rejections."""
        return [item for item in self.items if isinstance(item, Rejection)]

    @property
    def held_from(self) -> int:
        """Where what it has not given away begins, in bytes of the stream."""
        starts = [frame.stop - len(frame.raw) for _, frame in self.frames()] if self.count else []
        return min([self.framing.held_from, *starts])

    def rank(self) -> int:
        """How far it got: its reasons say something, it has some to tell, or neither."""
        return max((2 if item.reason is not Reason.NOISE else 1 for item in self.rejections()), default=0)


def certain(frame: Frame, name: str) -> tuple[bool, int]:
    """What tells which frame was certain before another: whether it had to wait, and where in the stream it was."""
    return not frame.checked and name != "P1", max(frame.stop, frame.seen)


def within(rejections: list[Rejection], room: int) -> list[Rejection]:
    """The last of them that cover no more bytes than this."""
    kept: list[Rejection] = []
    for rejection in reversed(rejections):
        if room <= 0:
            break
        size = min(rejection.size, room)
        kept.append(rejection if size == rejection.size else _shrunk(rejection, size))
        room -= size
    return kept[::-1]


def _shrunk(rejection: Rejection, size: int) -> Rejection:
    """The same, of which only so much has not been told yet."""
    detail = f"{size} bytes outside a frame" if rejection.reason is Reason.NOISE else rejection.detail
    return msgspec.structs.replace(rejection, detail=detail, size=size)


def ended(framing: Framing, *, final: bool) -> list[Frame | Rejection]:
    return framing.finish() if final else framing.quiet()
