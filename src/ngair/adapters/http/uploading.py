"""Firmware over HTTP: `POST /upload/NAME.ngfw`, refused as early as can be, and never held in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from ngair.adapters.http.asgi import Receive, Scope, Send, send_document, send_problem
from ngair.adapters.http.hosts import foreign, host_is_ours
from ngair.adapters.http.locks import send_refused
from ngair.adapters.http.protocol import CONNECTION, GuardedProtocol
from ngair.api.wishes import Refused
from ngair.device.image import upload_name
from ngair.gateway.ports import Upload, UploadRefusedError, UploadSink
from ngair.model.update import UpdateState

UPLOAD = "/upload"


class UploadDocument(msgspec.Struct, frozen=True):
    """What became of an upload."""

    version: str
    state: UpdateState
    """What happens to it now; the site's document tells how that goes on."""


class UploadDoor:
    """Implements `Door` for everything at and below `/upload`."""

    def __init__(
        self,
        sink: UploadSink,
        admit: Callable[[Scope], Awaitable[Refused | None]],
        host_names: Iterable[str] = (),
    ) -> None:
        """`admit` says who may bring firmware. `host_names` are further names that the box may be called by."""
        self._sink = sink
        self._admit = admit
        self._names = frozenset(name.lower() for name in host_names)

    def takes(self, scope: Scope) -> bool:
        """Whether a request is about firmware."""
        path: str = scope["path"]
        return path == UPLOAD or path.startswith(f"{UPLOAD}/")

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it. Nothing of a body is read, nor asked for (`Expect: 100-continue`), before it is welcome."""
        connection: GuardedProtocol | None = scope.get(CONNECTION)
        if connection is not None:
            connection.begin_upload()
        if scope["method"] != "POST":
            detail = "Firmware is uploaded with POST."
            await send_problem(send, 405, detail, allow=b"POST", close=scope["method"] not in ("GET", "HEAD"))
            return
        refused = self._stranger(scope) or await self._admit(scope) or _unfit(scope)
        if refused is not None:
            await send_refused(send, refused, close=True)
            return
        try:
            upload = await self._sink.begin(_length(scope))
            version = await _received(upload, receive)
        except UploadRefusedError as error:
            await send_problem(send, error.status, str(error), close=True)
            return
        if version is not None:
            body = msgspec.json.encode(UploadDocument(version, "installing"))
            await send_document(send, body, b"application/json", status=202)

    def _stranger(self, scope: Scope) -> Refused | None:
        """Why this request is not taken, whoever sent it: it did not come by a name of the box, or of its own page."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return Refused(400, "An upload names the box in one Host header.")
        if not host_is_ours(hosts[0], self._names):
            return Refused(421, "This is not a name of the box: use its IP address or its .local name.")
        return foreign(scope)


async def _received(upload: Upload, receive: Receive) -> str | None:
    """The version of what came; `None` when the other side is gone. Raises `UploadRefusedError`."""
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            await upload.write(message["body"])
            if not message["more_body"]:
                return await upload.finish()
    finally:
        await upload.abort()


def _unfit(scope: Scope) -> Refused | None:
    """Why what is sent cannot be an image, from its path and headers alone."""
    try:
        upload_name(scope["raw_path"])
    except ValueError as error:
        return Refused(422, str(error))
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    if not any(name in (b"content-length", b"transfer-encoding") for name, _ in headers):
        return Refused(411, "There is no image in this request: send the file itself, as curl -T does.")
    for name, value in headers:
        if name == b"content-type" and value.lower().startswith(b"multipart/"):
            return Refused(415, "This is a form: send the file itself, as curl -T does.")
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            return Refused(415, "An image is sent as it is, without another coding.")
    return None


def _length(scope: Scope) -> int | None:
    """How many bytes will come, as far as that is told. The server has refused what is no number, or two of them."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), None)
