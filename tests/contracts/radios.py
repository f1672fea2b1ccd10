"""Radios for the contract of `WifiPort`: each with the same networks around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from ngair.adapters.network_manager import NetworkManagerPort
from ngair.adapters.network_manager.activation import Timeouts
from ngair.gateway.ports import WifiPort
from ngair.sim.radio import AIR, Air, SimRadio
from tests.adapters.network_manager.buses import ENTERPRISE, PRIVACY, PSK, SAE, Mocked, mocked_network_manager

SPEED = 100
KEYS = {"open": 0, "wep": 0, "psk": PSK, "sae": SAE, "enterprise": ENTERPRISE}
WAYS = {"not found": "vanishing", "no address": "no address", None: ""}


class Radio(NamedTuple):
    """A port, and a hand that takes its network away."""

    port: WifiPort
    lose: Callable[[], AbstractAsyncContextManager[None]]
    """For the block, no network can be joined; the one that was joined is lost."""


class FastClock:
    """Time that hurries."""

    def monotonic_s(self) -> float:
        """A hundred seconds a second."""
        return asyncio.get_running_loop().time() * SPEED

    def wall_s(self) -> float:
        """Any."""
        return 0.0


@contextlib.asynccontextmanager
async def simulated(_folder: Path, radios: int) -> AsyncIterator[Radio]:
    """The one of the simulation."""
    port = SimRadio(FastClock(), can_do_both=radios > 1)

    @contextlib.asynccontextmanager
    async def lose() -> AsyncIterator[None]:
        port.lose()
        yield

    yield Radio(port, lose)
    await port.close()


@contextlib.asynccontextmanager
async def mocked(folder: Path, radios: int) -> AsyncIterator[Radio]:
    """NetworkManager as dbusmock plays it, on a message bus."""
    async with mocked_network_manager(folder) as manager:
        # The first is no access point where there are two: it joins networks.
        paths = [await manager.radio(f"wlan{i}", capabilities=0xFF if i == radios - 1 else 0xBF) for i in range(radios)]
        for air in AIR:
            await _add(manager, paths[0], air)
        # What is tested ends by itself; nothing waits for these.
        port = NetworkManagerPort(
            manager.address, timeouts=Timeouts(answer_s=30, scan_s=30, join_s=30, open_s=30, settle_s=0.03)
        )
        await port.wifi()

        @contextlib.asynccontextmanager
        async def lose() -> AsyncIterator[None]:
            await manager.end_all()
            yield

        try:
            yield Radio(port, lose)
        finally:
            await port.close()


async def _add(manager: Mocked, radio: str, air: Air) -> None:
    keys = KEYS[air.security]
    await manager.network(
        radio,
        air.ssid,
        strength=air.strength,
        keys=keys,
        flags=PRIVACY if air.security != "open" else 0,
        password="" if air.security == "open" else "correct horse",
        behaviour="hidden" if air.hidden else WAYS[air.failure],
        heard=not air.hidden,
    )


RADIOS = {"simulated": simulated, "NetworkManager": mocked}
