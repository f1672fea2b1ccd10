"""A wire between browser and box that can be cut and mended."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType


class Wire:
    """Hands bytes on between whoever connects to `url` and the box."""

    def __init__(self, box: tuple[str, int]) -> None:
        self._box = box
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._is_cut = threading.Event()
        self._flows = threading.Event()
        self._flows.set()
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        """Of all connections, those that are over among them."""
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Wire:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flows.set()
        _end(self._listener)
        self._threads[0].join()
        self.cut()
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._ends):
            one.close()

    def cut(self) -> None:
        """Every connection ends, and a new one ends at once."""
        with self._lock:
            self._is_cut.set()
            for end in self._ends:
                _end(end)

    def hold(self) -> None:
        """Nothing comes through any more, but nothing ends: as out of reach of a radio."""
        self._flows.clear()

    def mend(self) -> None:
        """New connections reach the box again, and what was held comes through."""
        self._is_cut.clear()
        self._flows.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                # One that is being made while the wire is cut ends, too.
                with self._lock:
                    if self._is_cut.is_set():
                        near.close()
                        continue
                    far = socket.create_connection(self._box)
                    self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    self._threads.append(threading.Thread(target=self._hand_on, args=pair))
                    self._threads[-1].start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
        _end(target)


def _end(one: socket.socket) -> None:
    """Whoever waits for it wakes; closed it is later, for its number must not be another's meanwhile."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
