"""The wire between a charger and its broker: late, lossy, and now and then nonsense."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random

from msgspec.structs import replace

from ngair.sim.station.messages import Publish

QUEUE_MAX = 4096
"""Messages under way; what comes while there are as many is lost."""
FAULTY_SHARE = 0.05
NONSENSE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"16",
    b"nan",
    b'"',
    b"{" * 40,
    b"[" * 2000,
    b"\x00\xff\xfe",
    b'{"State":2',
    b'{"State":99,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[6.0,6.0,6.0]}',
    b'{"State":-1,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[6.0,6.0,6.0]}',
    b'{"State":"2","EvUsesPhase":[1,1,1],"MaxAllowedCurrent":"16","Current":["6.0","6.0","6.0"]}',
    b'{"State":2.5,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[6.0,6.0,6.0]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[-900.0,6.0,6.0]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[1e308,1e308,1e308]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[NaN,6.0,6.0]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[null,null,null]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[6.0,6.0]}',
    b'{"State":2,"EvUsesPhase":[7,-3,2],"MaxAllowedCurrent":-5,"Current":[6.0,6.0,6.0,6.0]}',
    b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":6.0}',
    b'{"state":2,"current":[6.0,6.0,6.0]}',
    b'{"State":2,"State":8,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[6.0,6.0,6.0]}',
)
"""In place of an update, one at a time; none may be taken for one."""


class Wire:
    """One direction of the link: messages go in at a moment and come out when they are due."""

    def __init__(self, lag_s: float, drop: float, random: Random) -> None:
        self._lag_s = lag_s
        self._drop = drop
        self._random = random
        self._under_way: list[tuple[float, int, Publish]] = []
        self._count = 0

    @property
    def due_s(self) -> float:
        """When the next comes out; infinity while nothing is under way."""
        return self._under_way[0][0] if self._under_way else float("inf")

    def put(self, message: Publish, time_s: float, delay_s: float = 0.0) -> None:
        """Send it off; `delay_s` is the sender's own. Retained configurations are told until they arrive."""
        lost = self._random.random() < self._drop and not message.topic.endswith("/configuration")
        if lost or len(self._under_way) >= QUEUE_MAX:
            return
        self._count += 1
        heappush(self._under_way, (time_s + delay_s + self._lag_s, self._count, message))

    def take(self, time_s: float) -> list[Publish]:
        """What has come out by now, in order."""
        out = []
        while self.due_s <= time_s:
            out.append(heappop(self._under_way)[2])
        return out

    def cut(self) -> None:
        """What is under way is lost."""
        self._under_way.clear()


def now_and_then_nonsense(update: Publish, random: Random) -> Publish:
    """The update, or nonsense in its place."""
    if random.random() >= FAULTY_SHARE:
        return update
    return replace(update, payload=random.choice((*NONSENSE, update.payload[: len(update.payload) // 2])))
