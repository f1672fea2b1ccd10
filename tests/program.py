"""The real program as a process of its own, for tests that go through the command line and real HTTP."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ngair.adapters.folder import Folder
from ngair.adapters.password import set_password

DEADLINE_S = 60.0
"""Long enough for a loaded machine; nobody waits for it when things work."""


PASSWORD = "a horse, a battery"
"""Of boxes that tests set one for."""


class Box:
    """A running program."""

    def __init__(self, process: subprocess.Popen[str], password: str | None = None) -> None:
        """Without a `password` it is the one that the program prints, as `ngair demo` does."""
        self.process = process
        self._password = password
        self.output: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=_collect, args=(process.stdout, self.output), daemon=True),
            threading.Thread(target=_collect, args=(process.stderr, self.errors), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.url = ""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it serves."""
        match = re.fullmatch(r"http://(.+):(\d+)/", self.url)
        assert match, self.url
        return match[1].strip("[]"), int(match[2])

    def get(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """One request on a connection of its own."""
        return self.send(path, method, None, headers)

    def send(self, path: str, method: str, body: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request with a body."""
        connection = http.client.HTTPConnection(*self.address, timeout=DEADLINE_S)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())

    def change(self, path: str, method: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One change, with the token that stands for the password."""
        carried = {"Content-Type": "application/json", "X-Ngair-Token": self.token}
        return self.send(path, method, body, carried | dict(headers or {}))

    @functools.cached_property
    def token(self) -> str:
        """What changes of this run may carry."""
        answer = self.get("/api/v1/token", headers=self.proof)
        assert answer.status == 200, answer
        return str(msgspec.json.decode(answer.body)["token"])

    @property
    def proof(self) -> dict[str, str]:
        """The header that proves the password."""
        return basic(self.password)

    @functools.cached_property
    def password(self) -> str:
        """The password of the box."""
        if self._password is not None:
            return self._password
        printed = "password: "
        wait_for(lambda: any(line.startswith(printed) for line in self.output), lambda: "".join(self.output))
        [line] = [line for line in self.output if line.startswith(printed)]
        return line.removeprefix(printed).strip()

    def json(self, path: str) -> Any:
        """A document."""
        answer = self.get(path)
        assert answer.status == 200, answer
        return msgspec.json.decode(answer.body)

    def until(self, path: str, condition: Callable[[Any], object]) -> Any:
        """A document as soon as it fulfils a condition."""
        last: list[Any] = []

        def fulfilled() -> bool:
            try:
                last[:] = [self.json(path)]
            except OSError as error:
                raise AssertionError(f"{error}: {''.join(self.errors[-20:])}") from error
            return bool(condition(last[0]))

        wait_for(fulfilled, lambda: f"{path}: {last}\n{''.join(self.errors[-20:])}")
        return last[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop, and its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(DEADLINE_S)
        for reader in self._readers:
            reader.join(DEADLINE_S)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


def basic(password: str, user: str = "ctek") -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")}


class Answer(msgspec.Struct):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


@contextlib.contextmanager
def running(*arguments: str, env: Mapping[str, str] | None = None, password: str | None = None) -> Iterator[Box]:
    """`ngair` with arguments, serving; on a free port unless `--http` says otherwise. Killed at the end.

    A demo has no past unless `--past` says so: most tests need none, and at five in the afternoon the house is lively.
    With a `password` it is set in the folder that `--data` names before the start, as `ngair password` does.
    """
    if password is not None:
        set_password(Folder(Path(arguments[arguments.index("--data") + 1])), password)
    if arguments[0] == "demo" and "--past" not in arguments:
        arguments = (*arguments, "--past", "0")
    if "--http" not in arguments:
        arguments = (*arguments, "--http", "127.0.0.1:0")
    with started([sys.executable, "-m", "ngair", *arguments], env, password) as box:
        yield box


@contextlib.contextmanager
def started(command: Sequence[str], env: Mapping[str, str] | None = None, password: str | None = None) -> Iterator[Box]:
    """A program that serves, begun by any command. Killed at the end. `password`: that it has, if it prints none."""
    # What is killed leaves its temporary files: in a folder that is removed.
    with tempfile.TemporaryDirectory(prefix="ngair-test-", ignore_cleanup_errors=True) as temporary:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment() | {"TMPDIR": temporary} | dict(env or {}),
        )
        box = Box(process, password)
        try:
            wait_for(lambda: any("http://" in line for line in box.output) or process.poll() is not None)
            served = re.search(r"http://\S+", "".join(box.output))
            assert served, f"did not start: {''.join(box.errors)}"
            box.url = served[0]
            yield box
        finally:
            box.stop(signal.SIGKILL)


def ngair(
    *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """`ngair` with arguments, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "ngair", *arguments],
        input=stdin,
        capture_output=True,
        timeout=DEADLINE_S,
        env=clean_environment() | dict(env or {}),
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """The environment without settings of our own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NGAIR_")}


def wait_for(condition: Callable[[], bool], told: Callable[[], str] = lambda: "") -> None:
    """Wait until a condition holds; fail with what `told` tells after a generous deadline."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, told()
        time.sleep(0.02)


def _collect(stream: Any, lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402 - each as it comes
