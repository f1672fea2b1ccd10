"""Announcing the box on the local network by multicast DNS, so that `ctek-ng-air.local` finds it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import random
import time
from collections.abc import Callable, Collection
from functools import partial

import zeroconf
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from ngair.adapters import mdns_wire as wire
from ngair.adapters.mdns_claim import Claimant, claim_of
from ngair.adapters.mdns_interfaces import Network, packed, read_network
from ngair.adapters.mdns_links import Links
from ngair.device.names import (
    LAST_NUMBER,
    SERVICE_TYPE,
    Claim,
    Sighting,
    host_name,
    label,
    service_name,
)

POLL_S = 3.0
"""How soon a new address is noticed; a look costs a third of a millisecond."""
SETTLE_S = 0.25
SETTLE_LOOKS_MAX = 12
"""Addresses come and go in bursts when a cable is plugged or a radio roams: wait for two equal looks, 3 s at most."""
RETRY_S = 30.0
"""Between attempts while the network refuses."""
CONFLICTS_MAX = 15
CONFLICT_PAUSE_S = 5.0
"""RFC 6762 section 8.1: after 15 taken names wait 5 s before each further one."""
DISPUTE_PAUSE_S = 1.0
"""A neighbour that keeps claiming our name makes us probe once in this time, and no more."""
FORMER_ADDRESS_S = 150.0
"""An address that we gave up is still ours in other people's answers until its 120 s are over."""
GOODBYE_TIMEOUT_S = 1.0

_log = logging.getLogger(__name__)


class MdnsAnnouncer:
    """Announces one box: its host name, and its web page as a service that tells serial, firmware and profile.

    `on_name` is told the host name when it is announced or changes, and `None` when it is withdrawn. `interfaces`
    names those to use, for example `["lo"]`; without it, all that lead out of this machine are used, but that with the
    address `access_point` only where there is no other.
    """

    def __init__(
        self,
        *,
        port: int,
        serial: str,
        firmware: str,
        profile: str,
        on_name: Callable[[str | None], None],
        interfaces: Collection[str] | None = None,
        access_point: str | None = None,
    ) -> None:
        self._port = port
        self._serial = serial
        self._txt = wire.txt_data({"serial": serial, "firmware": firmware, "profile": profile})
        self._on_name = on_name
        self._read = partial(read_network, interfaces, access_point=access_point)
        self._number = 1
        self._service: _Service | None = None
        self._own_now: frozenset[bytes] = frozenset()
        self._former_until_s: dict[bytes, float] = {}
        self._said = ""

    async def run(self) -> None:
        """Announce until cancelled, whatever the network does; then say goodbye, within a second."""
        try:
            while True:
                try:
                    await self._announce(await self._settled_network())
                except (OSError, RuntimeError, zeroconf.Error) as error:
                    self._say(logging.WARNING, _trouble(error))
                    await self._withdraw(goodbye=False)
                    await asyncio.sleep(RETRY_S * random.uniform(0.9, 1.1))
        finally:
            await self._withdraw(goodbye=True)

    async def _announce(self, network: Network) -> None:
        """Take a name on this network and keep it until the network changes or the name is lost."""
        if not network.interfaces:
            await self._withdraw(goodbye=False)
            self._say(logging.INFO, "no network to announce the box on yet; it follows as soon as there is one")
            await asyncio.sleep(POLL_S)
            return
        links = Links()
        claimant = Claimant(links, self._txt)
        await links.open(network.interfaces, claimant.receive)
        try:
            claim = await self._take_name(claimant, network)
            if self._is_still(network):
                await self._serve(claim, network)
                await self._keep(claimant, claim, network)
        finally:
            links.close()

    async def _take_name(self, claimant: Claimant, network: Network) -> Claim:
        """Probe for one name after the other, from the one that we have or had on."""
        conflicts = 0
        while True:
            claim = claim_of(
                label(self._number, self._serial),
                serial=self._serial,
                port=self._port,
                announced=network.addresses,
                own=self._own(network),
            )
            if await claimant.probe(claim, held=self._service is not None):
                return claim
            await self._withdraw(goodbye=True)
            await self._try_next(claimant.stranger)
            conflicts += 1
            if conflicts >= CONFLICTS_MAX:
                await asyncio.sleep(CONFLICT_PAUSE_S)

    async def _serve(self, claim: Claim, network: Network) -> None:
        """Announce, and answer from now on."""
        host = host_name(claim.label)
        before = self._service
        if before is not None:
            # Without a goodbye: the announcement that follows replaces what it said.
            await before.close(goodbye=False)
        self._service = _Service(claim, self._txt, network)
        await self._service.open()
        self._say(logging.INFO, f"the box is {host} at {', '.join(network.addresses)}")
        if before is None:
            self._on_name(host)

    async def _keep(self, claimant: Claimant, claim: Claim, network: Network) -> None:
        """Watch over name and network until one of them is no longer ours."""
        while True:
            if await claimant.disputed(POLL_S):
                if not await claimant.probe(claim, held=True):
                    await self._withdraw(goodbye=True)
                    await self._try_next(claimant.stranger)
                    return
                await self._defend(claim, claimant.stranger)
                await asyncio.sleep(DISPUTE_PAUSE_S)
            if not self._is_still(network):
                return

    async def _defend(self, claim: Claim, stranger: Sighting | None) -> None:
        if stranger is not None and self._service is not None:
            host = host_name(claim.label)
            self._say(
                logging.WARNING,
                f"{_who(stranger)} claims {host} too; it has to give way, this box keeps the name",
            )
            await self._service.announce()

    async def _try_next(self, stranger: Sighting | None) -> None:
        host = host_name(label(self._number, self._serial))
        if self._number == LAST_NUMBER:
            self._number = 1
            self._say(logging.WARNING, f"every name up to {host} is taken; trying again in {RETRY_S:.0f} s")
            await asyncio.sleep(RETRY_S)
            return
        self._number += 1
        following = host_name(label(self._number, self._serial))
        self._say(logging.WARNING, f"{host} is taken by {_who(stranger)}; trying {following} for this box")

    async def _withdraw(self, *, goodbye: bool) -> None:
        if self._service is not None:
            service, self._service = self._service, None
            try:
                await service.close(goodbye=goodbye)
            finally:
                self._on_name(None)

    async def _settled_network(self) -> Network:
        network = self._read()
        for _ in range(SETTLE_LOOKS_MAX):
            await asyncio.sleep(SETTLE_S)
            before, network = network, self._read()
            if network.interfaces == before.interfaces:
                break
        return network

    def _is_still(self, network: Network) -> bool:
        return self._read().interfaces == network.interfaces

    def _own(self, network: Network) -> frozenset[bytes]:
        """Every address of this machine, and those that it had until a moment ago."""
        now_s = time.monotonic()
        had = dict.fromkeys(self._own_now, now_s + FORMER_ADDRESS_S)
        self._own_now = network.own
        self._former_until_s = {a: s for a, s in (self._former_until_s | had).items() if s > now_s}
        return network.own | self._former_until_s.keys()

    def _say(self, level: int, text: str) -> None:
        """Log it, unless it is what was said last."""
        if text != self._said:
            self._said = text
            _log.log(level, "mDNS: %s", text)


