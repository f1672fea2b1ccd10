"""The vendor's MQTT link (field capture between a charger r3.2.2 and ngair 1.3.2): the charger is the broker."""

from __future__ import annotations

from collections import deque

from ngair.charger.control import Control, Heard
from ngair.charger.effects import Effect, Pin, Publish, Subscribe, Tell
from ngair.charger.messages import (
    INFO,
    OUTLET,
    SETPOINT,
    STATION,
    UPDATE,
    Refusal,
    StationConfiguration,
    decoded,
)
from ngair.charger.mirror import Mirror
from ngair.charger.notices import Oddities
from ngair.charger.told import Told, known_rotation
from ngair.charger.topics import ANY_STATION, SERIAL, Address, address, filters, setpoint_topic
from ngair.model.charging import ChargeBox
from ngair.model.events import ChargerLost, ChargerSeen
from ngair.model.limits import (
    CHARGER_SILENT_S,
    CHARGER_TELLS_PER_S_MAX,
    CHARGER_TEXT_MAX_CHARS,
    CHARGER_TOPIC_MAX_CHARS,
    OUTLETS_PER_CHARGER_MAX,
    SITE_SILENT_S,
)
from ngair.model.site import Site

OWN_BALANCING_S = 1.0
"""Chargers that balance by themselves do so 0.1 to 0.3 s after each meterdata (field capture)."""
COUNT_S = 1.0
"""Counts of refused messages are told at most so often."""


