"""One connection to a broker: aiomqtt on a socket of ours, for whatever happens to it has to end at once and whole.

What aiomqtt leaves open is closed here: it dials in a thread that outlives a stop, waits ten seconds for an answer
from a broker that has hung up, keeps a socket whose CONNECT was refused, and watches sockets that are closed already.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

import aiomqtt

from ngair.adapters.mqtt_sieve import NotMqtt, Sieve
from ngair.adapters.tcp import dial, reason
from ngair.gateway.ports import LinkError
from ngair.model.limits import (
    CONNECT_TIMEOUT_S,
    FEED_SLICE_BYTES,
    MQTT_INBOX_TOPICS,
    MQTT_KEEPALIVE_S,
    MQTT_PACKET_MAX_BYTES,
)


class Inbox(asyncio.Queue[aiomqtt.Message]):
    """The newest message of each topic, the one that waits longest first."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        super().__init__()
        self.dropped = 0
        """Messages of topics for which there was no room."""
        self._on_first = on_first
        self._newest: dict[str, aiomqtt.Message] = {}

    @property
    def waits(self) -> bool:
        """Whether there is any."""
        return bool(self._newest)

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Take a message in; tells when it is the first that waits. Never full."""
        topic = str(item.topic)
        if not self._newest:
            self._on_first()
        if topic not in self._newest and len(self._newest) == MQTT_INBOX_TOPICS:
            del self._newest[next(iter(self._newest))]
            self.dropped += 1
        self._newest[topic] = item

    def take(self) -> list[aiomqtt.Message]:
        """All that wait."""
        taken = list(self._newest.values())
        self._newest.clear()
        return taken


class Session(aiomqtt.Client):
    """A client on one connection. What failed is a `LinkError` without the broker's name; then `close` it."""

    def __init__(self, opened: socket.socket, identifier: str, on_change: Callable[[], None]) -> None:
        """`on_change` is called when a first message waits, and when the connection is gone."""
        self.inbox = Inbox(on_change)
        super().__init__(
            "broker",
            identifier=identifier,
            clean_session=True,
            timeout=CONNECT_TIMEOUT_S,
            keepalive=MQTT_KEEPALIVE_S,
            queue_type=lambda maxsize: self.inbox,  # type: ignore[arg-type]  # made like one, of what it knows
            logger=_SILENT,
        )
        self._socket = _Socket(opened, on_change)
        self._client._create_socket = lambda: self._socket  # type: ignore[method-assign]  # its only way in
        self._disconnected.add_done_callback(lambda _: on_change())
        self._subscribing: asyncio.Task[Any] | None = None
        self._on_change = on_change

    async def connect(self) -> None:
        """Say who we are and wait until the broker accepts it. Raises `LinkError`."""
        # Dialled already, so that this does not wait and needs no thread.
        self._client_connect()
        await asyncio.wait(
            {self._connected, self._disconnected, self._socket.gone},
            timeout=CONNECT_TIMEOUT_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._connected.done() and (refused := self._connected.exception()):
            raise LinkError(f"refuses the connection ({refused})")
        self.check()
        if not self._connected.done():
            raise LinkError("takes the connection and says nothing")

    @property
    def dropped(self) -> int:
        """Messages that were too large, or too many."""
        return self._socket.sieve.dropped + self.inbox.dropped

    def check(self) -> None:
        """Raises `LinkError` with the reason once the connection is gone."""
        if self._socket.gone.done() or self._disconnected.done():
            raise LinkError(self._socket.fault or _fault(self._disconnected))
        task = self._subscribing
        if task is not None and task.done():
            self._subscribing = None
            if error := task.exception():
                raise LinkError(f"does not answer to what is subscribed to ({error})")
            if any(code.is_failure for code in task.result()):
                raise LinkError("refuses what is subscribed to")

    async def begin_subscribing(self, topics: Sequence[str]) -> None:
        """Subscribe; `check` tells when it was refused. What is sent later is sent behind it."""
        self._subscribing = asyncio.create_task(self.subscribe([(topic, 0) for topic in topics]))
        self._subscribing.add_done_callback(lambda _: self._on_change())
        await asyncio.sleep(0)

    def send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Hand a message to the system, now. Raises `LinkError`, also when the broker does not take what it is sent.

        Nothing is queued here: what waits becomes old.
        """
        sent = self._client.publish(topic, payload, 0, retain)
        if sent.rc == 0:
            self._client.loop_write()
        self.check()
        if sent.rc != 0 or self._client.want_write():
            raise LinkError("does not take what it is sent")

    async def close(self) -> None:
        """End it, with a farewell unless it failed, within a few turns of the loop, whatever the broker does."""
        self._socket.farewell = not self._client.want_write() and not self._socket.fault
        self._client.disconnect()
        self._client.loop_write()
        self._socket.close()
        for future in (self._connected, self._disconnected):
            if future.done() and not future.cancelled():
                future.exception()
        tasks = [task for task in (self._misc_task, self._subscribing) if task is not None]
        self._subscribing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_socket_register_write(self, client: object, userdata: object, sock: Any) -> None:
        """At once: aiomqtt does it a turn late, when it has been undone, and would then be called for ever."""
        self._loop.add_writer(sock.fileno(), self._client.loop_write)


async def open_session(host: str, port: int, identifier: str, on_change: Callable[[], None]) -> Session:
    """Dial and connect. Raises `LinkError`."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            opened = await dial(host, port)
    except OSError as error:
        raise LinkError(f"cannot be reached ({reason(error)})") from error
    session = Session(opened, identifier, on_change)
    try:
        await session.connect()
    except BaseException:
        await session.close()
        raise
    return session


class _Socket(socket.socket):
    """Gives its client no more than the sieve passes, and knows why it ended."""

    def __init__(self, opened: socket.socket, on_gone: Callable[[], None]) -> None:
        super().__init__(opened.family, opened.type, opened.proto, fileno=opened.detach())
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = asyncio.get_running_loop()
        self._passed = bytearray()
        self._at = 0
        self.sieve = Sieve(MQTT_PACKET_MAX_BYTES)
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self.gone.add_done_callback(lambda _: on_gone())
        self.fault = ""
        self.farewell = False

    def pending(self) -> int:
        """Bytes that were read and not given yet: asked for by aiomqtt, which else waits for the wire."""
        return len(self._passed) - self._at

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """As of every socket that does not block."""
        if not self.pending():
            self._passed = bytearray(self._sifted())
            self._at = 0
            if not self._passed and not self.fault:
                raise BlockingIOError
        data = bytes(self._passed[self._at : self._at + bufsize])
        self._at += len(data)
        return data

    def send(self, data: Any, flags: int = 0) -> int:
        """As of every socket that does not block."""
        try:
            return super().send(data, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            self.fault = self.fault or f"broke off ({reason(error)})"
            raise

    def close(self) -> None:
        """Let nobody watch it any more, and close it."""
        if self.gone.done():
            return
        self.gone.set_result(None)
        self._loop.remove_reader(self.fileno())
        self._loop.remove_writer(self.fileno())
        if not self.farewell:
            # Nothing that is under way may come to anything.
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        super().close()

    def _sifted(self) -> bytes:
        try:
            data = super().recv(FEED_SLICE_BYTES)
            if not data:
                self.fault = self.fault or "closed the connection"
            return self.sieve.feed(data)
        except BlockingIOError:
            raise
        except NotMqtt as error:
            self.fault = f"does not speak MQTT 3.1.1: it sent {error}"
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG)) from error
        except OSError as error:
            self.fault = self.fault or f"broke off ({reason(error)})"
            raise


def _fault(disconnected: asyncio.Future[None]) -> str:
    """Why aiomqtt gave up."""
    error = disconnected.exception() if disconnected.done() else None
    if isinstance(error, aiomqtt.MqttCodeError):
        return _FAULTS.get(getattr(error.rc, "value", 0), f"ended the connection ({error})")
    if error is not None:
        return f"does not speak MQTT 3.1.1 ({error})"
    return "ended the connection"


_FAULTS = {
    130: "does not speak MQTT 3.1.1: it sent a packet that is malformed",
    141: f"does not answer any more, for {2 * MQTT_KEEPALIVE_S} s",
}
"""By reason code (OASIS MQTT 5.0, 2.4), with which aiomqtt names its own reasons too."""

_SILENT = logging.getLogger("ngair.mqtt")
"""What it would log is told in one line by whoever uses it."""
_SILENT.disabled = True
