"""Setup mode over HTTP: `/ssid/`, `/api/v1/setup` and its acts, and what phones ask of an access point."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ngair.adapters.http.asgi import Receive, Scope, Send, send_document, send_problem
from ngair.adapters.http.bodies import decoded, read_body
from ngair.adapters.http.hosts import foreign, host_is_ours
from ngair.adapters.http.locks import Locks, send_refused
from ngair.api.acts import Act
from ngair.api.setup import DONE, SETUP, SETUP_ACTS, START, JoinRequest
from ngair.api.wishes import Refused
from ngair.device.inside import is_inside, plain_address
from ngair.gateway.ports import SetupRefusedError, SetupSink

PAGE = "/setup"


class Inside:
    """Who sets the box up: whoever came by its own access point while setup mode is on."""

    def __init__(self) -> None:
        self.sink: SetupSink | None = None
        """`None` where the box does not look after its network."""

    def __call__(self, scope: Scope) -> bool:
        """Whether a request comes from there, so that it needs no password."""
        sink, server, client = self.sink, scope.get("server"), scope.get("client")
        if sink is None or not sink.is_on or not server or not client:
            return False
        return is_inside(str(server[0]), str(client[0]), sink.address)


class SetupDoor:
    """Answers for setup mode; everything else stays as it is."""

    def __init__(
        self,
        sink: SetupSink,
        inside: Inside,
        locks: Locks,
        knows: Callable[[str], bool],
        host_names: Iterable[str] = (),
    ) -> None:
        """`knows` tells whether something else is served at a path; `host_names` are further names of the box."""
        inside.sink = sink
        self._sink = sink
        self._inside = inside
        self._locks = locks
        self._knows = knows
        self._names = frozenset(name.lower() for name in host_names)

    def takes(self, scope: Scope) -> bool:
        """Whether a request is about setup mode, or comes from a phone that looks for the Internet."""
        path: str = scope["path"]
        if path in _ACTS or path in _DOCUMENT:
            return True
        if not self._inside(scope):
            return False
        return path in _SSID or (scope["method"] in _READING and self._is_lost(scope))

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        reading, inside = scope["method"] in _READING, self._inside(scope)
        if len(hosts) > 1 or (not hosts and scope["http_version"] != "1.0"):
            await send_problem(send, 400, "A request names the box in one Host header (RFC 9112, 3.2).", close=True)
        elif inside and reading and self._is_lost(scope):
            await _redirect(scope, send)
        elif not self._is_ours(scope):
            # Pages of other names may be open in a phone, and here every name leads to the box.
            await send_problem(send, 421, "Use the box's IP address or its .local name.", close=True)
        elif scope["path"] in _SSID:
            await self._tell_networks(scope, send)
        elif scope["path"] in _DOCUMENT:
            await self._tell(scope, send, inside=inside)
        else:
            await self._act(_ACTS[scope["path"]], scope, receive, send, inside=inside)

    def _is_lost(self, scope: Scope) -> bool:
        """Whether a reader looks for something else than this box has, or for where to begin."""
        path: str = scope["path"]
        known = path in _SSID or path in _DOCUMENT or path in _ACTS or (path != "/" and self._knows(path))
        return not known or not self._is_ours(scope)

    def _is_ours(self, scope: Scope) -> bool:
        host = b"".join(value for name, value in scope["headers"] if name == b"host").decode("latin-1")
        return not host or host_is_ours(host, self._names, by_access_point=self._inside(scope))

    async def _tell_networks(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in _READING:
            await send_problem(send, 405, "This is read with GET or HEAD.", allow=b"GET, HEAD", close=True)
            return
        self._sink.heard(told=False)
        await send_document(send, msgspec.json.encode(await self._sink.networks()), _JSON)

    async def _tell(self, scope: Scope, send: Send, *, inside: bool) -> None:
        if scope["method"] not in _READING:
            await send_problem(send, 405, "This is read with GET or HEAD.", allow=b"GET, HEAD", close=True)
            return
        refused = None if inside else await self._locks.admit(scope, reading=True)
        if refused is not None:
            await send_refused(send, refused, close=False)
            return
        if inside:
            self._sink.heard(told=True)
        await self._show(send, 200)

    async def _act(self, act: Act, scope: Scope, receive: Receive, send: Send, *, inside: bool) -> None:
        """Do what the owner asks for; the network it may be asked by is left only a moment later."""
        if scope["method"] != "POST":
            await send_problem(send, 405, "This is asked for with POST.", allow=b"POST", close=True)
            return
        refused = foreign(scope, json=True) or (None if inside else await self._locks.admit(scope, reading=False))
        body = refused or await read_body(receive)
        if body is None:
            return
        # What was not read to its end leaves the connection in the middle of a request.
        close = isinstance(body, Refused)
        refused = body if isinstance(body, Refused) else await self._do(act, body)
        if refused is not None:
            await send_refused(send, refused, close=close)
            return
        if inside:
            self._sink.heard(told=False)
        await self._show(send, act.status)

    async def _do(self, act: Act, body: bytes) -> Refused | None:
        """Do it; or why not."""
        asked = decoded(body, act.body)
        if isinstance(asked, Refused):
            return asked
        try:
            if isinstance(asked, JoinRequest):
                await self._sink.join(asked)
            elif act is DONE:
                self._sink.done()
            elif act is START:
                self._sink.start()
            else:
                self._sink.stop()
        except SetupRefusedError as error:
            return Refused(error.status, str(error))
        return None

    async def _show(self, send: Send, status: int) -> None:
        await send_document(send, msgspec.json.encode(self._sink.document()), _JSON, status=status)


async def _redirect(scope: Scope, send: Send) -> None:
    """To the page, under the address by which whoever asks has reached the box already."""
    host, port = scope["server"][:2]
    host = str(plain_address(str(host)))
    host = f"[{host}]" if ":" in host else host
    location = f"http://{host}{PAGE}" if port == 80 else f"http://{host}:{port}{PAGE}"
    headers = [
        (b"location", location.encode("ascii")),
        (b"content-length", b"0"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


_JSON = b"application/json"
_READING = frozenset(("GET", "HEAD"))
_SSID = frozenset(("/ssid/", "/ssid"))
_DOCUMENT = frozenset((SETUP, SETUP + "/"))
_ACTS = {path: act for act in SETUP_ACTS for path in (act.path, act.path + "/")}
