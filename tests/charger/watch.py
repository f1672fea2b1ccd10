"""Watches a link, and raises where it breaks a promise that holds whatever it is sent, in whatever order."""

from __future__ import annotations

import re
from collections import deque

from ngair.charger.effects import Effect, Pin, Publish, Subscribe, Tell
from ngair.charger.nanogrid import NanogridLink
from ngair.model.charging import ChargeBox
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerSeen, Decided, Event
from ngair.model.limits import CHARGER_TELLS_PER_S_MAX, SETPOINTS_PER_S_MAX
from ngair.model.rules import Fuse
from ngair.model.site import BoxInfo, Site, apply

SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}")
BOX = BoxInfo(serial="NG00TEST00000001", firmware="ngair.0.0-0-g0000000", mac="02005e005301")
ANNOUNCEMENTS = 6
METERDATA = 2
REASON = SetpointReason(rule=Rule.FREE, text="")


class Watch:
    """A link with the site that follows from what it tells; after each step its promises have held."""

    def __init__(self, pinned: str | None = None) -> None:
        self.link = NanogridLink(endpoint="mqtt://192.0.2.7", port=1883, pinned=pinned)
        self.site = Site(box=BOX, fuses=(Fuse(name="main", rating_a=(25, 25, 25)),))
        self.serial = pinned
        self.now_s = 0.0
        self.published: list[tuple[float, Publish]] = []
        self._is_up = False
        self._setpoints: dict[str, deque[float]] = {}
        self._others: deque[float] = deque()
        self._tells: deque[float] = deque()
        self._latest_s = 0.0

    def up(self) -> None:
        """The broker accepts the link."""
        self._is_up = True
        self._others.clear()
        self._setpoints.clear()
        self._done(self.link.connected(self.now_s))

    def down(self) -> None:
        """The connection is gone."""
        self._is_up = False
        self._done(self.link.disconnected(self.now_s))

    def receive(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message comes."""
        self._done(self.link.receive(topic, payload, retained, self.now_s))

    def tick(self) -> None:
        """Time has passed."""
        self._done(self.link.tick(self.now_s))

    def happen(self, event: Event) -> None:
        """Something happens to the site."""
        self.site = apply(self.site, event)
        self._done(self.link.follow(self.site, self.now_s))

    def decide(self, *setpoints_a: int | None) -> None:
        """The setpoints of outlets 1, 2, …; `None` names none."""
        named = tuple(
            Setpoint(serial=self.serial or "", outlet_id=number, setpoint_a=setpoint_a, reason=REASON)
            for number, setpoint_a in enumerate(setpoints_a, 1)
            if setpoint_a is not None
        )
        self.happen(Decided(Decision(setpoints=named)))

    def _done(self, effects: list[Effect]) -> None:
        # Where a clock runs backwards, time stands still for the link.
        self._latest_s = max(self._latest_s, self.now_s)
        for effect in effects:
            match effect:
                case Pin(serial):
                    assert self.serial is None, "bound twice"
                    assert SERIAL.fullmatch(serial)
                    self.serial = serial
                case Subscribe(topics):
                    assert self._is_up
                    for topic in topics:
                        assert topic == "ctek/ng-v2/client/+/configuration" or f"/{self.serial}/" in topic
                case Publish():
                    assert self._is_up, "published into nothing"
                    self._check(effect)
                    self.published.append((self.now_s, effect))
                case Tell(event):
                    if isinstance(event, ChargerSeen):
                        _count(self._tells, self._latest_s, CHARGER_TELLS_PER_S_MAX)
                    serial = event.charge_box.serial if isinstance(event, ChargerSeen) else event.serial
                    assert serial == self.serial, "told of a charger that we are not bound to"
                    self.site = apply(self.site, event)
        if any(isinstance(effect, Tell) for effect in effects):
            self._done(self.link.follow(self.site, self.now_s))

    def _check(self, message: Publish) -> None:
        assert len(message.payload) < 300
        topic = message.topic
        if topic.startswith("ctek/ng-v2/"):
            self._check_setpoint(message)
            _count(self._setpoints.setdefault(topic, deque()), self._latest_s, SETPOINTS_PER_S_MAX)
            return
        assert topic.startswith(
            (f"ctek/client/{self.serial}/sma/", f"ctek/nga/{self.serial}/", f"ctek/nga/{BOX.serial}/")
        )
        assert message.retain == topic.endswith("info")
        # Two that are due together may fall on both ends of one second.
        _count(self._others, self._latest_s, 2 * (ANNOUNCEMENTS + METERDATA))

    def _check_setpoint(self, message: Publish) -> None:
        number = int(message.topic.removeprefix(f"ctek/ng-v2/controller/{self.serial}/").removesuffix("/current"))
        assert re.fullmatch(rb"0|[1-9][0-9]?", message.payload), "no bare integer"
        setpoint_a = int(message.payload)
        decided = self.site.decision.setpoint(self.serial or "", number)
        assert decided is not None, "a setpoint that nobody decided"
        assert setpoint_a <= max(0, decided.setpoint_a), "more than was decided"
        assert setpoint_a == 0 or setpoint_a >= 6, "less than a car can be told"
        assert not message.retain

    @property
    def box(self) -> ChargeBox | None:
        """The charger as it was told last."""
        return self.site.charge_boxes[0] if self.site.charge_boxes else None


def _count(times: deque[float], now_s: float, most: int) -> None:
    """At most so many within a second."""
    times.append(now_s)
    while now_s - times[0] >= 1:
        times.popleft()
    assert len(times) <= most, f"{len(times)} within a second"
