"""The ASGI callable: a path is looked up, its bytes are sent. Nothing is computed for a request but its headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from ngair.adapters.http.hosts import host_is_ours
from ngair.api.problems import CONTENT_TYPE, problem
from ngair.api.publisher import Page, Publisher

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def local_api(publisher: Publisher, host_names: Iterable[str] = ()) -> AsgiApp:
    """The application. `host_names` are further names that requests which change something may come by."""
    pages = publisher.pages
    names = frozenset(name.lower() for name in host_names)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        page = pages.get(scope["path"])
        method = scope["method"]
        if page is None or method not in _READING:
            await _refuse(scope, send, page, names)
            return
        start, body = page.answer
        for name, _ in scope["headers"]:
            if name in _CONDITIONS:
                start, body = page.unchanged if _unchanged(scope["headers"], page) else page.answer
                break
        await send(start)
        await send(body)

    return app


def _unchanged(headers: list[tuple[bytes, bytes]], page: Page) -> bool:
    """Whether the client has this page already (RFC 9110, 13.2.2: an entity tag goes before a date)."""
    since = None
    for name, value in headers:
        if name == b"if-none-match":
            return value.strip() == b"*" or any(
                tag.strip().removeprefix(b"W/") == page.etag for tag in value.split(b",")
            )
        if name == b"if-modified-since":
            since = value
    return since is not None and since == page.last_modified


async def _refuse(scope: Scope, send: Send, page: Page | None, names: frozenset[str]) -> None:
    """Answer a request that gets no page: who may ask, then what for, then how."""
    path: str = scope["path"]
    method: str = scope["method"]
    allow = b""
    if method not in _READING and not host_is_ours(_host(scope), names):
        status, detail = 421, "Changes are taken under the box's own name or address: use its IP address."
    elif page is not None:
        status, detail, allow = 405, f"This document is read with GET or HEAD, not {method[:16]}.", b"GET, HEAD"
    elif path in _SETUP_ONLY:
        status, detail = 403, "The list of Wi-Fi networks is served in setup mode only, at 192.168.4.1."
    elif path.startswith("/upload/"):
        status, detail = 403, "This box takes no firmware over HTTP: update its package instead."
        if method != "POST":
            status, detail, allow = 405, "Firmware is uploaded with POST.", b"POST"
    else:
        status, detail = 404, "There is no such document: /docs lists those that there are."
    await send_problem(send, status, detail, allow)


async def send_problem(send: Send, status: int, detail: str, allow: bytes = b"") -> None:
    """Send an error and close the connection, so that nobody has to read the rest of what was sent."""
    body = problem(status, detail)
    headers = [
        (b"content-type", CONTENT_TYPE),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        *([(b"allow", allow)] if allow else []),
        *([(b"connection", b"close")] if status != 404 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _host(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


_READING = frozenset(("GET", "HEAD"))
_SETUP_ONLY = frozenset(("/ssid/", "/ssid"))
_CONDITIONS = frozenset((b"if-none-match", b"if-modified-since"))
