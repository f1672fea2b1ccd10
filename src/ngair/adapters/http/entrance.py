"""Login, logout, another password, and what has to be proven at all."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.adapters.http.asgi import Receive, Scope, Send, send_document
from ngair.adapters.http.bodies import decoded, not_kept, read_body
from ngair.adapters.http.hosts import foreign
from ngair.adapters.http.locks import Locks, send_refused
from ngair.adapters.password import PasswordError
from ngair.api.acts import LOGIN, LOGOUT, Act, PasswordChange
from ngair.api.queries import TokenDocument
from ngair.api.wishes import Refused


class Entrance:
    """Answers what is about the locks themselves."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    async def tell(self, scope: Scope, send: Send) -> None:
        """Answer who asks what has to be proven."""
        await send_document(send, msgspec.json.encode(await self._locks.document(scope)), _JSON)

    async def tell_token(self, scope: Scope, send: Send) -> None:
        """Answer a program that asks for a token; pages of other sites could not read it, and do not get it either."""
        refused = foreign(scope) or await self._locks.admit(scope, reading=False)
        if refused is not None:
            await send_refused(send, refused, close=False)
            return
        await send_document(send, msgspec.json.encode(TokenDocument(self._locks.token_of_programs())), _JSON)

    async def answer(self, act: Act, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that came by a name of the box."""
        body = foreign(scope, json=True) or await read_body(receive)
        if body is None:
            return
        if isinstance(body, Refused):
            await send_refused(send, body, close=True)
            return
        asked = decoded(body, act.body)
        answer = asked if isinstance(asked, Refused) else await self._do(act, asked, scope)
        if isinstance(answer, Refused):
            await send_refused(send, answer, close=False)
            return
        await send_document(send, msgspec.json.encode(answer), _JSON)

    async def _do(self, act: Act, asked: Any, scope: Scope) -> msgspec.Struct | Refused:
        if act is LOGOUT:
            self._locks.logout(scope)
            return await self._locks.document(scope)
        token = await (self._locks.login(scope, asked.password) if act is LOGIN else self._another(scope, asked))
        return token if isinstance(token, Refused) else TokenDocument(token)

    async def _another(self, scope: Scope, asked: PasswordChange) -> str | Refused:
        try:
            return await self._locks.change_password(scope, asked.old, asked.new)
        except PasswordError as error:
            return Refused(422, str(error))
        except OSError as error:
            return not_kept(error)


_JSON = b"application/json"
