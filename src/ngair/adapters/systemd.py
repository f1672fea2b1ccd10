"""What a service manager is told of the program: that it is ready, how it fares, that it is alive (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

STATUS_MAX_CHARS = 200
"""A line of a terminal or two."""
PINGS_A_TIMEOUT = 3
"""So many, that one which comes late is no fault."""

log = logging.getLogger("ngair")


class ServiceManager:
    """Where the program was started by one that listens (`NOTIFY_SOCKET`); else nothing is told to anybody.

    Nothing here waits or raises: a manager that does not read loses what it is told.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment`: as the program was started with."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._socket: socket.socket | None = None
        self._status = ""
        self._pinged_s = float("-inf")
        self._failed = False
        self.watchdog_s = _watchdog_s(environment) if self._address is not None else None
        """So long may nothing be heard of the program; `None`: for ever."""

    @property
    def listens(self) -> bool:
        """Whether anybody is told."""
        return self._address is not None

    def ready(self) -> None:
        """The program does what it is there for."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """It begins to stop."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """A line for a person; told when it is another."""
        line = " ".join(text.split())[:STATUS_MAX_CHARS]
        if line != self._status:
            self._status = line
            self._tell(f"STATUS={line}")

    def alive(self, now_s: float) -> None:
        """The loop goes round: to be called once a second, with monotonic seconds, by what must not stand still."""
        if self.watchdog_s is not None and now_s - self._pinged_s >= self.watchdog_s / PINGS_A_TIMEOUT:
            self._pinged_s = now_s
            self._tell("WATCHDOG=1")

    def close(self) -> None:
        """Release it. Safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, text: str) -> None:
        if self._address is None:
            return
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.setblocking(False)
            self._socket.sendto(text.encode("utf-8"), self._address)
        except OSError as error:
            if not self._failed:
                log.warning("the service manager cannot be told how the program fares: %s", error.strerror or error)
            self._failed = True
        else:
            self._failed = False


def _address(text: str) -> str | bytes | None:
    """A path, or a name without a place in the file system, which begins with `@`."""
    if text.startswith("@"):
        return b"\0" + os.fsencode(text[1:])
    return text if text.startswith("/") else None


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The timeout that is meant for this process, or for the launcher that started it."""
    text, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or int(text) == 0:
        return None
    if process and process not in (str(os.getpid()), str(os.getppid())):
        return None
    return int(text) / 1e6
