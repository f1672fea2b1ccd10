"""The simulated house behind the gateway's ports: the only place of the simulation that knows real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ngair.gateway.ports import ByteLink, BytePort, ChargerPort, Clock, LinkError
from ngair.model.events import ChargerLost, ChargerSeen
from ngair.model.limits import READ_CHUNK_BYTES, TELEGRAM_MAX_BYTES
from ngair.model.site import Site
from ngair.sim.options import Options
from ngair.sim.world import World

TICK_S = 0.05
"""Faster telegrams than this come several at once."""
SLEEP_MAX_S = 1.0
"""Slow houses are looked at this often."""
DEBT_MAX_S = 2.0
"""Real seconds made up for after a stall. A computer that cannot keep up gets slower days, not a longer queue."""
BATCH_S = 100
"""Simulated seconds in one go, a few milliseconds of work; then others get their turn."""
WAKE_LATE_S = 0.002
"""Added to every sleep, because event loops may wake a little early and would look in vain."""
CHARGER_UPDATE_S = 1.0
"""Chargers tell their state each real second (field capture)."""


class Drive:
    """Moves a world along real time and keeps the meter's bytes until they are read.

    Time starts with the first look. Bytes that nobody has a link for are lost, as on a wire.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self._clock = clock
        self._speed = world.options.speed
        self._began_s: float | None = None
        self._seen_s = 0.0
        self._due_s = 0.0
        self._bytes = bytearray()
        self._linked = False

    def running_s(self) -> float:
        """Real seconds since time started."""
        return 0.0 if self._began_s is None else self._clock.monotonic_s() - self._began_s

    def open_link(self) -> None:
        """Keep bytes from now on. Raises `LinkError` while somebody else reads."""
        if self._linked:
            raise LinkError("the simulated meter is already being read: close that link first")
        self._linked = True

    def close_link(self) -> None:
        """Drop what was not read."""
        self._linked = False
        self._bytes.clear()

    def take(self) -> bytes:
        """The bytes kept, at most `READ_CHUNK_BYTES`."""
        data = bytes(self._bytes)
        self._bytes.clear()
        return data

    async def catch_up(self) -> None:
        """Bring the world to now, unless the bytes that wait to be read leave no room."""
        self._look()
        while self._due_s >= 1 and self._has_room():
            self._run_batch()
            await asyncio.sleep(0)

    def pause_s(self) -> float:
        """Real seconds until it is worth looking again."""
        if self._due_s >= 1:
            return 0.0
        wait_s = (self.world.until_telegram_s() - self._due_s) / self._speed
        shortest_s = TICK_S if self.world.interval_s / self._speed < TICK_S else 0.0
        return min(max(wait_s, shortest_s) + WAKE_LATE_S, SLEEP_MAX_S)

    def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._began_s is None:
            self._began_s = self._seen_s = now_s
        self._due_s += (now_s - self._seen_s) * self._speed
        self._due_s = min(self._due_s, max(DEBT_MAX_S * self._speed, 1.0))
        self._seen_s = now_s

    def _run_batch(self) -> None:
        for _ in range(BATCH_S):
            if self._due_s < 1 or not self._has_room():
                return
            self._due_s -= 1
            telegram = self.world.step()
            if self._linked:
                self._bytes += telegram

    def _has_room(self) -> bool:
        return len(self._bytes) <= READ_CHUNK_BYTES - TELEGRAM_MAX_BYTES


class SimMeterPort:
    """The simulated meter as a `BytePort`."""

    def __init__(self, drive: Drive, name: str) -> None:
        self._drive = drive
        self._name = name

    @property
    def name(self) -> str:
        """Its URL."""
        return self._name

    async def connect(self) -> ByteLink:
        """Begin to listen. Raises `LinkError` while another link is open."""
        self._drive.open_link()
        return _SimLink(self._drive)


class _SimLink:
    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._open = True

    async def read(self) -> bytes:
        """Telegrams as they become due; several at once in fast houses."""
        while self._open:
            await self._drive.catch_up()
            if self._open and (data := self._drive.take()):
                return data
            await asyncio.sleep(self._drive.pause_s())
        raise LinkError("the link to the simulated meter was closed")

    async def close(self) -> None:
        """Stop listening."""
        if self._open:
            self._open = False
            self._drive.close_link()


class SimChargerPort:
    """The simulated chargers as a `ChargerPort`; loses its link and gets it back as the options say."""

    def __init__(self, drive: Drive, name: str) -> None:
        self._drive = drive
        self._name = name

    @property
    def name(self) -> str:
        """Its URL."""
        return self._name

    async def events(self) -> AsyncIterator[ChargerSeen | ChargerLost]:
        """Every charger each second; while the link is lost nothing, though cars go on charging."""
        was_lost = False
        while True:
            await self._drive.catch_up()
            lost = self._is_lost()
            for box in self._drive.world.charge_boxes():
                if not lost:
                    yield ChargerSeen(box)
                elif not was_lost:
                    yield ChargerLost(box.serial)
            was_lost = lost
            await asyncio.sleep(self._pause_s())

    def follow(self, site: Site) -> None:
        """Give the simulated outlets the setpoints that were decided, unless the link is lost."""
        if self._is_lost():
            return
        for setpoint in site.decision.setpoints:
            self._drive.world.set_setpoint(setpoint.serial, setpoint.outlet_id, setpoint.setpoint_a)

    def _is_lost(self) -> bool:
        lost_s, back_s = self._lost_between()
        return lost_s <= self._drive.running_s() < back_s

    def _pause_s(self) -> float:
        """Until the next update, or until the link changes if that is sooner."""
        running_s = self._drive.running_s()
        waits_s = [moment_s - running_s + WAKE_LATE_S for moment_s in self._lost_between() if moment_s > running_s]
        return min([CHARGER_UPDATE_S, *waits_s])

    def _lost_between(self) -> tuple[float, float]:
        options = self._drive.world.options
        never = float("inf")
        lost_s = never if options.lose_after_s is None else options.lose_after_s
        return lost_s, never if options.back_after_s is None else lost_s + options.back_after_s


def sim_ports(options: Options, clock: Clock, name: str = "sim:") -> tuple[BytePort, ChargerPort]:
    """A meter and its chargers, sharing one simulated house."""
    drive = Drive(World(options), clock)
    return SimMeterPort(drive, name), SimChargerPort(drive, name)
