"""A meter's link that does as it is told, and what was seen of it, with the times at which it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Literal

from ngair.gateway.ports import LinkEnded, LinkError
from ngair.gateway.supervise import keep_up
from ngair.model.backoff import Backoff
from ngair.model.events import LinkState
from tests.contracts.virtual_time import in_no_time

Step = float | bytes | Literal["refuse", "hang", "close", "end", "break"] | Exception
"""Wait so many seconds, send these bytes, or an end of the connection."""


class ScriptedPort:
    """Each opening plays the next script; the last one is played again and again."""

    name = "tcp://meter.example:1"

    def __init__(self, *scripts: Sequence[Step], closing: Step = 0.0) -> None:
        self._scripts = list(scripts)
        self._closing = closing
        self.opened = 0
        self.open = 0

    async def connect(self) -> ScriptedLink:
        self.opened += 1
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        if script and script[0] in ("refuse", "hang"):
            await _ends(script[0])
        self.open += 1
        return ScriptedLink(self, script, self._closing)


class ScriptedLink:
    """One opening."""

    def __init__(self, port: ScriptedPort, script: Iterable[Step], closing: Step) -> None:
        self._port = port
        self._steps: Iterator[Step] = iter(script)
        self._closing = closing

    async def read(self) -> bytes:
        for step in self._steps:
            if isinstance(step, bytes):
                return step
            await _ends(step)
        await asyncio.Future()
        raise AssertionError("a hanging read went on")

    async def close(self) -> None:
        self._port.open -= 1
        await _ends(self._closing)


async def _ends(step: Step) -> None:
    match step:
        case float():
            await asyncio.sleep(step)
        case "refuse":
            raise LinkError("meter.example refuses")
        case "close":
            raise LinkError("meter.example closed the connection")
        case "end":
            raise LinkEnded("the recording has been played to its end")
        case "break":
            raise RuntimeError("nobody foresaw this")
        case Exception():
            raise step
        case _:
            await asyncio.Future()


class Seen:
    """A sink that writes down what comes and when. Every portion that begins with `/` is a telegram to it."""

    def __init__(self) -> None:
        self.telegrams = 0
        self.all: list[tuple[float, str]] = []

    def meter_bytes(self, data: bytes) -> None:
        self.telegrams += data.startswith(b"/")
        self._note(repr(data))

    def meter_quiet(self) -> None:
        self._note("quiet")

    @property
    def frames(self) -> int:
        return self.telegrams

    def meter_link(self, link: LinkState, detail: str = "", line: str = "") -> None:
        self._note((f"{link}: {detail}" if detail else link) + (f" at {line}" if line else ""))

    def of(self, prefix: str) -> list[float]:
        """When something that begins so was seen."""
        return [at_s for at_s, what in self.all if what.startswith(prefix)]

    def _note(self, what: str) -> None:
        self.all.append((round(asyncio.get_running_loop().time(), 6), what))


def watch(port: ScriptedPort, for_s: float, seed: int = 1) -> Seen:
    """What is seen of a port that is kept up for so long."""
    seen = Seen()

    async def run() -> None:
        keeping = asyncio.create_task(keep_up(port, seen, Backoff(Random(seed))))
        await asyncio.wait([keeping], timeout=for_s)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    in_no_time(run())
    assert port.open == 0, "a link was left open"
    return seen
