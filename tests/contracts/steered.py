"""The gateway's part on a charger link, as short as can be: apply what is told, let the port follow what is decided."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from ngair.gateway.ports import ChargerPort
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerEvent
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.site import BoxInfo, Meter, Site, apply
from tests.waiting import DEADLINE_S

BOX = BoxInfo(serial="NGATEST000000001", firmware="ngair.test", mac="020000000001")
FOLLOW_EVERY_S = 0.05


class FastClock:
    """Seconds pass faster than on the wall, so that what takes a link minutes takes a test seconds."""

    def __init__(self, speed: float = 20.0) -> None:
        self.speed = speed
        self._began_s = time.monotonic()

    def monotonic_s(self) -> float:
        return 1000 + (time.monotonic() - self._began_s) * self.speed

    def wall_s(self) -> float:
        return time.time()


class House:
    """A site of chargers that all get the setpoint which was decided last."""

    def __init__(self, clock: FastClock, *ports: ChargerPort) -> None:
        self.events: list[ChargerEvent] = []
        self.decided: list[int] = []
        self._clock = clock
        self._ports = ports
        self._reading = Reading(
            ident="KAM5",
            current_a=(7, 8, 9),
            voltage_v=(230, 231, 232),
            power_import_w=5000,
            power_export_w=0,
            checked=True,
        )
        fuse = Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25))
        self.site = Site(box=BOX, fuses=(fuse,), meter=Meter(link="up", cadence_s=1))

    def decide(self, setpoint_a: int) -> None:
        """For every outlet, now and later."""
        self.decided.append(setpoint_a)
        self.follow()

    def follow(self) -> None:
        """As the gateway does after every event."""
        now_s = self._clock.monotonic_s()
        reason = SetpointReason(rule=Rule.FREE, text="as the test wants it", since_s=now_s)
        setpoints = tuple(
            Setpoint(serial=box.serial, outlet_id=outlet.id, setpoint_a=self.decided[-1], reason=reason)
            for box in self.site.charge_boxes
            for outlet in box.outlets
            if self.decided
        )
        meter = replace(self.site.meter, reading=self._reading, received_at_s=now_s)
        self.site = replace(self.site, meter=meter, decision=Decision(setpoints=setpoints))
        for port in self._ports:
            port.follow(self.site)

    @contextlib.asynccontextmanager
    async def lived_in(self) -> AsyncIterator[House]:
        """Run it. What fails in it fails the test."""
        tasks = [asyncio.ensure_future(work) for work in (self._tick(), *map(self._listen, self._ports))]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=DEADLINE_S)
        for task in tasks:
            assert task.cancelled(), task.exception()

    async def _listen(self, port: ChargerPort) -> None:
        async for event in port.events():
            self.events.append(event)
            self.site = apply(self.site, event)
            self.follow()

    async def _tick(self) -> None:
        while True:
            self.follow()
            await asyncio.sleep(FOLLOW_EVERY_S)


def in_fast_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a link wait as fast as its clock runs."""
    monkeypatch.setattr("ngair.model.backoff.BACKOFF_FIRST_S", 0.02)
    monkeypatch.setattr("ngair.model.backoff.BACKOFF_MAX_S", 0.2)
    monkeypatch.setattr("ngair.adapters.mqtt.MQTT_TICK_S", 0.02)
