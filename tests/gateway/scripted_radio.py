"""A radio that does as it is told, and what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from ngair.gateway.ports import JoinError, LinkError
from ngair.model.network import Network, Wifi

POINT = "192.168.4.1"
NOTHING = Wifi(radio=True)
LOST = Wifi(radio=True, configured=True)
HOME = Wifi(radio=True, configured=True, connected=True, ssid=b"home", rssi_dbm=-50, addresses=("10.0.0.7",))
IN_REACH = (
    Network(ssid=b"far", strength=10),
    Network(ssid=b"home", strength=80),
    Network(ssid=b"home", strength=30),
    Network(ssid=b'"\xff\\\n', strength=50, security="open"),
    Network(ssid=b"", strength=99),
    Network(ssid=b"\0\0\0", strength=98),
    Network(ssid=b"office", strength=40, security="enterprise"),
    Network(ssid=b"ngair-WXYZ", strength=97),
)


class ScriptedRadio:
    """Implements `WifiPort`."""

    def __init__(self, wifi: Wifi = NOTHING, *, both: bool = False) -> None:
        self.now = wifi
        self.can_do_both = both
        self.in_reach: Sequence[Network] = IN_REACH
        self.keys = {b"home": "correct horse", b'"\xff\\\n': None}
        self.calls: list[str] = []
        self.keys_tried: list[tuple[bytes, str | None]] = []
        self.scans = 0
        self.is_open = False
        self.closed = False
        self.faults: dict[str, Exception] = {}
        """By call: what it raises."""
        self.hanging: set[str] = set()
        """Calls that never return."""
        self._changed = asyncio.Event()

    def become(self, wifi: Wifi) -> None:
        """The world changes."""
        self.now = wifi
        self._changed.set()

    async def wifi(self) -> Wifi:
        await self._begin("wifi")
        return replace(self.now, is_access_point=self.is_open)

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def networks(self, *, scan: bool) -> tuple[Network, ...]:
        self.scans += scan
        await self._begin("networks")
        return () if self.is_open and not self.can_do_both else tuple(self.in_reach)

    async def open_access_point(self, name: str, password: str | None) -> str:
        await self._begin("open")
        self.is_open = True
        if not self.can_do_both:
            self.become(Wifi(radio=True, configured=self.now.configured))
        return POINT

    async def close_access_point(self) -> None:
        await self._begin("close")
        self.is_open = False

    async def join(self, ssid: bytes, password: str | None) -> Wifi:
        assert self.can_do_both or not self.is_open, "a radio that does two things at once"
        self.keys_tried.append((ssid, password))
        await self._begin("join")
        if ssid not in self.keys:
            raise JoinError("not found", "It is not in reach.")
        if self.keys[ssid] != password:
            raise JoinError("wrong password", "The password is wrong.")
        self.become(HOME)
        return HOME

    async def rejoin(self) -> None:
        await self._begin("rejoin")
        if self.now.configured:
            self.become(HOME)

    async def close(self) -> None:
        self.closed = True

    async def _begin(self, call: str) -> None:
        self.calls.append(call)
        await asyncio.sleep(0)
        if call in self.hanging:
            await asyncio.Event().wait()
        if call in self.faults:
            raise self.faults[call]

    def acts(self) -> list[str]:
        """What was done to the radio, without looking."""
        return [call for call in self.calls if call not in ("wifi", "networks")]


NO_MANAGER = LinkError("NetworkManager does not run: start it.")
