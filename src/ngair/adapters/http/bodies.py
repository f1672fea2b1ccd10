"""The body of a change: read within its bound, decoded, and what is wrong with it told."""

from __future__ import annotations

import errno
from typing import TypeVar

import msgspec

from ngair.adapters.http.asgi import Receive
from ngair.api.wishes import Refused
from ngair.model.limits import HTTP_CHANGE_MAX_BYTES

Asked = TypeVar("Asked", bound=msgspec.Struct)


async def read_body(receive: Receive) -> bytes | Refused | None:
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


def decoded(body: bytes, type_: type[Asked]) -> Asked | Refused:
    """What a body asks for. One without keys may be left out."""
    try:
        return msgspec.json.decode(body if body or type_.__struct_fields__ else b"{}", type=type_)
    except msgspec.ValidationError as error:
        return Refused(422, _told(error, type_))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refused(400, f"The body has to be JSON: {error}.")


def not_kept(error: OSError) -> Refused:
    """The disk does not take it."""
    status = 507 if error.errno in (errno.ENOSPC, errno.EDQUOT) else 500
    why = error.strerror or type(error).__name__
    return Refused(
        status,
        f"Nothing was changed, for it could not be kept for the next start ({why}): look at the box's disk.",
    )


def _told(error: msgspec.ValidationError, body: type[msgspec.Struct]) -> str:
    """What is wrong, without names that only the request knows."""
    keys = ", ".join(body.__struct_fields__) or "none"
    wrong = str(error)
    return f"Allowed keys are: {keys}." if "unknown field" in wrong else f"{wrong}. Allowed keys are: {keys}."
