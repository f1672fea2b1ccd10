"""The shapes of ASGI (specification 3.0), and an error sent in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ngair.adapters.http.refusal import refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


async def send_problem(send: Send, status: int, detail: str, *, allow: bytes = b"", close: bool) -> None:
    """Send an error. `close`: nobody reads the rest of what came with the request."""
    headers, body = refusal(status, detail, allow=allow, close=close)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
