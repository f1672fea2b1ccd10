"""Whether the program's own server answers, asked as anybody would: through a connection to itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

ANSWER_TIMEOUT_S = 5.0
_REQUEST = b"GET /status/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_ANSWERS = (b"HTTP/1.1 200", b"HTTP/1.1 401", b"HTTP/1.1 403")
"""A lock may refuse to read, which is an answer too; so may one that takes the password by TLS only."""
_LOOPBACK = {"::": ("::1", "127.0.0.1"), "0.0.0.0": ("127.0.0.1",)}
"""Without IPv6 on the loopback, the socket for both takes IPv4."""


async def answers(listener: socket.socket, timeout_s: float = ANSWER_TIMEOUT_S, *, tls: bool = False) -> bool:
    """Whether whoever serves on this socket tells the status in time, or that it is locked."""
    task = asyncio.ensure_future(_first_words(listener, tls=tls))
    try:
        # Not asyncio.wait_for: cancelled while its task ends, Python 3.11 loses one or the other.
        await asyncio.wait({task}, timeout=timeout_s)
        return task.done() and not task.cancelled() and task.result() in _ANSWERS
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        task.cancel()


async def _first_words(listener: socket.socket, *, tls: bool) -> bytes:
    host, port = listener.getsockname()[:2]
    *others, last = _LOOPBACK.get(host, (host,))
    for address in others:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            return await _asked(address, port, tls=tls)
    return await _asked(last, port, tls=tls)


async def _asked(host: str, port: int, *, tls: bool) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, ssl=_anybody() if tls else None)
    try:
        writer.write(_REQUEST)
        return await reader.readexactly(len(_ANSWERS[0]))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _anybody() -> ssl.SSLContext:
    """For a server whose certificate may be one of its own: whose it is, is no question here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
