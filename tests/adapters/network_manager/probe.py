"""Prints what the port says of the machine that this runs on, as one line of JSON."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from ngair.adapters.network_manager import NetworkManagerPort


async def look(address: str) -> None:
    """Once."""
    port = NetworkManagerPort(address)
    print(msgspec.json.encode(await port.wifi()).decode())  # noqa: T201 - this is what it is for
    await port.close()


asyncio.run(look(sys.argv[1]))
