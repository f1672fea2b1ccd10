"""The shapes of ASGI (specification 3.0), and an error sent in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from ngair.adapters.http.refusal import refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door(Protocol):
    """Answers some requests before anybody else looks at them."""

    def takes(self, scope: Scope) -> bool:
        """Whether a request is answered here."""
        ...

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it."""
        ...


async def send_problem(
    send: Send,
    status: int,
    detail: str,
    *,
    allow: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    close: bool,
) -> None:
    """Send an error, with further headers. `close`: nobody reads the rest of what came with the request."""
    usual, body = refusal(status, detail, allow=allow, close=close)
    await send({"type": "http.response.start", "status": status, "headers": [*usual, *headers]})
    await send({"type": "http.response.body", "body": body})


async def until_gone(receive: Receive) -> None:
    """Return when the other side is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_document(
    send: Send, body: bytes, content_type: bytes, *headers: tuple[bytes, bytes], status: int = 200
) -> None:
    """Send a document that was made for this request alone."""
    length = (b"content-length", b"%d" % len(body))
    start = [(b"content-type", content_type), length, *OF_THE_MOMENT, *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


OF_THE_MOMENT = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Headers of what is made for one request: kept by nobody, and embedded by no page of another site."""
