"""A meter behind a TCP socket that can be unplugged."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from fastcrc import crc16

from tests.contracts.wires import free_port

LINES = (
    "/TST5DONGLE",
    "",
    "0-0:1.0.0(260302170004W)",
    "1-0:1.8.0(00006678.394*kWh)",
    "1-0:2.8.0(00000120.001*kWh)",
    "1-0:1.7.0(0000.000*kW)",
    "1-0:2.7.0(0002.731*kW)",
    "1-0:32.7.0(231.2*V)",
    "1-0:52.7.0(230.9*V)",
    "1-0:72.7.0(233.0*V)",
    "1-0:31.7.0(004.2*A)",
    "1-0:51.7.0(004.1*A)",
    "1-0:71.7.0(003.9*A)",
    "!",
)


def telegram() -> bytes:
    """A house that gives 2731 W to the grid."""
    body = "\r\n".join(LINES).encode("ascii")
    return body + f"{crc16.arc(body):04X}\r\n".encode("ascii")


class Dongle:
    """Sends `data` again and again to whoever connects, until it is unplugged."""

    def __init__(self, data: bytes, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._data = data
        self._unplugged = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def unplug(self) -> None:
        """Drop the connection and be gone."""
        self._unplugged.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._send, args=(connection,)))
                self._threads[-1].start()

    def _send(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while not self._unplugged.is_set():
                connection.sendall(self._data)
                self._unplugged.wait(0.3)


@contextlib.contextmanager
def plugged_in(data: bytes, port: int | None = None) -> Iterator[Dongle]:
    """A dongle that sends `data`; on a free port unless told otherwise. Nobody else gets it while it is unplugged."""
    dongle = Dongle(data, free_port() if port is None else port)
    try:
        yield dongle
    finally:
        dongle.unplug()
