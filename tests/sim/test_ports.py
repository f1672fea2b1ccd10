"""The simulated house behind the gateway's ports, in real time on a real event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ngair.gateway.ports import ByteLink, ChargerPort, LinkError
from ngair.meter.decoder import Decoder
from ngair.model.charging import OutletState
from ngair.model.events import ChargerEvent, ChargerLost, ChargerSeen
from ngair.model.limits import READ_CHUNK_BYTES, SPEED_MAX
from ngair.model.telegram import Telegram
from ngair.sim.options import Options
from ngair.sim.ports import DEBT_MAX_S, Drive, SimMeterPort, sim_ports
from ngair.sim.world import World
from tests.waiting import DEADLINE_S, until


class SystemClock:
    def monotonic_s(self) -> float:
        return time.monotonic()

    def wall_s(self) -> float:
        return time.time()


class HandClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_s(self) -> float:
        return self.now_s


async def read_telegrams(link: ByteLink, count: int) -> list[Telegram]:
    decoder, found = Decoder(), list[Telegram]()
    while len(found) < count:
        data = await link.read()
        assert 0 < len(data) <= READ_CHUNK_BYTES
        for item in decoder.feed(data):
            assert isinstance(item, Telegram), item
            found.append(item)
    return found


@asynccontextmanager
async def collected(port: ChargerPort) -> AsyncIterator[list[ChargerEvent]]:
    """What the port tells while the body runs."""
    events: list[ChargerEvent] = []

    async def collect() -> None:
        async for event in port.events():
            events.append(event)  # noqa: PERF401 - looked at while it grows

    task = asyncio.create_task(collect())
    try:
        yield events
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_meter_at_its_own_pace() -> None:
    meter, _, _ = sim_ports(Options(), SystemClock(), "sim:?seed=1")
    assert meter.name == "sim:?seed=1"
    link = await meter.connect()
    async with asyncio.timeout(DEADLINE_S):
        telegrams = await read_telegrams(link, 2)
    await link.close()
    assert [telegram.reading.time for telegram in telegrams[:2]] == ["2026-03-02T17:00:01", "2026-03-02T17:00:02"]


@pytest.mark.parametrize(("family", "step_s"), [("dsmr5", 1), ("se", 10)])
async def test_at_top_speed_no_telegram_is_missing(family: str, step_s: int) -> None:
    options = Options(family=family, speed=SPEED_MAX, cars=3)
    meter, chargers, _ = sim_ports(options, SystemClock())
    link = await meter.connect()
    async with asyncio.timeout(DEADLINE_S), collected(chargers):
        telegrams = await read_telegrams(link, 7200 // step_s)
    await link.close()
    expected = World(options).advance(len(telegrams) * step_s)
    assert [telegram.data.encode() for telegram in telegrams] == expected


async def test_a_slow_reader_slows_the_house_down_instead_of_filling_memory() -> None:
    clock = HandClock()
    world = World(Options(speed=SPEED_MAX))
    drive = Drive(world, clock)
    link = await SimMeterPort(drive, "sim:").connect()
    await drive.catch_up()
    for _ in range(50):
        clock.now_s += 10
        await drive.catch_up()
    start_s = 17 * 3600
    kept = world.state.time_s - start_s
    assert 0 < kept < 100, "as many telegrams as one read may give"
    async with asyncio.timeout(DEADLINE_S):
        telegrams = await read_telegrams(link, kept + int(DEBT_MAX_S * SPEED_MAX))
    assert len(telegrams) == world.state.time_s - start_s == kept + DEBT_MAX_S * SPEED_MAX
    assert drive.until_telegram_s() > 0, "what was missed is forgotten, not made up for"


async def test_a_stalled_program_is_made_up_for_within_bounds() -> None:
    clock = HandClock()
    world = World(Options())
    drive = Drive(world, clock)
    await drive.catch_up()
    clock.now_s += 1.5
    await drive.catch_up()
    assert world.state.time_s == 17 * 3600 + 1
    clock.now_s += 3600
    await drive.catch_up()
    assert world.state.time_s == 17 * 3600 + 1 + DEBT_MAX_S


async def test_a_very_slow_house_gets_on() -> None:
    clock = HandClock()
    world = World(Options(speed=0.01))
    drive = Drive(world, clock)
    await drive.catch_up()
    for _ in range(1010):
        clock.now_s += drive.until_telegram_s()
        await drive.catch_up()
    assert world.state.time_s == 17 * 3600 + 10


async def test_without_a_reader_the_cars_live_on_and_the_bytes_are_lost() -> None:
    clock = HandClock()
    drive = Drive(World(Options(speed=SPEED_MAX)), clock)
    await drive.catch_up()
    clock.now_s += 1
    await drive.catch_up()
    assert drive.world.state.time_s == 17 * 3600 + SPEED_MAX
    assert drive.take() == b""


async def test_one_reader_at_a_time_and_a_new_one_begins_afresh() -> None:
    meter, _, _ = sim_ports(Options(speed=600), SystemClock())
    first = await meter.connect()
    with pytest.raises(LinkError, match="already being read: close that link first"):
        await meter.connect()
    async with asyncio.timeout(DEADLINE_S):
        before = await read_telegrams(first, 1)
    await first.close()
    await first.close()
    with pytest.raises(LinkError, match="was closed"):
        await first.read()
    second = await meter.connect()
    async with asyncio.timeout(DEADLINE_S):
        after = await read_telegrams(second, 1)
    await second.close()
    assert (after[0].reading.time or "") > (before[0].reading.time or "")


async def test_closing_ends_a_waiting_read() -> None:
    meter, _, _ = sim_ports(Options(), SystemClock())
    link = await meter.connect()
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    await link.close()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(LinkError, match="was closed"):
            await reading


async def test_chargers_tell_of_a_charging_car() -> None:
    meter, chargers, _ = sim_ports(Options(speed=60, cars=3), SystemClock(), "sim:?cars=3")
    assert chargers.name == meter.name == "sim:?cars=3"

    def seen_charging() -> bool:
        return any(
            outlet.state is OutletState.CHARGING and max(outlet.current_a) >= 6
            for event in events
            if isinstance(event, ChargerSeen)
            for outlet in event.charge_box.outlets
        )

    async with collected(chargers) as events:
        await until(seen_charging)
    serials = {event.charge_box.serial for event in events if isinstance(event, ChargerSeen)}
    assert serials == {"SIMCB0000000101", "SIMCB0000000102"}


async def test_the_link_to_the_chargers_is_lost_and_comes_back() -> None:
    options = Options(cars=3, lose_after_s=0.2, back_after_s=0.2)
    clock = HandClock()
    _, chargers, _ = sim_ports(options, clock)
    async with collected(chargers) as events:
        for count in (2, 4, 6):
            await until(lambda: len(events) >= count)  # noqa: B023 - it is waited for here
            clock.now_s += 0.3 if count == 2 else 0.2
    kinds = [type(event) for event in events]
    assert kinds == [ChargerSeen] * 2 + [ChargerLost] * 2 + [ChargerSeen] * 2
    lost = [event.serial for event in events if isinstance(event, ChargerLost)]
    assert lost == ["SIMCB0000000101", "SIMCB0000000102"]


async def test_a_lost_link_stays_lost_while_the_car_goes_on_charging() -> None:
    options = Options(speed=60, lose_after_s=0)
    meter, chargers, _ = sim_ports(options, SystemClock())
    link = await meter.connect()
    async with asyncio.timeout(DEADLINE_S), collected(chargers) as events:
        telegrams = await read_telegrams(link, 60)
    await link.close()
    assert events == [ChargerLost("SIMCB0000000101")]
    assert min(power or 0 for power in telegrams[-1].reading.phase_power_w) > 1500
