"""Sockets on the multicast DNS group, one for each interface and IP version."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from ngair.adapters.mdns_interfaces import Interface

PORT = 5353
GROUP_V4 = "224.0.0.251"
GROUP_V6 = "ff02::fb"

_IP_MULTICAST_ALL = 49
"""Linux; Python has no name for it."""
_PACKET_MAX_BYTES = 9000
"""RFC 6762 section 17."""

_log = logging.getLogger(__name__)


class Link(Protocol):
    """One interface, spoken to over one IP version."""

    def send(self, packet: bytes) -> None:
        """Multicast a packet there. A network that does not take it is not an error here."""
        ...


Receiver = Callable[[Link, bytes], None]


class Links:
    """All of them. Packets that come in are handed to `receiver`."""

    def __init__(self) -> None:
        self._open: list[_Socket] = []

    async def open(self, interfaces: Iterable[Interface], receiver: Receiver) -> None:
        """Join the group everywhere. Raises `OSError`, and is closed then."""
        loop = asyncio.get_running_loop()
        try:
            check_port()
            for interface in interfaces:
                for bound, group in _sockets(interface):
                    _, link = await loop.create_datagram_endpoint(
                        partial(_Socket, group, receiver),
                        sock=bound,
                    )
                    self._open.append(link)
        except BaseException:
            self.close()
            raise

    def send(self, packet: bytes) -> None:
        """Multicast a packet everywhere."""
        for link in self._open:
            link.send(packet)

    def close(self) -> None:
        """Leave the group. Safe to call twice."""
        for link in self._open:
            link.close()
        self._open.clear()


def check_port() -> None:
    """Raise `OSError` where another program holds the port without sharing it, on whatever address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        _share(trial)
        trial.bind(("", PORT))


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, group: str, receiver: Receiver) -> None:
        self._group = group
        self._receiver = receiver
        self._transport: asyncio.DatagramTransport | None = None

    # A datagram endpoint is only ever given this kind of transport.
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self._transport is not None and len(data) <= _PACKET_MAX_BYTES:
            self._receiver(self, data)

    def error_received(self, exc: Exception) -> None:
        _log.debug("mDNS to %s: %s", self._group, exc)

    def send(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(packet, (self._group, PORT))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


def _sockets(interface: Interface) -> Iterable[tuple[socket.socket, str]]:
    if interface.ipv4:
        yield _opened(socket.AF_INET, interface, _join_v4), GROUP_V4
    if interface.link_local:
        yield _opened(socket.AF_INET6, interface, _join_v6), GROUP_V6


def _opened(
    family: socket.AddressFamily, interface: Interface, join: Callable[[socket.socket, int], None]
) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        _share(opened)
        join(opened, interface.index)
    except OSError:
        opened.close()
        raise
    return opened


def _share(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _join_v4(opened: socket.socket, index: int) -> None:
    # Bound to the group, not to every address: unicast packets to the port stay with the other responders here.
    opened.bind((GROUP_V4, PORT))
    on_interface = struct.pack("4s4si", socket.inet_aton(GROUP_V4), bytes(4), index)
    # Otherwise the kernel delivers what any program of this machine joined, from other interfaces too.
    opened.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, on_interface)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, on_interface)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)


def _join_v6(opened: socket.socket, index: int) -> None:
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    opened.bind((GROUP_V6, PORT, 0, index))
    group = socket.inet_pton(socket.AF_INET6, GROUP_V6)
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", index))
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, struct.pack("@I", index))
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
