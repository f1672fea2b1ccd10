"""A simulated radio with networks around it, for `wifi = sim:`: setup mode without a radio.

The right password of every network that takes one is `correct horse`.
"""

from __future__ import annotations

import asyncio
from math import sin

from ngair.gateway.ports import Clock, JoinError, LinkError
from ngair.model.network import ACCESS_POINT_ADDRESS, JoinFailure, Network, Wifi
from ngair.model.passphrase import passphrase_fault
from ngair.model.settings import shown_name
from ngair.model.ssid import SSID_MAX_BYTES, ssid_text

PASSWORD = "correct horse"
ADDRESSES = ("192.0.2.57", "2001:db8::57")
SCAN_S, JOIN_S, OPEN_S = 2.0, 3.0, 1.0
"""As radios take; those that fail take twice as long to join."""
TICK_S = 0.05
SWAY_S = 20.0
SWAY = 3

HOME, GUESTS, GARDEN = b"Home", b"Home guests", b"Garden (open)"
HIDDEN, VANISHING, DUMB, OFFICE, NEW = b"Hidden", b"Vanishing", b"No address", b"Office", b"WPA3 only"


class Air(Network, frozen=True, kw_only=True):
    """A network that can be heard, and what comes of joining it with the right password."""

    failure: JoinFailure | None = None
    hidden: bool = False


AIR = (
    Air(ssid=HOME, strength=82),
    Air(ssid=HOME, strength=41),
    Air(ssid=GUESTS, strength=74),
    Air(ssid=GARDEN, strength=66, security="open"),
    Air(ssid=NEW, strength=60, security="sae"),
    Air(ssid=OFFICE, strength=58, security="enterprise"),
    Air(ssid=VANISHING, strength=55, failure="not found"),
    Air(ssid=DUMB, strength=52, failure="no address"),
    Air(ssid=b'Bob\'s "5G" <b>&amp;</b> \\ /', strength=47),
    Air(ssid="🚗 Ångström 🔌".encode(), strength=44),
    Air(ssid=b"caf\xe9", strength=39),
    Air(ssid=rb"\x41lice", strength=36),
    Air(ssid=b"\xff\x00\x1b[31m\r\n", strength=33),
    Air(ssid=b"this name has thirty-two bytes!!", strength=28),
    Air(ssid=b" ", strength=21),
    Air(ssid=b"Old printer", strength=12, security="wep"),
    Air(ssid=HIDDEN, strength=70, hidden=True),
)
"""Names as the world has them: quotes, markup, emoji, bytes that are no UTF-8, an escape as plain text, control
characters, all 32 bytes, a space, one name twice, and one that nobody hears."""


