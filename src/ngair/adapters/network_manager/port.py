"""The radio and the connections of this machine, as NetworkManager looks after them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from dbus_fast import Variant

from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.activation import Activation, Timeouts, activation, forget
from ngair.adapters.network_manager.bus import Bus, RefusedError, open_bus
from ngair.adapters.network_manager.choosing import joinable, worth_trying
from ngair.adapters.network_manager.facts import addresses_of_unmanaged, wifi_of
from ngair.adapters.network_manager.failures import access_point_error, join_error
from ngair.adapters.network_manager.profiles import (
    Profile,
    Role,
    Settings,
    access_point_profile,
    has_address,
    kept,
    network_profile,
    read_profile,
)
from ngair.adapters.network_manager.scan import scan
from ngair.adapters.network_manager.state import (
    AccessPoint,
    Device,
    State,
    networks_of,
    read_state,
)
from ngair.gateway.ports import JoinError, LinkError
from ngair.model.limits import WIFI_KEPT_MAX, WIFI_PROFILES_MAX
from ngair.model.network import ACCESS_POINT_ADDRESS, Network, Wifi
from ngair.model.passphrase import passphrase_fault
from ngair.model.ssid import SSID_MAX_BYTES

TIDY_S = 0.5
"""Whoever is cancelled has little time; what is not tidied up then, NetworkManager removes when the trial ends."""
NO_RADIO = "there is no radio that can be used: look at `nmcli device` and `rfkill`"


class NetworkManagerPort:
    """Implements `WifiPort` over D-Bus: on the bus of the system, or on that of an address.

    A network is tried with a profile that NetworkManager forgets by itself, and kept when it has given an address. The
    access point lives as long as this connection to the bus. Profiles of others are read and tried, never changed.
    """

    def __init__(self, bus_address: str | None = None, *, timeouts: Timeouts = Timeouts()) -> None:  # noqa: B008 - frozen
        self._address = bus_address
        self._timeouts = timeouts
        self._open: Bus | None = None
        self._opening = asyncio.Lock()
        self._acting = asyncio.Lock()
        self._tidying: set[asyncio.Task[None]] = set()
        self._changes = asyncio.Event()
        self._profiles: tuple[int, State, tuple[Profile, ...]] | None = None
        self._in_reach: dict[str, tuple[AccessPoint, ...]] = {}
        self._deaf: set[str] = set()
        """Radios that were access points, and have not listened since."""
        self._own: bytes = b""
        self._can_do_both = False

    @property
    def can_do_both(self) -> bool:
        """Whether there are two radios; as of the last look."""
        return self._can_do_both

    async def wifi(self) -> Wifi:
        """How things are. Strength is as old as NetworkManager's last scan, some seconds to minutes."""
        bus = await self._bus()
        state = await self._state(bus)
        profiles = await self._known(bus, state)
        return wifi_of(state, profiles, await addresses_of_unmanaged(state.devices))

    async def changed(self) -> None:
        """Wait until something may have changed; that a network got stronger or weaker is nothing."""
        await self._bus()
        await self._changes.wait()
        self._changes.clear()

    async def networks(self, *, scan: bool) -> tuple[Network, ...]:
        """Those in reach. While the only radio is an access point, those that were in reach before."""
        bus = await self._bus()
        state = await self._radio_on(bus)
        if scan:
            state = await self._scan(bus, state)
        return networks_of(self._points(state))

    async def open_access_point(self, name: str, password: str | None) -> str:
        """Open it, in the place of the network that the only radio may be in."""
        ssid = name.encode("utf-8")
        if not 0 < len(ssid) <= SSID_MAX_BYTES:
            raise LinkError(f"an access point's name has 1 to {SSID_MAX_BYTES} bytes")
        if password is not None and (fault := passphrase_fault(password)):
            raise LinkError(f"the access point cannot open: {fault}")
        async with self._acting:
            bus = await self._bus()
            await self._remove(bus, "access point", "trial")
            state = await self._radio_on(bus)
            device = state.host
            if device is None:
                raise LinkError("no radio here can be an access point: look at `nmcli -f WIFI-PROPERTIES device show`")
            self._own = ssid
            profile = access_point_profile(name, password)
            options = {"bind-activation": Variant("s", "dbus-client")}
            with activation(bus, device) as opening:
                async with self._trying(opening, opening.begin_new(profile, options), _way_back(state, device)):
                    await must_have_address(bus, opening.profile)
                    is_up = await opening.has_come_up(self._timeouts.open_s)
                    if not is_up or not await opening.has_stayed_up(self._timeouts.settle_s):
                        raise access_point_error(opening.progress)
        return ACCESS_POINT_ADDRESS

    async def close_access_point(self) -> None:
        """Close it, and whatever is left of an earlier one."""
        async with self._acting:
            bus = await self._bus()
            await self._remove(bus, "access point")

    async def join(self, ssid: bytes, password: str | None) -> Wifi:
        """Join a network. The only radio leaves what it was in for it, and goes back when nothing comes of it."""
        async with self._acting:
            bus = await self._bus()
            await self._remove(bus, "trial")
            state = await self._radio_on(bus)
            if state.station is None:
                raise LinkError(NO_RADIO)
            point = self._find(state, ssid, password)
            if point is None:
                state = await self._scan(bus, state, ssid)
                point = self._find(state, ssid, password)
            device = state.station
            if device is None:
                raise LinkError(NO_RADIO)
            security = joinable(ssid, password, point)
            profile = network_profile(ssid, security, password, point)
            before = _way_back(state, device)
            try:
                with activation(bus, device) as trial:
                    async with self._trying(trial, trial.begin_new(profile, {}), before):
                        if not await trial.has_come_up(self._timeouts.join_s):
                            raise join_error(trial.progress, ssid, secured=security != "open")
                        await self._keep(bus, trial.profile, ssid, kept(profile))
            except RefusedError as error:
                raise JoinError("failed", str(error)) from None
        return await self.wifi()

    async def rejoin(self) -> None:
        """Try what is kept, what is in reach and was used last first. Nothing is told of what did not work."""
        async with self._acting:
            bus = await self._bus()
            state = await self._radio_on(bus)
            device = state.station
            # What NetworkManager is trying already would only begin anew.
            if device is None or device.is_up or (device.is_being_tried and not device.is_access_point):
                return
            if device.is_access_point:
                raise LinkError("the only radio is an access point: that has to close first")
            state = await self._scan(bus, state)
            for profile in worth_trying(await self._known(bus, state), self._points(state)):
                with contextlib.suppress(RefusedError), activation(bus, device, profile.path) as again:
                    await again.begin()
                    if await again.has_come_up(self._timeouts.join_s):
                        return

    async def close(self) -> None:
        """Let go of the bus; an access point of ours closes with it."""
        if self._tidying:
            await asyncio.wait(self._tidying, timeout=self._timeouts.answer_s)
        if self._open is not None:
            await self._open.close()
            self._open = None

    async def _bus(self) -> Bus:
        async with self._opening:
            if self._open is None or not self._open.is_open:
                if self._open is not None:
                    await self._open.close()
                self._profiles = None
                self._open = await open_bus(self._address, self._timeouts.answer_s, self._changes.set)
            return self._open

    async def _state(self, bus: Bus) -> State:
        state = read_state(await bus.objects())
        self._can_do_both = state.can_do_both
        return state

    async def _known(self, bus: Bus, state: State) -> tuple[Profile, ...]:
        """The profiles that NetworkManager has; asked for again when one may have changed."""
        generation = bus.generation
        if (
            self._profiles is not None
            and self._profiles[0] == generation
            and self._profiles[1].profiles == state.profiles
        ):
            return self._profiles[2]
        found = []
        for path in state.profiles[:WIFI_PROFILES_MAX]:
            with contextlib.suppress(RefusedError):
                reply = await bus.call(path, names.PROFILE, "GetSettings")
                if reply and isinstance(reply[0], dict):
                    found.append(read_profile(path, reply[0]))
        self._profiles = (generation, state, tuple(found))
        return self._profiles[2]

    async def _radio_on(self, bus: Bus) -> State:
        """The state, with the radio switched on where software has switched it off."""
        state = await self._state(bus)
        if not state.radios and state.can_be_switched_on:
            with bus.watch() as watch, contextlib.suppress(RefusedError):
                wanted = (names.MANAGER, "WirelessEnabled", Variant("b", True))
                await bus.call(names.MANAGER_PATH, names.PROPERTIES, "Set", "ssv", *wanted)
                now_s = asyncio.get_running_loop().time
                until_s = now_s() + self._timeouts.answer_s
                while not state.radios and not watch.is_over and (left_s := until_s - now_s()) > 0:
                    await watch.more(left_s)
                    state = await self._state(bus)
        return state

    async def _scan(self, bus: Bus, state: State, ssid: bytes = b"") -> State:
        """The state after a scan, where one can be made."""
        radios = [radio for radio in state.radios if not radio.is_access_point]
        await scan(bus, radios, ssid, self._timeouts.scan_s)
        self._deaf.difference_update(radio.path for radio in radios)
        return await self._state(bus)

    def _points(self, state: State) -> tuple[AccessPoint, ...]:
        """What the radios hear, without ourselves; of one that is an access point, what it heard before."""
        for radio in state.radios:
            if radio.is_access_point:
                self._deaf.add(radio.path)
            elif radio.seen or radio.path not in self._deaf:
                self._in_reach[radio.path] = radio.seen
                self._deaf.discard(radio.path)
        here = {radio.path for radio in state.radios}
        self._in_reach = {path: seen for path, seen in self._in_reach.items() if path in here}
        is_ours = any(radio.is_access_point for radio in state.radios)
        return tuple(
            point for seen in self._in_reach.values() for point in seen if not (is_ours and point.ssid == self._own)
        )

    def _find(self, state: State, ssid: bytes, password: str | None) -> AccessPoint | None:
        """The strongest of a name; one that takes a password where there is one, before one that takes none."""
        points = [point for point in self._points(state) if point.ssid == ssid]
        return max(points, key=lambda p: ((p.security == "open") == (password is None), p.strength), default=None)

    async def _keep(self, bus: Bus, path: str, ssid: bytes, profile: Settings) -> None:
        """Make a network that was joined one to join at each start, in the place of what was kept under its name."""
        try:
            await bus.call(path, names.PROFILE, "Update2", "a{sa{sv}}ua{sv}", profile, names.TO_DISK, {})
        except RefusedError as error:
            raise JoinError("failed", f"The network was joined and cannot be kept: {error}") from None
        known = await self._known(bus, await self._state(bus))
        ours = sorted(
            (found for found in known if found.role == "network" and found.path != path),
            key=lambda found: -found.used_s,
        )
        others = [found for found in ours if found.ssid != ssid]
        for found in (*(old for old in ours if old.ssid == ssid), *others[WIFI_KEPT_MAX - 1 :]):
            await forget(bus, found.path)

    async def _remove(self, bus: Bus, *roles: Role) -> None:
        """Remove what is ours and is for one of these, and end it where it is up."""
        state = await self._state(bus)
        for profile in await self._known(bus, state):
            if profile.role in roles:
                active = next((path for path, of in state.actives.items() if of == profile.path), None)
                await forget(bus, profile.path, active)

    @contextlib.asynccontextmanager
    async def _trying(
        self, trial: Activation, beginning: Coroutine[Any, Any, None], before: str | None = None
    ) -> AsyncIterator[None]:
        """Begin it; whatever goes wrong, nothing of it stays, and the device goes back to the profile `before`."""
        # Whoever is cancelled while NetworkManager makes a profile has to know which one to remove.
        begun = asyncio.ensure_future(beginning)
        patience_s: float | None = None
        try:
            await asyncio.wait({begun})
            begun.result()
            yield
        except BaseException as error:
            patience_s = TIDY_S if isinstance(error, asyncio.CancelledError) else None
            tidying = asyncio.ensure_future(_undo(trial, begun, before))
            self._tidying.add(tidying)
            tidying.add_done_callback(self._tidying.discard)
            await asyncio.wait({tidying}, timeout=patience_s)
            raise


def _way_back(state: State, device: Device) -> str | None:
    """The profile to go back to when a trial comes to nothing."""
    return None if device.is_access_point else state.actives.get(device.active or "") or None


async def _undo(trial: Activation, begun: asyncio.Future[None], before: str | None) -> None:
    await asyncio.wait({begun})
    if not begun.cancelled():
        begun.exception()
    await trial.undo(before)


async def must_have_address(bus: Bus, profile: str) -> None:
    """Raises `LinkError` where NetworkManager has taken the profile without the address: it would choose one itself."""
    reply = await bus.call(profile, names.PROFILE, "GetSettings")
    if not reply or not isinstance(reply[0], dict) or not has_address(reply[0]):
        raise LinkError(f"NetworkManager did not take the address {ACCESS_POINT_ADDRESS} of the access point")
