"""An error as it is sent: problem details with the headers that belong to them."""

from __future__ import annotations

from ngair.api.problems import CONTENT_TYPE, problem


def refusal(status: int, detail: str, *, allow: bytes = b"", close: bool) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body. `allow` names the methods of a 405; `close` says that the connection ends with it."""
    body = problem(status, detail)
    headers = [
        (b"content-type", CONTENT_TYPE),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        *([(b"allow", allow)] if allow else []),
        *([(b"connection", b"close")] if close else []),
    ]
    return headers, body