class _Service:
    """What python-zeroconf answers for us, on one set of interfaces."""

    def __init__(self, claim: Claim, txt: bytes, network: Network) -> None:
        service_type = f"{SERVICE_TYPE}."
        self._info = AsyncServiceInfo(
            service_type,
            f"{service_name(claim.label)}.",
            port=claim.port,
            properties=txt,
            server=f"{host_name(claim.label)}.",
            addresses=[packed(address) for address in network.addresses],
        )
        # One address an interface and IP version: the library opens a socket for each.
        first = [i.ipv4[0] for i in network.interfaces if i.ipv4]
        link_local = [i.link_local for i in network.interfaces if i.link_local]
        self._interfaces = [*first, *link_local]
        self._zeroconf: AsyncZeroconf | None = None

    async def open(self) -> None:
        """Answer questions, and announce without being asked. Raises `OSError`, `RuntimeError`, `zeroconf.Error`."""
        self._zeroconf = AsyncZeroconf(interfaces=self._interfaces)
        # Cooperating, because we have probed already, for both names.
        await (await self._zeroconf.async_register_service(self._info, cooperating_responders=True))

    async def announce(self) -> None:
        """Say it once more to everybody."""
        if self._zeroconf is not None:
            await (await self._zeroconf.async_update_service(self._info))

    async def close(self, *, goodbye: bool) -> None:
        """Stop answering; with a goodbye, others forget the name at once. Safe to call twice."""
        if self._zeroconf is None:
            return
        closing, self._zeroconf = self._zeroconf, None
        if not goodbye:
            registry = closing.zeroconf.registry
            registry.async_remove(registry.async_get_service_infos())
        ending = asyncio.ensure_future(closing.async_close())
        try:
            # Not asyncio.timeout: before Python 3.11.4 it is of no use in a task that is being cancelled.
            await asyncio.wait({ending}, timeout=GOODBYE_TIMEOUT_S)
        finally:
            if not ending.done():
                _log.debug("mDNS: the goodbye took too long")
                ending.cancel()


def _who(stranger: Sighting | None) -> str:
    if stranger is not None and stranger.serial:
        return f"the box with serial {stranger.serial}"
    if stranger is not None and stranger.addresses:
        return f"the device at {ipaddress.ip_address(min(stranger.addresses, key=len))}"
    return "another device"


def _trouble(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EPERM}:
        return (
            f"UDP port 5353 cannot be opened ({error.strerror}): the box is found by its IP address only. Another "
            "program holds the port without sharing it: stop it, or let it share (avahi-daemon and systemd-resolved "
            f"do, unless avahi's disallow-other-stacks is on). Trying again every {RETRY_S:.0f} s"
        )
    return f"not announced for now ({error or type(error).__name__}). Trying again every {RETRY_S:.0f} s"
