"""Looking for networks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from dbus_fast import Variant

from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.bus import Bus, RefusedError
from ngair.adapters.network_manager.state import Device


async def scan(bus: Bus, radios: Iterable[Device], ssid: bytes, timeout_s: float) -> None:
    """Let each radio look anew, also for a network that hides its name, and wait until they have, or for so long.

    A radio that cannot now, since it is busy or has looked a moment ago, is left alone.
    """
    options = {"ssids": Variant("aay", [ssid])} if ssid else {}
    with bus.watch() as watch:
        waiting = set()
        for radio in radios:
            try:
                await bus.call(radio.path, names.WIRELESS, "RequestScan", "a{sv}", options)
            except RefusedError:
                continue
            waiting.add(radio.path)
        until_s = asyncio.get_running_loop().time() + timeout_s
        while waiting and not watch.is_over and (left_s := until_s - asyncio.get_running_loop().time()) > 0:
            await watch.more(left_s)
            waiting -= {
                signal.path
                for signal in watch.take()
                if isinstance(changed := next(iter(signal.body[1:]), None), dict) and "LastScan" in changed
            }
