"""A change that a user asks for: guarded, read, checked, granted, and answered with what became of it."""

from __future__ import annotations

import asyncio

import msgspec

from ngair.adapters.http.asgi import Receive, Scope, Send, send_problem
from ngair.adapters.http.bodies import decoded, not_kept, read_body
from ngair.adapters.http.hosts import foreign
from ngair.adapters.http.locks import Locks, send_refused
from ngair.api.publisher import Publisher
from ngair.api.resources import Change, Parameters
from ngair.api.wishes import Refused
from ngair.gateway.ports import WishSink
from ngair.model.limits import HTTP_CHANGES_WAITING_MAX


class Changing:
    """Takes changes one after another, each on top of the one before."""

    def __init__(self, publisher: Publisher, wishes: WishSink, locks: Locks) -> None:
        self._locks = locks
        self._publisher = publisher
        self._wishes = wishes
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def answer(self, change: Change, at: Parameters, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a change that came by a name of the box."""
        refused = foreign(scope, json=True) or await self._locks.admit(scope, reading=False)
        body = refused or await read_body(receive)
        if body is None:
            return
        # What was not read to its end leaves the connection in the middle of a request.
        close = isinstance(body, Refused)
        refused = body if isinstance(body, Refused) else await self._make(change, at, body)
        if refused is not None:
            await send_refused(send, refused, close=close)
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
        asked = decoded(body, change.body)
        if isinstance(asked, Refused):
            return asked
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
                return not_kept(error)
        return None
