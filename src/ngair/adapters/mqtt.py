"""A charger that is an MQTT broker: the link to it is kept up for ever, and always says the newest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from random import Random

from ngair.adapters.mqtt_session import Session, open_session
from ngair.charger.effects import Effect, Pin, Publish, Subscribe, Tell
from ngair.charger.nanogrid import NanogridLink
from ngair.gateway.ports import Clock, LinkError
from ngair.model.backoff import Backoff
from ngair.model.events import ChargerEvent, ChargerLinkChanged, ChargerSeen, LinkState
from ngair.model.limits import (
    MQTT_CLOSE_TIMEOUT_S,
    MQTT_INBOX_PAUSE_S,
    MQTT_TICK_S,
    REJECTION_LOG_INTERVAL_S,
)
from ngair.model.site import Site

log = logging.getLogger("ngair")


class MqttChargerPort:
    """Implements `gateway.ports.ChargerPort`. One task does all of it: whoever iterates over `events`."""

    def __init__(
        self,
        host: str,
        port: int,
        clock: Clock,
        *,
        pinned: str | None,
        keep_pin: Callable[[str], None],
        random: Random,
    ) -> None:
        """`keep_pin` keeps the serial number that `pinned` has at the next start. It may raise `OSError`."""
        self._host = host
        self._port = port
        self._clock = clock
        self._keep_pin = keep_pin
        self._random = random
        self._backoff = Backoff(random)
        self._endpoint = f"mqtt://[{host}]" if ":" in host else f"mqtt://{host}"
        self._link = NanogridLink(endpoint=self._endpoint, port=port, pinned=pinned)
        self._wake = asyncio.Event()
        self._site: Site | None = None
        self._session: Session | None = None
        self._opening: asyncio.Task[Session] | None = None
        self._told: list[ChargerEvent] = []
        self._shown: tuple[LinkState, str] | None = None
        self._retry_at_s = self._look_at_s = self._tick_at_s = 0.0
        self._is_lost = False
        self._dropped = 0
        self._logged: tuple[float, int] = (-REJECTION_LOG_INTERVAL_S, 0)

    @property
    def name(self) -> str:
        """Its URL."""
        return f"{self._endpoint}:{self._port}"

    @property
    def dropped(self) -> int:
        """Messages left out because they were too large or too many, since start."""
        return self._dropped + (self._session.dropped if self._session is not None else 0)

    def follow(self, site: Site) -> None:
        """Let the charger follow this site, by the next turn of the loop. Replaces what was not sent yet."""
        self._site = site
        self._wake.set()

    async def events(self) -> AsyncIterator[ChargerEvent]:
        """What the charger tells, for ever. May be begun again when it was ended."""
        try:
            while True:
                await self._turn()
                while self._told:
                    yield self._told.pop(0)
                await self._pause()
        finally:
            await self._stop()

    async def _turn(self) -> None:
        """Do what there is to do, and wait for nothing."""
        self._wake.clear()
        try:
            await self._keep_connected()
            await self._follow_newest()
            await self._look_at_inbox()
        except LinkError as error:
            await self._lose(error)
        now_s = self._now_s()
        if now_s >= self._tick_at_s:
            self._tick_at_s = now_s + MQTT_TICK_S
            await self._try_to_do(self._link.tick(self._clock.monotonic_s()))
            self._log_dropped(now_s)

    async def _pause(self) -> None:
        """Until somebody wakes it, or something is due; at least a turn of the loop, so that others have theirs."""
        due_s = self._tick_at_s
        if self._session is None and self._opening is None:
            due_s = min(due_s, self._retry_at_s)
        if self._session is not None and self._session.inbox.waits:
            due_s = min(due_s, self._look_at_s)
        timer = asyncio.get_running_loop().call_at(due_s, self._wake.set)
        try:
            await asyncio.sleep(0)
            await self._wake.wait()
        finally:
            timer.cancel()

    async def _keep_connected(self) -> None:
        if self._session is not None:
            self._session.check()
        elif self._opening is None:
            if self._now_s() >= self._retry_at_s:
                identifier = f"ngair{self._random.getrandbits(64):016x}"
                opening = open_session(self._host, self._port, identifier, self._wake.set)
                self._opening = asyncio.create_task(opening)
                self._opening.add_done_callback(lambda _: self._wake.set())
        elif self._opening.done():
            opened, self._opening = self._opening, None
            self._session = opened.result()
            self._show("silent", _NO_WORD)
            await self._do(self._link.connected(self._clock.monotonic_s()))

    async def _follow_newest(self) -> None:
        site, self._site = self._site, None
        if site is not None:
            await self._do(self._link.follow(site, self._clock.monotonic_s()))

    async def _look_at_inbox(self) -> None:
        if self._session is None or not self._session.inbox.waits or self._now_s() < self._look_at_s:
            return
        self._look_at_s = self._now_s() + MQTT_INBOX_PAUSE_S
        for message in self._session.inbox.take():
            now_s = self._clock.monotonic_s()
            payload = bytes(message.payload)
            await self._do(self._link.receive(message.topic.value, payload, message.retain, now_s))

    async def _try_to_do(self, effects: Sequence[Effect]) -> None:
        try:
            await self._do(effects)
        except LinkError as error:
            await self._lose(error)

    async def _do(self, effects: Sequence[Effect]) -> None:
        """What is told and kept first: it stays true if the link breaks. Raises `LinkError`."""
        for effect in effects:
            if isinstance(effect, Tell):
                self._tell(effect.event)
            elif isinstance(effect, Pin):
                self._pin(effect.serial)
        for effect in effects:
            if self._session is None:
                return
            if isinstance(effect, Publish):
                self._session.send(effect.topic, effect.payload, retain=effect.retain)
            elif isinstance(effect, Subscribe):
                await self._session.begin_subscribing(effect.topics)

    def _tell(self, event: ChargerEvent) -> None:
        """Only word of a charger says that the link works: anything may listen on a port, and accept everybody."""
        if isinstance(event, ChargerSeen) and event.charge_box.connected and self._session is not None:
            self._backoff.reset()
            self._show("up")
            if self._is_lost:
                log.info("charger link %s is back", self.name)
            self._is_lost = False
        if self._told and isinstance(event, ChargerSeen) and _same_charger(self._told[-1], event):
            self._told.pop()
        self._told.append(event)

    def _show(self, link: LinkState, detail: str = "") -> None:
        if self._shown != (link, detail):
            self._shown = (link, detail)
            self._told.append(ChargerLinkChanged(self.name, link, detail))

    def _pin(self, serial: str) -> None:
        try:
            self._keep_pin(serial)
        except OSError as error:
            log.warning("cannot keep to which charger the box is bound: %s", error)

    async def _lose(self, error: LinkError) -> None:
        """One line when it is lost, however often it is tried in vain."""
        if not self._is_lost:
            log.warning("charger link lost: %s %s: %s", self.name, error, _REMEDY)
        self._is_lost = True
        self._show("lost", f"{error}: {_REMEDY}")
        session, self._session = self._session, None
        self._retry_at_s = self._now_s() + self._backoff.next_s()
        if session is not None:
            self._dropped += session.dropped
            await self._do(self._link.disconnected(self._clock.monotonic_s()))
            await session.close()

    def _log_dropped(self, now_s: float) -> None:
        logged_s, logged = self._logged
        if self.dropped > logged and now_s - logged_s >= REJECTION_LOG_INTERVAL_S:
            log.warning("%d messages on %s were too large or too many and left out", self.dropped - logged, self.name)
            self._logged = (now_s, self.dropped)

    async def _stop(self) -> None:
        opening, self._opening = self._opening, None
        session, self._session = self._session, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait({opening}, timeout=MQTT_CLOSE_TIMEOUT_S)
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                session = opening.result()
        if session is not None:
            self._link.disconnected(self._clock.monotonic_s())
            await session.close()

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


def _same_charger(one: ChargerEvent, other: ChargerSeen) -> bool:
    return isinstance(one, ChargerSeen) and one.charge_box.serial == other.charge_box.serial


_NO_WORD = "the broker answers, but no charger has told anything: is this a charger, and its link switched on?"
_REMEDY = "is the charger on, in the same network, and its link to a Nanogrid Air switched on?"
