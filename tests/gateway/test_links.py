"""The gateway on a real TCP server that does everything a dongle was ever seen to do, one thing after the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest

from ngair.adapters.tcp import TcpPort
from ngair.gateway import supervise
from ngair.gateway.supervise import keep_up
from ngair.model import backoff
from ngair.model.backoff import Backoff
from tests.contracts.wires import free_port
from tests.gateway.house import TELEGRAMS, House
from tests.waiting import until


class Dongle:
    """Behaves as told towards whoever connects."""

    def __init__(self) -> None:
        self.port = free_port()
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._greeting = b""
        self._closes = False

    async def behave(self, greeting: bytes, *, closes: bool) -> None:
        """Start anew: send something to whoever connects, and then close or hang."""
        await self.switch_off()
        self._greeting, self._closes = greeting, closes
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def send(self, data: bytes) -> None:
        """To the newest connection."""
        self._writers[-1].write(data)

    async def switch_off(self) -> None:
        """Nobody listens, and all connections are gone."""
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(self._greeting)
        if self._closes:
            writer.close()


@contextlib.asynccontextmanager
async def kept_up(house: House, dongle: Dongle) -> AsyncIterator[None]:
    port = TcpPort("127.0.0.1", dongle.port)
    keeping = asyncio.create_task(keep_up(port, house.gateway.main_meter, Backoff(Random(1))))
    try:
        yield
        assert not keeping.done(), "it is tried for ever"
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await dongle.switch_off()


async def more_connections(dongle: Dongle, count: int) -> None:
    seen = dongle.connections
    await until(lambda: dongle.connections >= seen + count)


async def telegrams(house: House, count: int) -> None:
    await until(lambda: house.meter["telegrams"] == count)


@pytest.fixture(name="hurried")
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again a hundred times as soon."""
    for name in ("BACKOFF_FIRST_S", "BACKOFF_MAX_S"):
        monkeypatch.setattr(backoff, name, getattr(backoff, name) / 100)


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """Links that are opened meanwhile are given up a hundred times as soon. Others wait as ever, on any machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LINK_SILENT_S", "LINK_REOPEN_S"):
            patch.setattr(supervise, name, getattr(supervise, name) / 100)
        yield


@pytest.mark.usefixtures("hurried")
async def test_whatever_a_dongle_does_the_meter_is_read_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="ngair")
    house, dongle = House(), Dongle()
    async with kept_up(house, dongle):
        await until(lambda: "cannot be reached (Connection refused)" in house.meter["link_detail"])

        await dongle.behave(TELEGRAMS[0], closes=False)
        await until(lambda: house.meter["telegrams"] == 1)
        dongle.send(TELEGRAMS[1])
        await until(lambda: house.meter["telegrams"] == 2)
        assert house.meter["link"] == "up"

        await dongle.switch_off()
        await until(lambda: house.meter["link"] == "lost")

        for greeting in (b"", b"Port already in use\r\n", TELEGRAMS[2][:200]):
            await dongle.behave(greeting, closes=True)
            await more_connections(dongle, 3)

        with impatient():
            await dongle.behave(b"", closes=False)
            await until(lambda: house.meter["link"] == "silent")
            await more_connections(dongle, 1)
            await until(lambda: "sent nothing for" in house.meter["link_detail"])

        await dongle.behave(bytes(range(256)) * 500, closes=False)
        await until(lambda: house.meter["rejected"].get("noise", 0) > 5)
        dongle.send(TELEGRAMS[3])
        await until(lambda: house.meter["telegrams"] == 3)

    lines = [record.getMessage() for record in caplog.records]
    links = [line.split(":")[0] for line in lines if not line.startswith("meter input refused")]
    assert links == ["meter lost", "meter connected", "meter lost", "meter is back"]
    assert len(lines) < 10


@pytest.mark.usefixtures("hurried")
async def test_a_dongle_that_restarts_a_hundred_times_is_read_each_time() -> None:
    house, dongle = House(), Dongle()
    async with kept_up(house, dongle):
        for number in range(100):
            await dongle.behave(TELEGRAMS[number % 30], closes=False)
            await telegrams(house, number + 1)
    assert house.meter["rejected"] == {}
