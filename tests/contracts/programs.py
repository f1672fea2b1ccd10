"""What tests of the whole program share: its command, what its log tells, and meters that live in threads."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading

from tests.program import Box, wait_for

QUIET = ("--http", "127.0.0.1:0", "--mdns", "off")
NGAIR = (sys.executable, "-m", "ngair")


def told(box: Box, text: str) -> None:
    """Wait until the program has logged something."""
    wait_for(lambda: any(text in line for line in box.errors), lambda: f"{text!r} is not in {''.join(box.errors)}")


def told_of_the_link(box: Box) -> list[str]:
    """What the log says of the meter's link, without times and reasons."""
    found = (re.search(r" (meter (?:lost|silent|connected|is back|ended))", line) for line in box.errors)
    return [match[1] for match in found if match]


class Dongle:
    """A TCP server that sends the same bytes to whoever connects and then keeps the connection."""

    def __init__(self, sends: bytes = b"", port: int = 0) -> None:
        self._sends = sends
        self._listener = socket.create_server(("127.0.0.1", port))
        self._connections: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Dongle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> int:
        """How many have connected."""
        return len(self._connections)

    def send(self, data: bytes) -> None:
        """To the newest connection."""
        self._connections[-1].sendall(data)

    def close(self) -> None:
        """Switch it off."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                connection.sendall(self._sends)
            except OSError:
                return
