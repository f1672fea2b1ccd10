"""A box that is announced, as a script: prints one JSON line for each name and each log line, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys

from ngair.adapters import mdns


def _tell(**line: str | None) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _tell(log=record.getMessage(), level=record.levelname, logger=record.name)


async def main(serial: str, port: str, interface: str = "") -> None:
    logging.basicConfig(level=logging.INFO, handlers=[_Lines()])
    announcer = mdns.MdnsAnnouncer(
        port=int(port),
        serial=serial,
        firmware="ngair.0.1.0-0-g0000000",
        profile="1.3",
        on_name=lambda name: _tell(name=name),
        interfaces=[interface] if interface else None,
        access_point="192.168.4.1",
    )
    # What the program waits for half a minute between attempts is of no use to a test.
    mdns.RETRY_S = 0.5
    running = asyncio.create_task(announcer.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
