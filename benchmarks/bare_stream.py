"""The floor under the live stream: a bare ASGI callable on uvicorn and httptools that sends the same as often."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.floor import serve

BODY = bytes.fromhex(sys.argv[2])
INTERVAL_S = float(sys.argv[3])
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
ANSWER = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
END = {"type": "http.response.body", "body": b""}
FRAME = {"type": "http.response.body", "body": BODY, "more_body": True}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Stream for as long as the program runs; answer everything else at once."""
    if scope["path"] != "/api/v1/stream":
        await send(ANSWER)
        await send(END)
        return
    await send(START)
    while True:
        await send(FRAME)
        await asyncio.sleep(INTERVAL_S)


if __name__ == "__main__":
    serve(app, int(sys.argv[1]))
