"""The live stream as bytes: the newest state of the site, and the points of its charts, made once for all readers.

Server-sent events (WHATWG HTML, section 9.2). A reader who was away, or is slow, gets every point that it has missed
and only the newest site: states in between are lost, charts have no gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from ngair.api.charging import ChargerState
from ngair.api.site import SiteDocument
from ngair.model.limits import SAMPLE_S, STREAM_POINTS_MAX
from ngair.model.phases import UNKNOWN_PHASES

STREAM = "/api/v1/stream"


class Point(msgspec.Struct, frozen=True, array_like=True):
    """One moment of the live charts; unknown is `null`."""

    at_ms: int
    """The box's clock, since 1970 UTC."""
    power_import_w: float | None
    power_export_w: float | None
    current_l1_a: float | None
    current_l2_a: float | None
    current_l3_a: float | None
    charging_w: float | None
    """By all outlets together; `null` where one does not tell, and where there is no charger."""


class Live:
    """What the readers of the stream may get. `run` names this run of the program: another one counts points anew."""

    def __init__(self, run: str = "0") -> None:
        self.run = run
        self.on_change: Callable[[], None] = _nobody
        """Called when there is something new; returns at once."""
        self.version = 0
        """Moves with every change."""
        self._points: deque[bytes] = deque(maxlen=STREAM_POINTS_MAX)
        self._count = 0
        self._site = b""
        self._telegrams = 0
        self._point_at_s = float("-inf")
        self._frames: dict[int, bytes] = {}

    def show(self, site: SiteDocument, encoded: bytes, now_s: float, wall_s: float) -> None:
        """The site has become this."""
        meter = site.meter
        if meter.telegrams != self._telegrams or now_s - self._point_at_s >= SAMPLE_S:
            self._telegrams = meter.telegrams
            self._point_at_s = now_s
            self._points.append(_ENCODER.encode(_point(site, wall_s)))
            self._count += 1
        self._site = encoded
        self._frames.clear()
        self.version += 1
        self.on_change()

    def seen(self, event_id: str) -> int:
        """How many points a reader has who got this event last; none when it was another run's."""
        run, _, count = event_id.rpartition("-")
        if run != self.run or not (count.isascii() and count.isdigit() and len(count) < _ID_DIGITS):
            return 0
        return min(int(count), self._count)

    def since(self, seen: int) -> tuple[bytes, int]:
        """The events for a reader who has seen so many points, and how many it has then. Empty before there is any."""
        if not self._site:
            return b"", seen
        frame = self._frames.get(seen)
        if frame is None:
            frame = self._frames[seen] = self._frame(seen)
        return frame, self._count

    def _frame(self, seen: int) -> bytes:
        missed = min(self._count - seen, len(self._points))
        site = b"event: site\nid: %b-%d\ndata: %b\n\n" % (self.run.encode("ascii"), self._count, self._site)
        if not missed:
            return site
        points = [self._points[len(self._points) - missed + number] for number in range(missed)]
        return b"event: points\ndata: [%b]\n\n%b" % (b",".join(points), site)


def _point(site: SiteDocument, wall_s: float) -> Point:
    reading = site.meter.reading if site.meter.fresh else None
    one, two, three = reading.current_a if reading else UNKNOWN_PHASES
    return Point(
        at_ms=int(wall_s * 1000),
        power_import_w=reading.power_import_w if reading else None,
        power_export_w=reading.power_export_w if reading else None,
        current_l1_a=one,
        current_l2_a=two,
        current_l3_a=three,
        charging_w=_charging_w(site.chargers),
    )


def _charging_w(chargers: tuple[ChargerState, ...]) -> float | None:
    """One outlet that does not tell makes the sum unknown: it may draw its last setpoint."""
    outlets = [(charger.connected, outlet) for charger in chargers for outlet in charger.outlets]
    if not outlets or any(not connected or outlet.age_s is None for connected, outlet in outlets):
        return None
    return sum(outlet.power_w for _, outlet in outlets)


def _nobody() -> None:
    """Nobody reads yet."""


_ID_DIGITS = 16
_ENCODER = msgspec.json.Encoder()
