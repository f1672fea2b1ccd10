"""The networks in reach, as they were found last."""

from __future__ import annotations

import asyncio
import logging

from ngair.gateway.patience import within
from ngair.gateway.ports import Clock, WifiPort
from ngair.model.limits import NETWORKS_SHOWN_MAX, WIFI_CALL_MAX_S
from ngair.model.network import Network

log = logging.getLogger("ngair")


class Scanning:
    """Looks for networks, once at a time."""

    def __init__(self, port: WifiPort, clock: Clock, own: str) -> None:
        """`own` is the name of the box's access point, which is no network to join."""
        self._port = port
        self._clock = clock
        self._own = own.encode("ascii")
        self._scan: asyncio.Task[None] | None = None
        self._scanned_s = float("-inf")
        self.found: tuple[Network, ...] = ()
        """Those with a name, the strongest first."""
        self.trouble = ""
        """Why the last scan came to nothing."""

    async def renew(self, fresh_s: float, wait_s: float) -> None:
        """Look anew, unless what there is is younger than `fresh_s`. Returns after `wait_s` at most, done or not."""
        if self._scan is None:
            if self._clock.monotonic_s() - self._scanned_s < fresh_s:
                return
            self._scan = asyncio.create_task(self._look())
        await asyncio.wait({self._scan}, timeout=wait_s)

    async def _look(self) -> None:
        try:
            found = self._shown(await within(WIFI_CALL_MAX_S, self._port.networks(scan=True)))
            self.trouble = ""
            # A radio that is an access point sees nothing else: what was seen before is better.
            self.found = found or self.found
        except Exception as error:
            log.debug("no scan: %s", error)
            self.trouble = str(error) or type(error).__name__
        finally:
            self._scanned_s = self._clock.monotonic_s()
            self._scan = None

    def _shown(self, networks: tuple[Network, ...]) -> tuple[Network, ...]:
        """Each name once, by its strongest sender; hidden ones have none, or one of zeros."""
        best: dict[bytes, Network] = {}
        for network in sorted(networks, key=lambda one: (-one.strength, one.ssid)):
            if network.ssid.strip(b"\0") and network.ssid != self._own:
                best.setdefault(network.ssid, network)
        return tuple(best.values())[:NETWORKS_SHOWN_MAX]
