"""One connection to the message bus, and NetworkManager behind it: calls that end in time, signals that only wake."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any

from dbus_fast import BusType, Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.auth import UID_NOT_SPECIFIED, AuthExternal

from ngair.adapters.network_manager.names import (
    ACTIVE,
    DEVICE,
    IP4,
    IP6,
    MANAGER,
    OBJECT_MANAGER,
    PROFILE,
    PROPERTIES,
    ROOT,
    SERVICE,
    SETTINGS,
    WIRELESS,
)
from ngair.adapters.network_manager.watch import Signal, Watch
from ngair.gateway.ports import LinkError
from ngair.model.settings import shown_name

CLOSE_S = 0.3
"""The socket of a bus that hangs is closed all the same; this is for its end to come round."""
LATE_MAX = 3
"""Answers in a row that did not come; then the connection is closed, and with it our access point."""
_DAEMON = "org.freedesktop.DBus"
_DAEMON_PATH = "/org/freedesktop/DBus"
_WATCHED = (MANAGER, DEVICE, WIRELESS, ACTIVE, IP4, IP6)
_TELLING = frozenset(
    {
        "ActiveConnections",
        "AllDevices",
        "Devices",
        "WirelessEnabled",
        "WirelessHardwareEnabled",
        "State",
        "Managed",
        "Carrier",
        "ActiveConnection",
        "ActiveAccessPoint",
        "Mode",
        "Ip4Config",
        "Ip6Config",
        "AddressData",
    }
)
"""Properties whose change may change what is told. That a scan was made, say, is none."""
_RULES = (
    f"type='signal',sender='{_DAEMON}',interface='{_DAEMON}',member='NameOwnerChanged',arg0='{SERVICE}'",
    *(f"type='signal',sender='{SERVICE}',interface='{PROPERTIES}',arg0='{name}'" for name in _WATCHED),
    *(f"type='signal',sender='{SERVICE}',interface='{name}',member='StateChanged'" for name in (DEVICE, ACTIVE)),
    f"type='signal',sender='{SERVICE}',interface='{SETTINGS}'",
    f"type='signal',sender='{SERVICE}',interface='{PROFILE}'",
)


class RefusedError(LinkError):
    """NetworkManager does not do what it was asked."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        """Of the error on D-Bus."""


class NotRunningError(LinkError):
    """There is no NetworkManager."""


class Bus:
    """An open connection. Every failure is a `LinkError`; `is_open` tells whether a new one is needed."""

    def __init__(self, connection: MessageBus, answer_s: float, on_change: Callable[[], None]) -> None:
        self._connection = connection
        self._answer_s = answer_s
        self._on_change = on_change
        self._watches: set[Watch] = set()
        self._ending: asyncio.Future[None] | None = None
        self._owner = ""
        self._late = 0
        self.generation = 0
        """Rises whenever NetworkManager starts or ends, or a connection profile changes."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._connection.connected

    async def call(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> list[Any]:
        """Ask NetworkManager. Raises `RefusedError` for what it will not do, `LinkError` for all else."""
        return await self._call(SERVICE, path, interface, member, signature, body)

    async def objects(self) -> Mapping[str, Any]:
        """All that NetworkManager knows, in one answer."""
        reply = await self.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")
        return reply[0] if reply and isinstance(reply[0], dict) else {}

    async def listen(self) -> None:
        """Ask for the signals that matter."""
        for rule in _RULES:
            await self._call(_DAEMON, _DAEMON_PATH, _DAEMON, "AddMatch", "s", (rule,))
        generation = self.generation
        with contextlib.suppress(RefusedError, NotRunningError):
            reply = await self._call(_DAEMON, _DAEMON_PATH, _DAEMON, "GetNameOwner", "s", (SERVICE,))
            if self.generation == generation:
                self._owner = reply[0]

    @contextlib.contextmanager
    def watch(self) -> Iterator[Watch]:
        """Gather signals within the block."""
        watch = Watch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    async def close(self) -> None:
        """Let go of it. Safe to call twice."""
        if self._connection.connected:
            self._connection.disconnect()
        if self._ending is not None:
            await asyncio.wait({self._ending}, timeout=CLOSE_S)

    async def _call(
        self, service: str, path: str, interface: str, member: str, signature: str, body: Sequence[object]
    ) -> list[Any]:
        message = Message(
            destination=service,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=MessageFlag.NO_AUTOSTART,
        )
        reply = await in_time(self._connection.call(message), self._answer_s)
        if reply is _LATE:
            self._late += 1
            if self._late >= LATE_MAX:
                await self.close()
            raise LinkError(f"NetworkManager has not answered for {self._answer_s:g} s: restart it, or the box")
        if not isinstance(reply, Message):
            raise LinkError("the connection to the message bus broke off")
        self._late = 0
        if reply.message_type is MessageType.ERROR:
            raise _refusal(reply)
        return list(reply.body)

    def heard(self, message: Message) -> None:
        """Take one message. Never raises: it is called while the connection is read."""
        if message.message_type is not MessageType.SIGNAL or not self._is_from_manager(message):
            return
        signal = Signal(message.path or "", message.interface or "", message.member or "", message.body)
        if signal.interface in (SETTINGS, PROFILE) or signal.member == "NameOwnerChanged":
            self.generation += 1
        for watch in self._watches:
            watch.add(signal)
            if signal.member == "NameOwnerChanged":
                watch.end()
        if _tells(signal):
            self._on_change()

    def _is_from_manager(self, message: Message) -> bool:
        """Whether it tells of NetworkManager and comes from it: anybody on this machine may send us signals."""
        if message.sender != _DAEMON:
            return bool(self._owner) and message.sender == self._owner
        if message.member != "NameOwnerChanged" or len(message.body) < 3 or message.body[0] != SERVICE:
            return False
        self._owner = message.body[2]
        return True

    def attend(self) -> None:
        """Notice when the connection is gone."""
        waiting: Coroutine[Any, Any, None] = self._connection.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library tells none
        self._ending = asyncio.ensure_future(waiting)
        self._ending.add_done_callback(self._lost)

    def _lost(self, ending: asyncio.Future[None]) -> None:
        if not ending.cancelled():
            ending.exception()
        self.generation += 1
        for watch in self._watches:
            watch.end()
        self._on_change()


async def open_bus(address: str | None, answer_s: float, on_change: Callable[[], None]) -> Bus:
    """Connect to the message bus, and hear of changes. Raises `LinkError`."""
    try:
        # A box in a container has another user's number than the bus sees: the bus shall look by itself.
        connection = MessageBus(bus_address=address, bus_type=BusType.SYSTEM, auth=AuthExternal(uid=UID_NOT_SPECIFIED))
        opened = await in_time(connection.connect(), answer_s)
    except Exception as error:
        raise _not_reached(error) from None
    if opened is _LATE:
        raise LinkError(f"the message bus has not answered within {answer_s:g} s: look at `systemctl status dbus`")
    bus = Bus(connection, answer_s, on_change)
    connection.add_message_handler(bus.heard)
    bus.attend()
    try:
        await bus.listen()
    except BaseException:
        await bus.close()
        raise
    return bus


_LATE = object()


async def in_time(work: Any, timeout_s: float) -> Any:
    """What comes of it, or `_LATE`. Whatever else goes wrong on the way is a `LinkError` without what was sent."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
    finally:
        task.cancel()
    if not done:
        return _LATE
    try:
        return task.result()
    except (OSError, EOFError) as error:
        raise _not_reached(error) from None
    except Exception as error:
        # The library's errors quote the message, and a password may be in it.
        raise LinkError(f"the message bus cannot be used: {type(error).__name__}") from None


def _not_reached(error: Exception) -> LinkError:
    if isinstance(error, LinkError):
        return error
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return LinkError("there is no message bus here: install dbus and network-manager, or set wifi to off")
    if isinstance(error, PermissionError):
        return LinkError("this user may not use the message bus")
    return LinkError(f"the message bus was lost: {type(error).__name__}")


def _refusal(reply: Message) -> LinkError:
    name = reply.error_name or ""
    if name.endswith((".ServiceUnknown", ".NameHasNoOwner", ".NoReply", ".Disconnected")):
        return NotRunningError("NetworkManager is not running: `systemctl enable --now NetworkManager` starts it")
    if name.endswith((".PermissionDenied", ".AccessDenied", ".NotAuthorized")):
        return RefusedError(
            name, "NetworkManager does not let this program change connections: it needs a rule of polkit for its user"
        )
    said = reply.body[0] if reply.body and isinstance(reply.body[0], str) else name
    return RefusedError(name, f"NetworkManager refuses: {shown_name(said)}")


def _tells(signal: Signal) -> bool:
    if signal.interface != PROPERTIES:
        return True
    changed = signal.body[1] if len(signal.body) > 1 else None
    return isinstance(changed, dict) and not _TELLING.isdisjoint(changed)
