"""The ASGI callable: a path is looked up, its bytes are sent. Nothing is computed for a request but its headers."""

from __future__ import annotations

from collections.abc import Iterable

from ngair.adapters.http.asgi import AsgiApp, Receive, Scope, Send, send_problem
from ngair.adapters.http.changing import Changing
from ngair.adapters.http.codings import takes_gzip
from ngair.adapters.http.hosts import host_is_ours
from ngair.adapters.http.streaming import Streams
from ngair.api.live import STREAM
from ngair.api.publisher import Page, Publisher
from ngair.api.resources import changes_at, resource_at
from ngair.gateway.ports import WishSink


def local_api(publisher: Publisher, host_names: Iterable[str] = (), wishes: WishSink | None = None) -> AsgiApp:
    """The application. `host_names` are further names that requests which change something may come by.

    Without somebody to grant wishes it only shows.
    """
    pages = publisher.pages
    names = frozenset(name.lower() for name in host_names)
    changing = Changing(publisher, wishes) if wishes else None
    streams = Streams(publisher.live)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        page = pages.get(scope["path"])
        if page is None or scope["method"] not in _READING:
            if scope["path"] == STREAM and scope["method"] in _READING:
                await streams.answer(scope, receive, send)
                return
            page = page or publisher.part(scope["path"])
            if page is None or scope["method"] not in _READING:
                await _change_or_refuse(scope, receive, send, page, names, changing)
                return
        hosts = 0
        conditional = False
        for name, _ in scope["headers"]:
            if name in _LOOKED_AT:
                if name == b"host":
                    hosts += 1
                else:
                    conditional = True
        if hosts != 1 and not _may_have_hosts(scope, hosts):
            await send_problem(send, 400, _ONE_HOST, close=True)
            return
        if page.gzip is not None and takes_gzip(scope["headers"]):
            page = page.gzip
        start, body = page.unchanged if conditional and _is_unchanged(page, scope["headers"]) else page.answer
        await send(start)
        await send(body)

    return app


def _is_unchanged(page: Page, headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the client has this page already (RFC 9110, 13.2.2: entity tags go before a date)."""
    tags = [tag.strip() for name, value in headers if name == b"if-none-match" for tag in value.split(b",")]
    if tags:
        return tags == [b"*"] or any(tag.removeprefix(b"W/") == page.etag for tag in tags)
    return any(name == b"if-modified-since" and value == page.last_modified for name, value in headers)


def _may_have_hosts(scope: Scope, hosts: int) -> bool:
    """Whether this number of Host headers is right (RFC 9112, 3.2): HTTP/1.0 may have none, nobody two."""
    return hosts == 1 or (hosts == 0 and scope["http_version"] == "1.0")


async def _change_or_refuse(
    scope: Scope, receive: Receive, send: Send, page: Page | None, names: frozenset[str], changing: Changing | None
) -> None:
    """Answer a request that gets no page: who may ask, then what for, then how."""
    path: str = scope["path"]
    method: str = scope["method"]
    reading = method in _READING
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    changes = changes_at(path) if changing else {}
    allow = b""
    if not _may_have_hosts(scope, len(hosts)):
        status, detail = 400, _ONE_HOST
    elif not reading and not host_is_ours("".join(hosts), names):
        status, detail = 421, "Changes are taken under the box's own name or address: use its IP address."
    elif changing and method in changes:
        await changing.answer(*changes[method], scope, receive, send)
        return
    elif path == _UPLOAD or path.startswith("/upload/"):
        status, detail = 403, "This box takes no firmware over HTTP: update its package instead."
        if method != "POST":
            status, detail, allow = 405, "Firmware is uploaded with POST.", b"POST"
    elif changes and not (reading and resource_at(path)):
        status, detail = 405, "This is changed with the methods that Allow names."
        allow = ", ".join([*(["GET, HEAD"] if resource_at(path) else []), *changes]).encode("ascii")
    elif not reading and (page is not None or path in _READ_ONLY or path == "*"):
        status, detail, allow = 405, f"This is read with GET or HEAD, not {method[:16]}.", b"GET, HEAD"
    elif path in _SETUP_ONLY:
        status, detail = 403, "The list of Wi-Fi networks is served in setup mode only, at 192.168.4.1."
    else:
        status, detail = 404, "There is no such document: /docs lists those that there are."
    await send_problem(send, status, detail, allow=allow, close=not reading)


_READING = frozenset(("GET", "HEAD"))
_SETUP_ONLY = frozenset(("/ssid/", "/ssid"))
_READ_ONLY = _SETUP_ONLY | {STREAM}
_UPLOAD = "/upload"
_ONE_HOST = "A request names the box in one Host header (RFC 9112, 3.2)."
_LOOKED_AT = frozenset((b"host", b"if-none-match", b"if-modified-since"))
