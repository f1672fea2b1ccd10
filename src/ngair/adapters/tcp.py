"""A meter behind a TCP socket: ser2net, or a Wi-Fi dongle on the P1 port."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from ngair.gateway.ports import LinkError
from ngair.model.limits import READ_CHUNK_BYTES


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
        """Connect. Raises `LinkError`."""
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=READ_CHUNK_BYTES)
        except OSError as error:
            raise LinkError(
                f"{self.name} cannot be reached ({_reason(error)}): is the dongle on, and the port right?"
            ) from error
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
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
            raise LinkError(f"{self._name} broke off ({_reason(error)})") from error
        if not data:
            raise LinkError(f"{self._name} closed the connection: does another program read the same meter?")
        return data

    async def close(self) -> None:
        """Close it."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
