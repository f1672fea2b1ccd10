"""The box's network in the running program: the radio, setup mode over it, and the door by which it is set up."""

from __future__ import annotations

import asyncio
import importlib
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ngair.adapters.clock import SystemClock
from ngair.adapters.folder import Folder
from ngair.adapters.http.asgi import Door
from ngair.adapters.http.locks import Locks
from ngair.adapters.http.setup import Inside, SetupDoor
from ngair.adapters.setup_files import ButtonFile
from ngair.api.acts import act_at
from ngair.api.publisher import Publisher
from ngair.api.queries import endpoint_at
from ngair.api.resources import changes_at
from ngair.app.ports import Ports
from ngair.gateway.gateway import Gateway
from ngair.gateway.ports import Clock, WifiPort
from ngair.gateway.setup import Networking
from ngair.model.network import where_phones_miss
from ngair.model.settings import Settings

if TYPE_CHECKING:
    from ngair.sim.radio import SimRadio

log = logging.getLogger("ngair")


class SettingUp:
    """What looks after the box's network. Where a setting says that nobody does, nothing."""

    def __init__(self) -> None:
        self.doors: list[Door] = []
        self.works: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        """What runs beside the server."""


async def setting_up(
    settings: Settings,
    ports: Ports,
    folder: Folder,
    gateway: Gateway,
    publisher: Publisher,
    listener: socket.socket,
    locks: Locks,
    inside: Inside,
) -> SettingUp:
    """Put it together. `inside` will know who comes by the access point."""
    here = SettingUp()
    if settings.wifi == "off":
        return here
    networking = Networking(
        await _radio(settings, ports.clock, listener),
        SystemClock(),
        folder,
        _Passwords(locks, gateway),
        gateway.connected,
        serial=gateway.site.box.serial,
        key=ports.setup_key,
        begin="start" if settings.setup else "",
        host=lambda: gateway.site.box.host_name,
    )
    if ports.setup_key is None:
        log.info("the access point of setup mode is open to all: setup_key_file gives it a password")
    if settings.wifi == "on" and (missed := where_phones_miss(settings.http.host, settings.http.port)):
        log.warning("%s", missed)
    knows = partial(_is_served, publisher)
    here.doors.append(SetupDoor(networking, inside, locks, knows, settings.host_names))
    button = ButtonFile(Path(settings.setup_button)) if settings.setup_button else None
    here.works.append(("the box's network", partial(networking.run, button.pressed if button else None)))
    return here


async def _radio(settings: Settings, clock: Clock, listener: socket.socket) -> WifiPort:
    """What looks after the radio; its libraries take their time to load."""
    if settings.wifi == "sim:":
        from ngair.sim.radio import SimRadio

        return _Here(SimRadio(clock), listener)
    await asyncio.to_thread(importlib.import_module, "ngair.adapters.network_manager")
    from ngair.adapters.network_manager import NetworkManagerPort

    return NetworkManagerPort()


class _Here:
    """A simulated radio whose access point is reached where the program listens."""

    def __init__(self, radio: SimRadio, listener: socket.socket) -> None:
        host = str(listener.getsockname()[0])
        self._address = _LOOPBACK.get(host, host)
        self._radio = radio
        self.wifi = radio.wifi
        self.changed = radio.changed
        self.networks = radio.networks
        self.close_access_point = radio.close_access_point
        self.join = radio.join
        self.rejoin = radio.rejoin
        self.close = radio.close

    @property
    def can_do_both(self) -> bool:
        return self._radio.can_do_both

    async def open_access_point(self, name: str, password: str | None) -> str:
        await self._radio.open_access_point(name, password)
        return self._address


class _Passwords:
    """The box's password, and that the house is told when it is another one."""

    def __init__(self, locks: Locks, gateway: Gateway) -> None:
        self._kept = locks.passwords
        self._gateway = gateway

    @property
    def is_set(self) -> bool:
        return self._kept.is_set

    async def look(self) -> None:
        await self._kept.look()

    async def set(self, password: str) -> None:
        await self._kept.set(password)
        self._gateway.password_changed()


def _is_served(publisher: Publisher, path: str) -> bool:
    """Whether there is something at a path beside what setup mode has."""
    return (
        path in publisher.pages
        or path.startswith("/upload")
        or publisher.part(path) is not None
        or endpoint_at(path) is not None
        or act_at(path) is not None
        or bool(changes_at(path))
    )


_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}
