"""Bringing a connection up and seeing what becomes of it; forgetting it again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

import msgspec
from dbus_fast import Variant

from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.bus import Bus, RefusedError
from ngair.adapters.network_manager.failures import Progress
from ngair.adapters.network_manager.profiles import Settings
from ngair.adapters.network_manager.state import Device, read_state
from ngair.adapters.network_manager.watch import Watch
from ngair.gateway.ports import LinkError
from ngair.model.limits import WIFI_ANSWER_S, WIFI_JOIN_S, WIFI_OPEN_S, WIFI_SCAN_S

REASON_S = 0.5
"""A connection that ended says so a moment before or after the device says why."""

SETTLE_S = 1.0
"""What gives out addresses in the access point may find its ports taken a moment after all is up."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long NetworkManager may take."""

    answer_s: float = WIFI_ANSWER_S
    scan_s: float = WIFI_SCAN_S
    join_s: float = WIFI_JOIN_S
    open_s: float = WIFI_OPEN_S
    settle_s: float = SETTLE_S


class Activation:
    """One connection on its way up."""

    def __init__(self, bus: Bus, device: str, watch: Watch, profile: str = "") -> None:
        self.profile = profile
        """The path of its profile."""
        self.progress = Progress(device)
        self._bus = bus
        self._device = device
        self._watch = watch

    async def begin_new(self, profile: Settings, options: Mapping[str, Variant]) -> None:
        """With a profile that is gone when the connection ends, however it ends. Raises `RefusedError`."""
        reply = await self._bus.call(
            names.MANAGER_PATH,
            names.MANAGER,
            "AddAndActivateConnection2",
            "a{sa{sv}}ooa{sv}",
            profile,
            self._device,
            names.NOTHING,
            {"persist": Variant("s", "volatile"), **options},
        )
        if len(reply) < 2 or not all(isinstance(path, str) for path in reply[:2]):
            raise LinkError("NetworkManager did not say which connection it began")
        self.profile, self.progress.active = reply[0], reply[1]

    async def begin(self) -> None:
        """With the profile that there is. Raises `RefusedError`."""
        reply = await self._bus.call(
            names.MANAGER_PATH,
            names.MANAGER,
            "ActivateConnection",
            "ooo",
            self.profile,
            self._device,
            names.NOTHING,
        )
        self.progress.active = reply[0] if reply and isinstance(reply[0], str) else ""

    async def has_come_up(self, timeout_s: float) -> bool:
        """Wait until it is up with an address, or failed, or has taken too long: `progress` tells which."""
        until_s = _now_s() + timeout_s
        while True:
            self._look()
            if self.progress.is_up and await self._has_address():
                return True
            if self.progress.is_over or _now_s() >= until_s:
                return False
            if self.progress.has_ended:
                until_s = min(until_s, _now_s() + REASON_S)
            await self._watch.more(until_s - _now_s())

    async def has_stayed_up(self, seconds: float) -> bool:
        """Wait for so long, or until it has ended."""
        until_s = _now_s() + seconds
        while self.progress.is_up and _now_s() < until_s:
            await self._watch.more(until_s - _now_s())
            self._look()
        # The device may say a moment later why.
        return self.progress.is_up or await self.has_come_up(REASON_S)

    def _look(self) -> None:
        self.progress.take(self._watch.take())
        if self._watch.is_over:
            raise LinkError("NetworkManager ended while it brought a connection up")

    async def _has_address(self) -> bool:
        device = read_state(await self._bus.objects()).device(self._device)
        return device is not None and bool(device.addresses)

    async def undo(self, before: str | None) -> None:
        """Leave nothing of it, and go back to a profile that was up before. Never raises what NetworkManager says."""
        with contextlib.suppress(LinkError):
            if self.profile:
                await forget(self._bus, self.profile, self.progress.active)
            if before is not None:
                await self._bus.call(
                    names.MANAGER_PATH, names.MANAGER, "ActivateConnection", "ooo", before, self._device, names.NOTHING
                )


@contextlib.contextmanager
def activation(bus: Bus, device: Device, profile: str = "") -> Iterator[Activation]:
    """One that is watched from before its beginning."""
    with bus.watch() as watch:
        yield Activation(bus, device.path, watch, profile)


async def forget(bus: Bus, profile: str, active: str | None = None) -> None:
    """Remove a profile and end its connection; neither needs to be there any more."""
    if active:
        with contextlib.suppress(RefusedError):
            await bus.call(names.MANAGER_PATH, names.MANAGER, "DeactivateConnection", "o", active)
    with contextlib.suppress(RefusedError):
        await bus.call(profile, names.PROFILE, "Delete")


def _now_s() -> float:
    return asyncio.get_running_loop().time()
