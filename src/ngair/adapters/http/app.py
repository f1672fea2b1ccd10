"""The ASGI callable: a path is looked up, its bytes are sent. Only what has parameters is made for a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ngair.adapters.http.asgi import AsgiApp, Door, Receive, Scope, Send, send_problem
from ngair.adapters.http.asking import Asking
from ngair.adapters.http.changing import Changing
from ngair.adapters.http.codings import takes_gzip
from ngair.adapters.http.entrance import Entrance
from ngair.adapters.http.hosts import host_is_ours
from ngair.adapters.http.locks import Locks, send_refused
from ngair.adapters.http.streaming import Streams
from ngair.api.acts import LOCKED_OUT, act_at
from ngair.api.publisher import Page, Publisher
from ngair.api.queries import LIVE, LOCK, TOKEN, Endpoint, endpoint_at
from ngair.api.resources import changes_at, resource_at
from ngair.api.routes import ROUTES
from ngair.gateway.ports import WishSink


def local_api(
    publisher: Publisher,
    host_names: Iterable[str] = (),
    wishes: WishSink | None = None,
    asking: Asking | None = None,
    locks: Locks | None = None,
    doors: Sequence[Door] = (),
) -> AsgiApp:
    """The application. `host_names` are further names that it may be called by.

    Without somebody to grant wishes, or `locks` to say who may have some, it only shows; without `asking` it has no
    memory. `doors` are asked in turn before anything else but the vendor's documents that anybody may read.
    """
    pages = publisher.pages
    others = _Others(publisher, frozenset(name.lower() for name in host_names), wishes, asking, locks, doors)
    open_to_all = frozenset() if locks is not None and locks.read_lock else _OPEN
    is_setup = _nobody if locks is None else locks.is_setup

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        page = pages.get(path)
        if page is None or scope["method"] not in _READING or path not in open_to_all or is_setup(scope):
            await others.answer(page, scope, receive, send)
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
        start, body = page.unchanged if conditional and _is_unchanged(page, scope["headers"]) else page.answer
        await send(start)
        await send(body)

    return app


class _Others:
    """Answers whatever is no document of the vendor's that is read: who may ask, then what for, then how."""

    def __init__(
        self,
        publisher: Publisher,
        names: frozenset[str],
        wishes: WishSink | None,
        asking: Asking | None,
        locks: Locks | None,
        doors: Sequence[Door],
    ) -> None:
        self._doors = doors
        self._publisher = publisher
        self._names = names
        self._changing = Changing(publisher, wishes, locks) if wishes and locks else None
        self._entrance = Entrance(locks) if locks else None
        self._locks = locks
        self._asking = asking
        self._streams = Streams(publisher.live)

    async def answer(self, page: Page | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; `page` is what is published at its path."""
        for door in self._doors:
            if door.takes(scope):
                await door.answer(scope, receive, send)
                return
        path: str = scope["path"]
        reading = scope["method"] in _READING
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if not _may_have_hosts(scope, len(hosts)):
            await send_problem(send, 400, _ONE_HOST, close=True)
        elif not self._is_for_us(path, hosts, reading=reading):
            await send_problem(send, 421, _NOT_OURS, close=True)
        elif self._locks and path not in LOCKED_OUT and (refused := await self._locks.admit(scope, reading=True)):
            await send_refused(send, refused, close=not reading)
        elif reading and (shown := page or self._publisher.part(path)):
            if shown.gzip is not None and takes_gzip(scope["headers"]):
                shown = shown.gzip
            for message in shown.unchanged if _is_unchanged(shown, scope["headers"]) else shown.answer:
                await send(message)
        elif reading and (endpoint := self._endpoint(path)):
            await self._answer_asked(endpoint, scope, receive, send)
        else:
            await self._change_or_refuse(page, scope, receive, send)

    def _is_for_us(self, path: str, hosts: list[str], *, reading: bool) -> bool:
        """Whether a request came by a name of the box. Browsers, whom rebinding is done to, always send one."""
        if reading and (not hosts or path in _OPEN or path in _SETUP_ONLY or _is_upload(path)):
            return True
        return host_is_ours("".join(hosts), self._names)

    def _endpoint(self, path: str) -> Endpoint | None:
        """What is asked for with parameters here, if this box has it."""
        endpoint = endpoint_at(path)
        if endpoint is None or endpoint is LIVE:
            return endpoint
        if endpoint is TOKEN or endpoint is LOCK:
            return endpoint if self._entrance else None
        return endpoint if self._asking and self._asking.answers(endpoint) else None

    async def _answer_asked(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        if endpoint is LIVE:
            await self._streams.answer(scope, receive, send, self._locks.stay() if self._locks else _for_ever)
        elif endpoint is TOKEN and self._entrance:
            await self._entrance.tell_token(scope, send)
        elif endpoint is LOCK and self._entrance:
            await self._entrance.tell(scope, send)
        elif self._asking:
            await self._asking.answer(endpoint, scope, receive, send)

    async def _change_or_refuse(self, page: Page | None, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        method: str = scope["method"]
        reading = method in _READING
        changes = changes_at(path) if self._changing else {}
        allow = b""
        act = act_at(path) if self._entrance else None
        if self._changing and method in changes:
            await self._changing.answer(*changes[method], scope, receive, send)
            return
        if self._entrance and act and method == "POST":
            await self._entrance.answer(act, scope, receive, send)
            return
        if act:
            status, detail, allow = 405, "This is asked for with POST.", b"POST"
        elif _is_upload(path):
            status, detail = 403, "This box takes no firmware over HTTP: update its package instead."
            if method != "POST":
                status, detail, allow = 405, "Firmware is uploaded with POST.", b"POST"
        elif changes and not (reading and resource_at(path)):
            status, detail = 405, "This is changed with the methods that Allow names."
            allow = ", ".join([*(["GET, HEAD"] if resource_at(path) else []), *changes]).encode("ascii")
        elif not reading and (page or path in _SETUP_ONLY or path == "*" or self._is_shown(path)):
            status, detail, allow = 405, f"This is read with GET or HEAD, not {method[:16]}.", b"GET, HEAD"
        elif path in _SETUP_ONLY:
            status, detail = 403, "The list of Wi-Fi networks is served in setup mode only, at 192.168.4.1."
        else:
            status, detail = 404, "There is no such document: /docs lists those that there are."
        await send_problem(send, status, detail, allow=allow, close=not reading)

    def _is_shown(self, path: str) -> bool:
        return self._publisher.part(path) is not None or self._endpoint(path) is not None


async def _for_ever() -> bool:
    return True


def _nobody(scope: Scope) -> bool:
    return False


def _is_upload(path: str) -> bool:
    return path == "/upload" or path.startswith("/upload/")


def _is_unchanged(page: Page, headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the client has this page already (RFC 9110, 13.2.2: entity tags go before a date)."""
    tags = [tag.strip() for name, value in headers if name == b"if-none-match" for tag in value.split(b",")]
    if tags:
        return tags == [b"*"] or any(tag.removeprefix(b"W/") == page.etag for tag in tags)
    return any(name == b"if-modified-since" and value == page.last_modified for name, value in headers)


def _may_have_hosts(scope: Scope, hosts: int) -> bool:
    """Whether this number of Host headers is right (RFC 9112, 3.2): HTTP/1.0 may have none, nobody two."""
    return hosts == 1 or (hosts == 0 and scope["http_version"] == "1.0")


_READING = frozenset(("GET", "HEAD"))
_SETUP_ONLY = frozenset(("/ssid/", "/ssid"))
_OPEN = frozenset(path for row in ROUTES if not row.path.startswith("/api/") for path in row.paths)
"""The vendor's documents, which answer under any name, as they do on the vendor's box."""
_ONE_HOST = "A request names the box in one Host header (RFC 9112, 3.2)."
_NOT_OURS = (
    "This is not a name of the box: use its IP address or its .local name, or add this one to host_names in its "
    "settings."
)
_LOOKED_AT = frozenset((b"host", b"if-none-match", b"if-modified-since"))
