"""Firmware in the running program: the door for uploads, the slots behind it, and who sees to them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import ngair
from ngair.adapters.firmware.incoming import IncomingFolder
from ngair.adapters.firmware.keys import load_public_keys
from ngair.adapters.folder import Folder
from ngair.adapters.http.answering import answers
from ngair.adapters.http.asgi import Scope
from ngair.adapters.http.locks import Locks
from ngair.adapters.http.server import Secure
from ngair.adapters.http.uploading import UploadDoor
from ngair.adapters.slots.launched import Launched, launched
from ngair.api.wishes import Refused
from ngair.device.image import Trust
from ngair.gateway.gateway import Gateway
from ngair.gateway.ports import Clock, Upload, UploadRefusedError, UploadSink
from ngair.gateway.updating import Updater
from ngair.gateway.uploading import Uploading
from ngair.model.settings import Settings

KEYS = Path("/etc/ngair/firmware.pub")
UNLAUNCHED = (
    "This program was started by hand, so that nothing could go back to it should new firmware fail: set the box up "
    "with `ngair install` or the Debian package."
)

log = logging.getLogger("ngair")


class Updating:
    """What takes firmware. Where no launcher started the program, all of it is refused, with the remedy."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        gateway: Gateway,
        folder: Folder,
        listener: socket.socket,
        locks: Locks,
        leave: Callable[[int], None],
        is_setup: Callable[[Scope], bool],
        secure: Secure | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`leave` ends the program with an exit code; `is_setup` tells who sets the box up, without a password;
        `secure` is where the same is served by TLS."""
        self._keys_path = Path(settings.firmware_keys) if settings.firmware_keys else KEYS
        self._keys: tuple[bytes, ...] = ()
        self._locks = locks
        self._is_setup = is_setup
        self.works: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        """What runs beside the server."""
        self._updater: Updater | None = None
        found = launched(environment)
        sink: UploadSink = _Unlaunched()
        if found is not None:
            sink = self._take_up(found, clock, gateway, folder, partial(_answers, listener, secure), leave)
        self.door = UploadDoor(sink, self._admit, settings.host_names)

    @property
    def is_settled(self) -> bool:
        """Whether the running version stays: it is not on trial, nor about to find out whether it is."""
        return self._updater is None or self._updater.is_settled

    async def settled(self) -> None:
        """Wait until it does."""
        if self._updater is not None:
            await self._updater.settled()

    def _take_up(
        self,
        found: Launched,
        clock: Clock,
        gateway: Gateway,
        folder: Folder,
        ask: Callable[[], Awaitable[bool]],
        leave: Callable[[int], None],
    ) -> Uploading:
        updater = self._updater = Updater(found.slots, clock, gateway, folder, ngair.__version__, ask, leave)
        updater.begin()

        def trust() -> Trust:
            return Trust(keys=self._keys, hardware=found.hardware, version=ngair.__version__, floor=updater.floor)

        uploading = Uploading(IncomingFolder(found.uploads), trust, updater.note, updater.take, updater.unfit)

        self.works.append(("the room for uploads", partial(_clear, uploading)))
        self.works.append(("the updates", updater.run))
        return uploading

    async def _admit(self, scope: Scope) -> Refused | None:
        """Whoever proves the password, or sets the box up. Keys are read anew: one may have been taken away."""
        refused = None if self._is_setup(scope) else await self._locks.admit(scope, reading=False)
        if refused is None:
            try:
                self._keys = await asyncio.to_thread(load_public_keys, self._keys_path)
            except ValueError as error:
                log.warning("no firmware is taken: %s", error)
                self._keys = ()
        return refused


async def _answers(listener: socket.socket, secure: Secure | None) -> bool:
    """Whether the program answers wherever it should."""
    return await answers(listener) and (secure is None or await answers(secure.listener, tls=True))


async def _clear(uploading: Uploading) -> None:
    """Of what a power cut left, once."""
    try:
        await uploading.clear()
    except OSError as error:
        log.warning("what an upload left cannot be removed: %s", error)
    await asyncio.Event().wait()


class _Unlaunched:
    """Takes nothing."""

    async def begin(self, length: int | None) -> Upload:
        raise UploadRefusedError(403, UNLAUNCHED)
