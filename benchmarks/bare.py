"""The floor: a bare ASGI callable on uvicorn with httptools that answers the same bytes to every request."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.floor import serve

BODY = bytes.fromhex(sys.argv[2])
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode("ascii")),
        (b"etag", b'"0123456789abcdef01"'),
        (b"last-modified", b"Sun, 22 Nov 2026 12:00:00 GMT"),
        (b"cache-control", b"no-cache"),
    ],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    await send(START)
    await send(END)


if __name__ == "__main__":
    serve(app, int(sys.argv[1]))
