"""What `run` and `demo` share: they start the same program."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path

from ngair.app import (
    Folder,
    FolderError,
    LinkError,
    Ports,
    default_folder,
    listen,
    listen_securely,
    live_through,
    page_address,
    set_password,
)
from ngair.app import run as run_program
from ngair.cli.failure import Failure
from ngair.cli.output import drop_output
from ngair.model.settings import Settings

PROGRESS_S = 2.0
"""Between two lines about what takes longer."""


def serve(
    settings: Settings, folder_path: Path, greeting: str, past_days: int = 0, password: str = "", shown: str = ""
) -> int:
    """Run the program until it ends: its exit code. Raises `Failure` for what can be told before it starts.

    `past_days`: so many days of a simulated house are remembered before. `password` is set before it starts, if any;
    `shown` is printed as it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_before_start)
    logging.basicConfig(
        stream=sys.stderr,
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
    try:
        ports = Ports(settings, past_days)
    except ValueError as error:
        raise Failure(str(error), 2) from None
    try:
        folder = Folder(folder_path)
        folder.lock()
        if password:
            set_password(folder, password)
        listener = listen(settings)
        secure = listen_securely(settings, folder, time.time())
    except (FolderError, LinkError) as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{folder_path}: the password cannot be kept: {error.strerror}") from None
    if past_days:
        try:
            live_through(settings, ports, folder, past_days, _Progress(past_days).tell)
        except OSError as error:
            raise Failure(f"the past cannot be written: {error}; without one: --past 0") from None
    try:
        print(f"{greeting}: {page_address(listener)}", flush=True)
        if shown:
            print(f"password: {shown}", flush=True)
        if secure is not None:
            print(f"by TLS: {page_address(secure.listener, 'https')}", flush=True)
    except OSError:
        drop_output()  # the house needs its box, whoever reads this
    try:
        return asyncio.run(run_program(settings, ports, folder, listener, secure))
    except OSError as error:
        raise Failure(f"stopped: {error}") from None


def folder_of(settings: Settings) -> Path:
    """The data folder, as the settings or the system have it."""
    root = os.geteuid() == 0
    return Path(settings.data) if settings.data else default_folder(dict(os.environ), root=root)


class _Progress:
    """Tells how far it is, to those who have to wait."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._told_s = time.monotonic()

    def tell(self, day: int) -> None:
        """A day is over."""
        if time.monotonic() - self._told_s >= PROGRESS_S:
            self._told_s = time.monotonic()
            print(f"ngair: {day} of {self._days} days of the past", file=sys.stderr, flush=True)


def _stop_before_start(number: int, frame: object) -> None:
    """Asked to stop before the program's own loop can be: there is nothing to save yet."""
    raise SystemExit(0)
