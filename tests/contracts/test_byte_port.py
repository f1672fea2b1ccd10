"""What the gateway may expect of every byte port (`gateway.ports.BytePort`), tried on each of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from ngair.gateway.ports import ByteLink, LinkEnded, LinkError
from ngair.model.limits import READ_CHUNK_BYTES
from ngair.sim.options import Options
from ngair.sim.world import World
from tests.contracts.wires import VANISHING, WIRES, Wire

DEADLINE_S = 60.0
TELEGRAMS = World(Options()).advance(3)
EVERY_BYTE = bytes(range(256))
"""Start, stop, interrupt and end of file of a terminal among them."""
NOISE = random.Random(1).randbytes(3 * READ_CHUNK_BYTES)

MakeWire = Callable[[str, Sequence[bytes]], Awaitable[Wire]]


@pytest.fixture(name="make_wire")
async def _make_wire(tmp_path: Path) -> AsyncIterator[MakeWire]:
    made: list[Wire] = []

    async def make(name: str, portions: Sequence[bytes]) -> Wire:
        wire = WIRES[name](tmp_path, portions)
        await wire.start()
        made.append(wire)
        return wire

    yield make
    for wire in made:
        await wire.close()


@pytest.mark.parametrize("name", WIRES)
async def test_bytes_arrive_unchanged_in_portions_that_are_bounded(name: str, make_wire: MakeWire) -> None:
    portions = [EVERY_BYTE, *TELEGRAMS, NOISE]
    wire = await make_wire(name, portions)
    link = await opened(wire)
    sent, received = await exchange(wire, link, len(portions))
    await link.close()
    assert received == sent


@pytest.mark.parametrize("name", WIRES)
async def test_it_is_opened_again_after_it_was_closed(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    for _ in range(3):
        link = await opened(wire)
        sent, received = await exchange(wire, link)
        await link.close()
        assert received.startswith(sent)


@pytest.mark.parametrize("name", WIRES)
async def test_closing_twice_is_no_fault(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    link = await opened(wire)
    await link.close()
    await link.close()


@pytest.mark.parametrize("name", WIRES)
async def test_a_read_that_is_given_up_takes_nothing_with_it(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    link = await opened(wire)
    if wire.waits:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.read(), 0.05)
    sent, received = await exchange(wire, link)
    await link.close()
    assert received.startswith(sent)


@pytest.mark.parametrize("name", VANISHING)
async def test_an_other_end_that_goes_away_is_told(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    link = await opened(wire)
    await exchange(wire, link)
    await wire.vanish()
    with pytest.raises((LinkError, LinkEnded)) as gone:
        await read_on(link)
    assert len(str(gone.value)) > 20
    assert "\n" not in str(gone.value)
    await link.close()


@pytest.mark.parametrize("name", VANISHING)
async def test_it_is_opened_again_when_the_other_end_is_back(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    for _ in range(3):
        link = await opened(wire)
        sent, received = await exchange(wire, link)
        await wire.vanish()
        with pytest.raises((LinkError, LinkEnded)):
            await read_on(link)
        await link.close()
        await link.close()
        assert received.startswith(sent)
        await wire.start()


@pytest.mark.parametrize("name", ["serial", "tcp"])
async def test_what_is_not_there_is_told_with_what_to_do(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    await wire.vanish()
    with pytest.raises(LinkError) as missing:
        await wire.port.connect()
    assert wire.port.name.partition("://")[2] in str(missing.value)


@pytest.mark.parametrize("name", WIRES)
async def test_its_name_is_what_the_user_calls_it(name: str, make_wire: MakeWire) -> None:
    wire = await make_wire(name, TELEGRAMS)
    assert wire.port.name.startswith({"serial": "serial:///", "tcp": "tcp://", "replay": "file:///"}.get(name, "sim:"))


async def opened(wire: Wire) -> ByteLink:
    """A link that both ends know of."""
    async with asyncio.timeout(DEADLINE_S):
        link = await wire.port.connect()
        await wire.opened()
        return link


async def exchange(wire: Wire, link: ByteLink, times: int = 1) -> tuple[bytes, bytes]:
    """What was sent, and what has arrived by the time that is as much."""
    received = bytearray()

    async def collect() -> None:
        while True:
            portion = await link.read()
            assert 0 < len(portion) <= READ_CHUNK_BYTES
            received.extend(portion)

    collecting = asyncio.create_task(collect())
    try:
        async with asyncio.timeout(DEADLINE_S):
            sent = b"".join([await wire.send() for _ in range(times)])
            while len(received) < len(sent) and not collecting.done():  # noqa: ASYNC110 - bytes, not an event
                await asyncio.sleep(0.005)
    finally:
        collecting.cancel()
        [end] = await asyncio.gather(collecting, return_exceptions=True)
    assert isinstance(end, asyncio.CancelledError | LinkEnded), end
    return sent, bytes(received)


async def read_on(link: ByteLink) -> None:
    """Read until that ends in an exception."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            await link.read()
