"""What each fuse has left, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ngair.balance.flow import Flow
from ngair.balance.tree import rating
from ngair.model.decision import Headroom
from ngair.model.phases import Phases
from ngair.model.rules import Fuse, Pace


class Headrooms:
    """Remembers what was shown, so that it is the same object while nothing changed."""

    def __init__(self) -> None:
        self._shown: tuple[Headroom, ...] = ()

    def show(self, fuses: Sequence[Fuse], flows: Mapping[str, Flow], pace: Pace, now_s: float) -> tuple[Headroom, ...]:
        """The headroom of every fuse."""
        shown = self._shown
        made: list[Headroom] = []
        for i, fuse in enumerate(fuses):
            other_a = _other_a(fuse, flows.get(fuse.name), now_s)
            left_a = _left_a(fuse, other_a, pace.margin_a)
            before = shown[i] if i < len(shown) else None
            if before is None or before.other_a != other_a or before.left_a != left_a or before.fuse != fuse.name:
                before = Headroom(fuse=fuse.name, other_a=other_a, left_a=left_a)
            made.append(before)
        if len(made) != len(shown) or any(a is not b for a, b in zip(made, shown, strict=True)):
            self._shown = tuple(made)
        return self._shown


def left_a(most_a: float, margin_a: float, other_a: float) -> float:
    """What a limit leaves. Export makes room, but no more than the fuse carries."""
    return most_a - margin_a - max(other_a, 0.0)


def _other_a(fuse: Fuse, flow: Flow | None, now_s: float) -> Phases:
    if flow is None:
        return fuse.reserve_a
    return (
        flow.counted(0) if flow.is_known(0, now_s) else None,
        flow.counted(1) if flow.is_known(1, now_s) else None,
        flow.counted(2) if flow.is_known(2, now_s) else None,
    )


def _left_a(fuse: Fuse, other_a: Phases, margin_a: float) -> Phases:
    a, b, c = other_a
    most = fuse.rating_a
    return (
        None if a is None else left_a(rating(most[0]), margin_a, a),
        None if b is None else left_a(rating(most[1]), margin_a, b),
        None if c is None else left_a(rating(most[2]), margin_a, c),
    )
