"""A change that a user asks for: guarded, read, checked, granted, and answered with what became of it."""

from __future__ import annotations

import asyncio
import errno

import msgspec

from ngair.adapters.http.asgi import Receive, Scope, Send, send_problem
from ngair.adapters.http.hosts import comes_from_elsewhere
from ngair.adapters.http.token import carries
from ngair.api.publisher import Publisher
from ngair.api.resources import Change, Nothing, Parameters
from ngair.api.wishes import Refused
from ngair.gateway.ports import WishSink
from ngair.model.limits import HTTP_CHANGE_MAX_BYTES, HTTP_CHANGES_WAITING_MAX


class Changing:
    """Takes changes one after another, each on top of the one before."""

    def __init__(self, publisher: Publisher, wishes: WishSink, token: str) -> None:
        """`token` is what every one has to carry."""
        self._token = token
        self._publisher = publisher
        self._wishes = wishes
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def answer(self, change: Change, at: Parameters, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a change that came by a name of the box."""
        body = _stranger(scope, self._token) or await _body(scope, receive)
        if body is None:
            return
        # What was not read to its end leaves the connection in the middle of a request.
        close = isinstance(body, Refused)
        refused = body if isinstance(body, Refused) else await self._make(change, at, body)
        if refused is not None:
            await send_problem(send, refused.status, refused.detail, close=close)
            return
        path = change.answer.path.format(**at)
        page = self._publisher.part(path)
        if page is None:
            await send_problem(send, 404, "It is done, and there is nothing to show of it any more.", close=False)
            return
        for message in page.answer:
            await send(message)

    async def _make(self, change: Change, at: Parameters, body: bytes) -> Refused | None:
        """Make it; or why not."""
        try:
            asked = msgspec.json.decode(b"{}" if change.body is Nothing and not body else body, type=change.body)
        except msgspec.ValidationError as error:
            return Refused(422, _told(error, change.body))
        except (msgspec.DecodeError, RecursionError) as error:
            return Refused(400, f"The body has to be JSON: {error}.")
        if self._waiting >= HTTP_CHANGES_WAITING_MAX:
            return Refused(503, "Changes before this one are not kept yet: try again in a moment, or look at the disk.")
        self._waiting += 1
        try:
            return await self._grant(change, at, asked)
        finally:
            self._waiting -= 1

    async def _grant(self, change: Change, at: Parameters, asked: msgspec.Struct) -> Refused | None:
        async with self._one_at_a_time:
            wishes = change.make(self._wishes.site, at, asked)
            if isinstance(wishes, Refused):
                return wishes
            if wishes == self._wishes.site.wishes:
                return None
            try:
                await self._wishes.wish(wishes)
            except OSError as error:
                return _not_kept(error)
        return None


def _stranger(scope: Scope, token: str) -> Refused | None:
    """Why this request is not taken, whatever it asks: a form or script of another site could have sent it."""
    headers = scope["headers"]
    if comes_from_elsewhere(headers):
        return Refused(403, "Changes are taken from the box's own page and from programs, not from other pages.")
    types = [value for name, value in headers if name == b"content-type"]
    if [value.partition(b";")[0].strip().lower() for value in types] != [b"application/json"]:
        return Refused(415, "Changes are sent as Content-Type: application/json.")
    if not carries(headers, token):
        return Refused(
            403,
            "A change carries the header X-Ngair-Token with the token that GET /api/v1/token gives. It is another one "
            "after each start of the box: ask for it again.",
        )
    return None


def _told(error: msgspec.ValidationError, body: type[msgspec.Struct]) -> str:
    """What is wrong, without names that only the request knows."""
    keys = ", ".join(body.__struct_fields__) or "none"
    wrong = str(error)
    return f"Allowed keys are: {keys}." if "unknown field" in wrong else f"{wrong}. Allowed keys are: {keys}."


async def _body(scope: Scope, receive: Receive) -> bytes | Refused | None:
    """The whole body; `None` when the other side is gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if len(body) > HTTP_CHANGE_MAX_BYTES:
            return Refused(413, f"A change has at most {HTTP_CHANGE_MAX_BYTES} bytes.")
        if not message["more_body"]:
            return bytes(body)


def _not_kept(error: OSError) -> Refused:
    status = 507 if error.errno in (errno.ENOSPC, errno.EDQUOT) else 500
    why = error.strerror or type(error).__name__
    return Refused(
        status,
        f"Nothing was changed, for it could not be kept for the next start ({why}): look at the box's disk.",
    )
