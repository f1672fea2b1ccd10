"""A charger behind its broker, on the vendor's MQTT link, by an MQTT client that is not ours (field capture)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncIterator

import aiomqtt

_SILENT = logging.getLogger("tests.mqtt")
_SILENT.disabled = True


class BrokerCharger:
    """Tells its state again and again and remembers what it is told, through losses of its broker."""

    def __init__(self, port: int, serial: str = "CB00TEST0001", *, outlets: int = 1, second_s: float = 0.05) -> None:
        """`second_s` is how long its seconds take."""
        self.serial = serial
        self.state = 2
        self.current_a = [7.0, 7.5, 8.0]
        self.rotation = "RST"
        self.setpoints: dict[int, list[int]] = {number: [] for number in range(1, outlets + 1)}
        """By outlet, as they came; the last one is what it goes by."""
        self.heard: dict[str, list[bytes]] = {}
        """Everything, by topic."""
        self._port = port
        self._second_s = second_s

    @contextlib.asynccontextmanager
    async def plugged_in(self) -> AsyncIterator[BrokerCharger]:
        """Switch it on."""
        task = asyncio.create_task(self._live())
        try:
            yield self
        finally:
            # Once is not always enough for this client, which waits by wait_for.
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)
        assert task.cancelled(), task.exception()

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with self._client() as client:
                    await client.subscribe("ctek/#")
                    await self._configure(client)
                    telling = asyncio.ensure_future(self._tell(client))
                    try:
                        await self._hear(client)
                    finally:
                        telling.cancel()
                        await asyncio.gather(telling, return_exceptions=True)
            await asyncio.sleep(self._second_s)

    async def _configure(self, client: aiomqtt.Client) -> None:
        mine = f"ctek/ng-v2/client/{self.serial}"
        station = {"FW": "r3.2.2-test", "StationPhaseRotation": self.rotation}
        await client.publish(f"{mine}/configuration", json.dumps(station), retain=True)
        outlet = {"FuseRating": 16, "MinAllowedCurrent": 6, "PhaseConnected": [True] * 3, "PrimaryPhase": 1}
        for number in self.setpoints:
            await client.publish(f"{mine}/{number}/configuration", json.dumps(outlet), retain=True)

    async def _tell(self, client: aiomqtt.Client) -> None:
        while True:
            for number in self.setpoints:
                mine = f"ctek/ng-v2/client/{self.serial}/{number}"
                update = {
                    "State": self.state,
                    "EvUsesPhase": [1, 1, 1],
                    "MaxAllowedCurrent": 16,
                    "Current": self.current_a,
                }
                await client.publish(f"{mine}/update", json.dumps(update))
                await client.publish(f"{mine}/info", json.dumps({"energy": 7824262, "power": 10130}))
            await asyncio.sleep(self._second_s)

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            topic, payload = message.topic.value, bytes(message.payload)
            if "/client/" in topic and topic.startswith("ctek/ng-v2"):
                continue
            self.heard.setdefault(topic, []).append(payload)
            for number, setpoints in self.setpoints.items():
                if topic == f"ctek/ng-v2/controller/{self.serial}/{number}/current":
                    setpoints.append(int(payload))

    def _client(self) -> aiomqtt.Client:
        # The broker is inside a real charger: what it wants to tell it never waits long to tell.
        identifier = f"charger{secrets.token_hex(6)}"
        return aiomqtt.Client("127.0.0.1", self._port, identifier=identifier, timeout=2, keepalive=4, logger=_SILENT)
