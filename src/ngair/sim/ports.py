"""The simulated house behind the gateway's ports: the only place of the simulation that knows real time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from ngair.gateway.ports import ByteLink, BytePort, ChargerPort, Clock, LinkError
from ngair.model.events import ChargerLost, ChargerSeen
from ngair.model.site import Site
from ngair.sim.options import Options
from ngair.sim.world import World

TICK_S = 0.05
"""Real seconds slept at least where the house runs so fast that more happens meanwhile."""
SLEEP_MAX_S = 1.0
"""Slow houses are looked at this often."""
DEBT_MAX_S = 2.0
"""Real seconds made up for after a stall. A computer that cannot keep up gets slower days, not a longer queue."""
BATCH_S = 100
"""Simulated seconds in one go, a few milliseconds of work; then others get their turn."""
WAKE_LATE_S = 0.002
"""Added to every sleep, because event loops may wake a little early and would look in vain."""
CHARGER_UPDATE_S = 1.0
"""Simulated seconds between two updates of a charger (field capture)."""
CHARGER_UPDATE_MAX_S = 10.0
"""In fast houses they come less often, but never so seldom that a charger would be taken for silent."""
CHARGER_UPDATES_A_SECOND = 100
"""Real second, at most."""


class SimHouse(NamedTuple):
    """A simulated house as the program meets it."""

    meter: BytePort
    charger: ChargerPort
    clock: Clock
    """Its own time, in which whatever happens in it happens."""


class Drive:
    """Moves a world along real time and keeps the meter's bytes until they are read.

    Time starts with the first look. While somebody reads the meter, the house waits until its telegram is taken, so
    that at any speed each one meets a program that knows the one before. Without a reader bytes are lost, as on a wire.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.stepped = asyncio.Event()
        """Set whenever simulated time has passed."""
        self._clock = clock
        self._speed = world.options.speed
        self._start_s = 0
        self._began_s: float | None = None
        self._seen_s = 0.0
        self._due_s = 0.0
        self._bytes = b""
        self._linked = False

    def running_s(self) -> float:
        """Real seconds since time started."""
        return 0.0 if self._began_s is None else self._clock.monotonic_s() - self._began_s

    def house_s(self) -> float:
        """Simulated seconds since time started; never steps back, nor ahead of what has been simulated."""
        if self._began_s is None:
            return 0.0
        moved_s = self.world.state.time_s - self._start_s
        due_s = self._due_s + (self._clock.monotonic_s() - self._seen_s) * self._speed
        return moved_s + min(max(0.0, due_s), _ALMOST_A_SECOND)

    def ahead_s(self) -> float:
        """By how much the house's time is ahead of the real one."""
        return self.house_s() - self.running_s()

    def open_link(self) -> None:
        """Keep bytes from now on. Raises `LinkError` while somebody else reads."""
        if self._linked:
            raise LinkError("the simulated meter is already being read: close that link first")
        self._linked = True

    def close_link(self) -> None:
        """Drop what was not read."""
        self._linked = False
        self._bytes = b""

    def take(self) -> bytes:
        """The telegram that waits to be read; empty where none does."""
        data, self._bytes = self._bytes, b""
        return data

    async def catch_up(self) -> None:
        """Bring the world to now, or to its next telegram if somebody reads them."""
        self._look()
        steps = 0
        while self._due_s >= 1 and not self._bytes:
            self._due_s -= 1
            telegram = self.world.step()
            if self._linked:
                self._bytes = telegram
            self.stepped.set()
            steps += 1
            if self._linked or steps % BATCH_S == 0:
                await asyncio.sleep(0)

    def pause_s(self, wait_s: float) -> float:
        """Real seconds until so many simulated ones have passed, or until it is worth looking again."""
        if self._due_s >= 1:
            return TICK_S if self._bytes else 0.0
        wait_s = (wait_s - self._due_s) / self._speed
        shortest_s = TICK_S if wait_s < TICK_S and self._speed > 1 else 0.0
        return min(max(wait_s, shortest_s) + WAKE_LATE_S, SLEEP_MAX_S)

    def until_telegram_s(self) -> float:
        """Real seconds until it is worth looking for a telegram again."""
        return self.pause_s(self.world.until_telegram_s())

    def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._began_s is None:
            self._began_s = self._seen_s = now_s
            self._start_s = self.world.state.time_s
        self._due_s += (now_s - self._seen_s) * self._speed
        self._due_s = min(self._due_s, max(DEBT_MAX_S * self._speed, 1.0))
        self._seen_s = now_s