class NanogridLink:
    """One charger on its own broker. Never raises, whatever comes and whenever."""

    rejected: dict[str, int]
    """Refused messages by reason, since start."""

    def __init__(self, *, endpoint: str, port: int, pinned: str | None) -> None:
        """`endpoint` is the broker's address without the port, `pinned` the serial number of an earlier `Pin`.

        A `pinned` that can be no serial number is taken for none.
        """
        self.rejected = {}
        self._counted: dict[str, int] = {}
        self._counted_at_s = float("-inf")
        self._endpoint = endpoint
        self._port = port
        self._serial = pinned if pinned and SERIAL.fullmatch(pinned) else None
        self._now_s = self._heard_at_s = float("-inf")
        self._connected_at_s: float | None = None
        self._site: Site | None = None
        self._site_at_s = self._now_s
        self._station: StationConfiguration | None = None
        self._told = {number: Told(number) for number in range(1, OUTLETS_PER_CHARGER_MAX + 1)}
        self._present: set[int] = set()
        self._oddities = Oddities()
        self._was_heard = False
        self._last_box: ChargeBox | None = None
        self._tells: deque[float] = deque(maxlen=CHARGER_TELLS_PER_S_MAX)
        self._forget_connection()

    def connected(self, now_s: float) -> list[Effect]:
        """The broker accepted us: subscribe and announce, again after each loss."""
        lost = self.disconnected(now_s)
        self._connected_at_s = self._heard_at_s = self._now(now_s)
        own = filters(self._serial) if self._serial else ()
        return [*lost, Subscribe((ANY_STATION, *own)), *self._advance()]

    def disconnected(self, now_s: float) -> list[Effect]:
        """The connection to the broker is gone. Nothing is published before `connected`."""
        self._now(now_s)
        was_live = self._is_live
        self._forget_connection()
        return self._lost() if was_live else []

    def receive(self, topic: str, payload: bytes, retained: bool, now_s: float) -> list[Effect]:
        """A message came. `retained` is its flag on the wire: such a message is of unknown age."""
        self._now(now_s)
        if self._connected_at_s is None:
            return []
        about = address(topic) if len(topic) <= CHARGER_TOPIC_MAX_CHARS else None
        if about is None:
            self._refuse(Refusal.TOPIC)
            return []
        bound = self._bind(about, payload)
        if about.serial != self._serial:
            self._refuse(Refusal.SERIAL)
            if about.kind == "station" and SERIAL.fullmatch(about.serial) and self._serial:
                self._oddities.stranger(about.serial)
        elif refusal := self._take(about, payload, retained):
            self._refuse(refusal)
            if about.kind != "setpoint" and refusal is not Refusal.RETAINED:
                self._oddities.refused(refusal, self._now_s)
        return [*bound, *self._advance()]

    def follow(self, site: Site, now_s: float) -> list[Effect]:
        """The site as it has become.

        A setpoint is sent when `site.decision` names the outlet and `site.charge_boxes` holds what this connection
        told of it, for a decision of before the connection may be about another world.
        """
        self._site, self._site_at_s = site, self._now(now_s)
        return self._advance()

    def tick(self, now_s: float) -> list[Effect]:
        """What time alone makes due. To be called each 0.25 to 1 s while connected, and harmless otherwise."""
        self._now(now_s)
        return self._advance()

    def _now(self, now_s: float) -> float:
        """The time, which never runs backwards here."""
        self._now_s = max(self._now_s, now_s)
        return self._now_s

    def _forget_connection(self) -> None:
        self._connected_at_s = None
        self._is_live = False
        self._controls = {number: Control() for number in self._told}
        self._mirror = Mirror()
        self._oddities.forget_strangers()

    def _refuse(self, reason: Refusal) -> None:
        self.rejected[str(reason)] = self.rejected.get(str(reason), 0) + 1

    # --- what comes in

    def _bind(self, about: Address, payload: bytes) -> list[Effect]:
        """Believe the first charger that tells its configuration, once and for good."""
        if self._serial is not None or about.kind != "station" or not SERIAL.fullmatch(about.serial):
            return []
        station = decoded(payload, STATION)
        if isinstance(station, Refusal):
            return []
        self._serial = about.serial
        return [Pin(about.serial), Subscribe(filters(about.serial))]

    def _take(self, about: Address, payload: bytes, retained: bool) -> Refusal | None:
        """A message from the charger that we are bound to; the reason if it is refused."""
        if about.kind == "station":
            station = decoded(payload, STATION)
            if isinstance(station, Refusal):
                return station
            self._station = station
            return None
        if about.outlet not in {str(number) for number in self._told}:
            return Refusal.OUTLET
        number = int(about.outlet)
        if about.kind == "configuration":
            configuration = decoded(payload, OUTLET)
            if isinstance(configuration, Refusal):
                return configuration
            self._told[number].configured(configuration)
            self._present.add(number)
            return None
        if retained:
            return Refusal.RETAINED
        if about.kind == "setpoint":
            return self._take_setpoint(number, payload)
        return self._take_state(number, payload) if about.kind == "update" else self._take_info(number, payload)

    def _take_state(self, number: int, payload: bytes) -> Refusal | None:
        update = decoded(payload, UPDATE)
        if isinstance(update, Refusal):
            return update
        self._told[number].updated(update, self._now_s)
        self._present.add(number)
        self._heard_at_s = self._now_s
        self._is_live = self._was_heard = True
        return None

    def _take_info(self, number: int, payload: bytes) -> Refusal | None:
        info = decoded(payload, INFO)
        if isinstance(info, Refusal):
            return info
        self._told[number].informed(info)
        return None

    def _take_setpoint(self, number: int, payload: bytes) -> Refusal | None:
        value_a = decoded(payload, SETPOINT)
        if isinstance(value_a, Refusal):
            return value_a
        if value_a > 0 and not self._told[number].legal(int(value_a)):
            return Refusal.VALUE
        heard = self._controls[number].heard(value_a, self._target_a(number), self._now_s)
        if heard is not Heard.OURS and self._now_s - self._mirror.sent_at_s > OWN_BALANCING_S:
            self._oddities.other_controller(self._now_s)
        return None

    # --- what goes out

    def _advance(self) -> list[Effect]:
        """Everything that is due now, the most urgent first."""
        if self._connected_at_s is None or self._serial is None:
            return []
        due = self._setpoints(self._serial)
        if self._site is not None:
            due += self._mirror.due(self._serial, self._site, self._now_s)
        if self._is_live and self._now_s - self._heard_at_s >= CHARGER_SILENT_S:
            self._is_live = False
            due += self._lost()
        return [*due, *self._tell(self._serial)]

    def _setpoints(self, serial: str) -> list[Effect]:
        due: list[Effect] = []
        for number, control in self._controls.items():
            target_a = self._target_a(number)
            if target_a is not None and control.send(target_a, self._told[number].draw, self._now_s):
                due.append(Publish(setpoint_topic(serial, number), b"%d" % target_a))
        return due

    def _target_a(self, number: int) -> int | None:
        """The legal setpoint that was decided for an outlet, on what this connection told; `None` without one."""
        if self._site is None or self._serial is None or self._connected_at_s is None:
            return None
        setpoint = self._site.decision.setpoint(self._serial, number)
        if setpoint is None or not self._site_knows(self._site, number, self._connected_at_s):
            return None
        setpoint_a = setpoint.setpoint_a
        if self._now_s - self._site_at_s > SITE_SILENT_S:
            wished_a = self._site.wishes.of(self._serial, number).fallback_a
            setpoint_a = min(setpoint_a, self._site.pace.fallback_a if wished_a is None else wished_a)
        return self._told[number].legal(setpoint_a)

    def _site_knows(self, site: Site, number: int, since_s: float) -> bool:
        """Whether the site has an outlet as it told since then."""
        return any(
            outlet.id == number and outlet.told_at_s is not None and outlet.told_at_s >= since_s
            for box in site.charge_boxes
            if box.serial == self._serial
            for outlet in box.outlets
        )

    def _lost(self) -> list[Effect]:
        """The charger is not heard any more."""
        if self._serial is None:
            return []
        self._last_box = self._box(self._serial)
        return [Tell(ChargerLost(self._serial))]

    def _tell(self, serial: str) -> list[Effect]:
        """The charger, if it is another than was told last; one that was never heard only when something is odd."""
        # Not each by itself: whoever floods the topics must not delay what is told of the charger.
        if self._now_s - self._counted_at_s >= COUNT_S:
            self._counted, self._counted_at_s = dict(self.rejected), self._now_s
        box = self._box(serial)
        if box == self._last_box or (self._last_box is None and not self._is_live and not box.notice):
            return []
        if len(self._tells) == CHARGER_TELLS_PER_S_MAX and self._now_s - self._tells[0] < 1:
            return []
        self._tells.append(self._now_s)
        self._last_box = box
        return [Tell(ChargerSeen(box))]

    def _box(self, serial: str) -> ChargeBox:
        station = self._station
        rotation = known_rotation(station.rotation) if station else None
        return ChargeBox(
            serial=serial,
            identity=serial,
            firmware=_text(station.firmware) if station else "",
            endpoint=self._endpoint,
            port=self._port,
            connected=self._is_live,
            pinned=True,
            rotation=rotation or "",
            notice=self._oddities.notice(
                serial,
                self._now_s,
                rotation=rotation,
                odd_states=[told.odd_state for told in self._told.values() if told.odd_state is not None],
                never_heard=not self._was_heard and self._now_s - self._heard_at_s >= CHARGER_SILENT_S,
            ),
            rejected=self._counted,
            outlets=tuple(
                self._told[number].outlet(
                    rotation,
                    is_live=self._is_live,
                    foreign_a=self._controls[number].foreign_a(self._target_a(number), self._now_s),
                )
                for number in sorted(self._present)
            ),
        )


def _text(text: str) -> str:
    """A text of the charger's, fit to be shown."""
    return "".join(character for character in text[:CHARGER_TEXT_MAX_CHARS] if character.isprintable())
