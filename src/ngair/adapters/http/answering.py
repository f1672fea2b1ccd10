"""Whether the program's own server answers, asked as anybody would: through a connection to itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket

ANSWER_TIMEOUT_S = 5.0
_REQUEST = b"GET /status/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_ANSWER_BYTES = 12
"""`HTTP/1.1 200`; a lock may make it a 401, which is an answer too."""
_LOOPBACK = {"::": "::1", "0.0.0.0": "127.0.0.1"}


async def answers(listener: socket.socket, timeout_s: float = ANSWER_TIMEOUT_S) -> bool:
    """Whether whoever serves on this socket answers in time, and with anything but a failure of its own."""
    task = asyncio.ensure_future(_status(listener))
    try:
        # Not asyncio.wait_for: cancelled while its task ends, Python 3.11 loses one or the other.
        await asyncio.wait({task}, timeout=timeout_s)
        status = task.result() if task.done() and not task.cancelled() else b""
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        task.cancel()
    return status.startswith(b"HTTP/1.1 ") and status[9:10] in b"234"


async def _status(listener: socket.socket) -> bytes:
    host, port = listener.getsockname()[:2]
    reader, writer = await asyncio.open_connection(_LOOPBACK.get(host, host), port)
    try:
        writer.write(_REQUEST)
        return await reader.readexactly(_ANSWER_BYTES)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
