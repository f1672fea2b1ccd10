"""A meter behind a TCP socket: ser2net, or a Wi-Fi dongle on the P1 port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any

from ngair.gateway.ports import LinkError
from ngair.model.limits import CONNECT_TIMEOUT_S, READ_CHUNK_BYTES


class TcpPort:
    """Implements `gateway.ports.BytePort`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        """Its URL."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"tcp://{host}:{self._port}"

    async def connect(self) -> TcpLink:
        """Connect to the first of its addresses that answers. Raises `LinkError`."""
        try:
            opened = await dial(self._host, self._port)
        except OSError as error:
            raise LinkError(
                f"{self.name} cannot be reached ({reason(error)}): is the dongle on, and the port right?"
            ) from error
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        reader, writer = await asyncio.open_connection(sock=opened, limit=READ_CHUNK_BYTES)
        return TcpLink(self.name, reader, writer)


class TcpLink:
    """One open connection."""

    def __init__(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._name = name
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Wait for bytes. Raises `LinkError` when the other end is gone."""
        try:
            data = await self._reader.read(READ_CHUNK_BYTES)
        except OSError as error:
            raise LinkError(f"{self._name} broke off ({reason(error)})") from error
        if not data:
            raise LinkError(f"{self._name} closed the connection: does another program read the same meter?")
        return data

    async def close(self) -> None:
        """Close it."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def dial(host: str, port: int) -> socket.socket:
    """A connection to the first of its addresses that answers. Raises `OSError`.

    Each address gets its share of the time: one that is dead and silent must not stand before one that works.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last = OSError("the name has no address")
    for family, _, _, _, address in found:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S / (len(found) + 1)):
                return await _connected(family, address)
        except OSError as error:
            last = error
    raise last


def reason(error: OSError) -> str:
    """Why a connection failed, in the system's words."""
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)


async def _connected(family: int, address: Any) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return opened