class SimRadio:
    """Implements `WifiPort`. Seconds pass by the clock, and never more slowly than real ones."""

    def __init__(self, clock: Clock, *, can_do_both: bool = False, air: tuple[Air, ...] = AIR) -> None:
        """`can_do_both`: as with two radios."""
        self._clock = clock
        self._can_do_both = can_do_both
        self._air = air
        self._kept: dict[bytes, str | None] = {}
        self._joined: bytes | None = None
        self._point: str | None = None
        self._trouble = ""
        self._changes = asyncio.Event()
        self._acting = asyncio.Lock()

    @property
    def can_do_both(self) -> bool:
        """Whether it is as if there were two radios."""
        return self._can_do_both

    async def wifi(self) -> Wifi:
        """How things are."""
        self._must_work()
        joined = self._heard(self._joined) if self._joined is not None else None
        if joined is None:
            return Wifi(radio=True, configured=bool(self._kept), is_access_point=self._point is not None)
        strength = joined.strength + round(SWAY * sin(self._clock.monotonic_s() / SWAY_S))
        return Wifi(
            radio=True,
            configured=True,
            connected=True,
            ssid=joined.ssid,
            rssi_dbm=strength // 2 - 100,
            addresses=ADDRESSES,
            is_access_point=self._point is not None,
        )

    async def changed(self) -> None:
        """Wait until something has."""
        await self._changes.wait()
        self._changes.clear()

    async def networks(self, *, scan: bool) -> tuple[Network, ...]:
        """Those that can be heard."""
        self._must_work()
        if scan and (self._can_do_both or self._point is None):
            await self._pass(SCAN_S)
        strongest: dict[bytes, Network] = {}
        for air in sorted(self._air, key=lambda air: -air.strength):
            if not air.hidden:
                heard = Network(ssid=air.ssid, strength=air.strength, security=air.security)
                strongest.setdefault(air.ssid, heard)
        return tuple(strongest.values())

    async def open_access_point(self, name: str, password: str | None) -> str:
        """Open it; with one radio in the place of the network."""
        if not 0 < len(name.encode("utf-8")) <= SSID_MAX_BYTES or (password is not None and passphrase_fault(password)):
            raise LinkError("no access point has such a name or password")
        async with self._acting:
            self._must_work()
            await self._pass(OPEN_S)
            self._point = name
            if not self._can_do_both:
                self._joined = None
            self._changes.set()
        return ACCESS_POINT_ADDRESS

    async def close_access_point(self) -> None:
        """Close it."""
        async with self._acting:
            self._must_work()
            if self._point is not None:
                self._point = None
                self._changes.set()

    async def join(self, ssid: bytes, password: str | None) -> Wifi:
        """Join a network, with `correct horse` where it takes a password."""
        async with self._acting:
            self._must_work()
            before = self._joined
            if not self._can_do_both:
                self._joined = self._point = None
            try:
                await self._try(ssid, password)
            except BaseException:
                # An access point that gave way stays closed, as with a real radio; a network comes back.
                self._joined = before
                self._changes.set()
                raise
            self._joined = ssid
            self._kept.pop(ssid, None)
            self._kept[ssid] = password
            self._changes.set()
        return await self.wifi()

    async def rejoin(self) -> None:
        """Try what is kept, the newest first."""
        async with self._acting:
            self._must_work()
            if self._point is not None and not self._can_do_both:
                raise LinkError("the only radio is an access point: that has to close first")
            for ssid, password in reversed(self._kept.items()):
                if self._joined is None:
                    try:
                        await self._try(ssid, password)
                    except JoinError:
                        continue
                    self._joined = ssid
                    self._changes.set()

    async def close(self) -> None:
        """Nothing is held."""

    def lose(self) -> None:
        """The network goes away; it can be joined again."""
        self._joined = None
        self._changes.set()

    def fail(self, trouble: str) -> None:
        """Let every call fail with this text; with none, let them work again."""
        self._trouble = trouble
        self._changes.set()

    async def _try(self, ssid: bytes, password: str | None) -> None:
        air = self._heard(ssid)
        name = f"“{shown_name(ssid_text(ssid))}”"
        if air is None:
            await self._pass(2 * JOIN_S)
            raise JoinError("not found", f"The network {name} is not in reach.")
        if air.security in ("wep", "enterprise"):
            raise JoinError("not supported", f"The network {name} cannot be joined by this box.")
        if air.failure == "not found":
            await self._pass(2 * JOIN_S)
            raise JoinError("not found", f"The network {name} is not in reach.")
        if password is None and air.security != "open":
            raise JoinError("wrong password", f"The network {name} asks for a password.")
        if password is not None and air.security == "open":
            raise JoinError("failed", f"The network {name} takes no password.")
        if password is not None and (fault := passphrase_fault(password)):
            raise JoinError("wrong password", f"This cannot be the password of {name}: {fault}.")
        if password not in (None, PASSWORD):
            await self._pass(2 * JOIN_S)
            raise JoinError("wrong password", f"The network {name} did not take the password.")
        await self._pass(JOIN_S if air.failure is None else 2 * JOIN_S)
        if air.failure is not None:
            raise JoinError(air.failure, f"The network {name} gave the box no address.")

    def _heard(self, ssid: bytes) -> Air | None:
        return next((air for air in self._air if air.ssid == ssid), None)

    def _must_work(self) -> None:
        if self._trouble:
            raise LinkError(self._trouble)

    async def _pass(self, seconds: float) -> None:
        """Let time pass by the clock; one that stands is not waited for longer than a real one."""
        loop = asyncio.get_running_loop()
        until_s, last_s = self._clock.monotonic_s() + seconds, loop.time() + seconds
        while self._clock.monotonic_s() < until_s and loop.time() < last_s:  # noqa: ASYNC110 - a clock has no event
            await asyncio.sleep(min(TICK_S, seconds))