class HouseClock:
    """A `Clock` of simulated seconds, the dates too: they begin at the real time and go as fast as the house."""

    def __init__(self, drive: Drive, clock: Clock) -> None:
        self._drive = drive
        self._clock = clock

    def monotonic_s(self) -> float:
        """Simulated seconds since the house's time started."""
        return self._drive.house_s()

    def wall_s(self) -> float:
        """The real time of the start, and the simulated seconds since; steps when the real clock does."""
        return self._clock.wall_s() + self._drive.ahead_s()


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
        """The next telegram when it is due."""
        # The telegram before is dealt with; the chargers have their say before the house moves on.
        await asyncio.sleep(0)
        while self._open:
            await self._drive.catch_up()
            if self._open and (data := self._drive.take()):
                return data
            await asyncio.sleep(self._drive.until_telegram_s())
        raise LinkError("the link to the simulated meter was closed")

    async def close(self) -> None:
        """Stop listening."""
        if self._open:
            self._open = False
            self._drive.close_link()


class SimChargerPort:
    """The simulated chargers as a `ChargerPort`; loses its link and gets it back as the options say."""

    def __init__(self, drive: Drive, name: str, clock: Clock) -> None:
        self._drive = drive
        self._name = name
        self._clock = clock
        speed = drive.world.options.speed
        self._update_s = min(max(CHARGER_UPDATE_S, speed / CHARGER_UPDATES_A_SECOND), CHARGER_UPDATE_MAX_S)

    @property
    def name(self) -> str:
        """Its URL."""
        return self._name

    async def events(self) -> AsyncIterator[ChargerSeen | ChargerLost]:
        """Every charger each simulated second; while the link is lost nothing, though cars go on charging."""
        was_lost = False
        while True:
            await self._drive.catch_up()
            house_s = self._drive.house_s()
            lost = self._is_lost()
            for box in self._drive.world.charge_boxes(self._clock.monotonic_s()):
                if not lost:
                    yield ChargerSeen(box)
                elif not was_lost:
                    yield ChargerLost(box.serial)
            was_lost = lost
            await self._until(house_s + self._update_s)

    def follow(self, site: Site) -> None:
        """Give the simulated outlets the setpoints that were decided, unless the link is lost."""
        if self._is_lost():
            return
        for setpoint in site.decision.setpoints:
            self._drive.world.set_setpoint(setpoint.serial, setpoint.outlet_id, setpoint.setpoint_a)

    async def _until(self, house_s: float) -> None:
        """Wait for a moment in the house's time, or until the link changes if that is sooner."""
        lost = self._is_lost()
        while self._drive.house_s() < house_s and self._is_lost() is lost:
            self._drive.stepped.clear()
            running_s = self._drive.running_s()
            waits_s = [moment_s - running_s + WAKE_LATE_S for moment_s in self._lost_between() if moment_s > running_s]
            pause_s = min([self._drive.pause_s(house_s - self._drive.house_s()), *waits_s])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._drive.stepped.wait()
            await self._drive.catch_up()

    def _is_lost(self) -> bool:
        lost_s, back_s = self._lost_between()
        return lost_s <= self._drive.running_s() < back_s

    def _lost_between(self) -> tuple[float, float]:
        options = self._drive.world.options
        never = float("inf")
        lost_s = never if options.lose_after_s is None else options.lose_after_s
        return lost_s, never if options.back_after_s is None else lost_s + options.back_after_s


def sim_ports(
    options: Options, clock: Clock, name: str = "sim:", *, own_time: bool = True, world: World | None = None
) -> SimHouse:
    """A meter and its chargers, sharing one simulated house, and the clock of the program that uses them.

    `own_time`: the program lives in the house's time. Beside anything real it cannot, and lives in that of `clock`.
    `world`: the house itself, where it has a past already.
    """
    drive = Drive(world or World(options), clock)
    program_clock = HouseClock(drive, clock) if own_time else clock
    return SimHouse(SimMeterPort(drive, name), SimChargerPort(drive, name, program_clock), program_clock)


_ALMOST_A_SECOND = 0.999
