"""What every change has to carry, so that only who can read from the box can change it: new at each start."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence

import msgspec

from ngair.adapters.http.asgi import Scope, Send, send_document, send_problem
from ngair.adapters.http.hosts import comes_from_elsewhere
from ngair.api.queries import TokenDocument

HEADER = b"x-ngair-token"


def new_token() -> str:
    """32 hex digits that nobody can guess."""
    return secrets.token_hex(16)


def carries(headers: Sequence[tuple[bytes, bytes]], token: str) -> bool:
    """Whether a request carries this token, once. How long it takes tells nothing of it."""
    sent = [value for name, value in headers if name == HEADER]
    return len(sent) == 1 and hmac.compare_digest(sent[0], token.encode("ascii"))


async def send_token(scope: Scope, send: Send, token: str) -> None:
    """Answer who asks for it; pages of other sites could not read it, and do not get it either."""
    if comes_from_elsewhere(scope["headers"]):
        await send_problem(send, 403, "The token is for the box's own page and for programs.", close=False)
        return
    await send_document(send, msgspec.json.encode(TokenDocument(token)), b"application/json")
