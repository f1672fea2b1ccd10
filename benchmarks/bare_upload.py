"""The floor under an upload: a bare ASGI callable on uvicorn and httptools that writes what it is sent to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.floor import serve

FILE = Path(sys.argv[2])
ANSWER = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
END = {"type": "http.response.body", "body": b""}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Write the body, bring it to the disk, answer."""
    with FILE.open("wb") as file:  # noqa: ASYNC230 - the least that can be done
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            file.write(message["body"])
            more = message["more_body"]
        file.flush()
        os.fsync(file.fileno())
    await send(ANSWER)
    await send(END)


if __name__ == "__main__":
    serve(app, int(sys.argv[1]))
