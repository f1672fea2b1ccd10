"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """`application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    """What is wrong and what to do."""


CONTENT_TYPE = b"application/problem+json"


def problem(status: int, detail: str) -> bytes:
    """The body of an error."""
    return msgspec.json.encode(Problem("about:blank", HTTPStatus(status).phrase, status, detail))
