"""A local network made for one test: hosts in network namespaces of their own, joined by a switch.

A namespace lives as long as the process that holds it, so ending those processes removes every trace. Nothing of it
touches this machine's own interfaces. Works as root, and for others where the kernel lets them make user namespaces.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

WAIT_S = 30.0
"""Generous: a loaded machine may take its time, and only a failing test waits for all of it."""

_TOOLS = ("ip", "bridge", "unshare", "nsenter")
_HOLD_S = 600


class Lan:
    """The switch and what is plugged into it. Use as an asynchronous context manager."""

    def __init__(self) -> None:
        self._holders: list[subprocess.Popen[bytes]] = []
        self._scripts: list[Script] = []
        self.switch = self._hold()
        self.in_switch("ip", "link", "add", "switch", "type", "bridge")
        self.in_switch("ip", "link", "set", "switch", "up")

    async def __aenter__(self) -> Lan:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for script in self._scripts:
            await script.kill()
        self.close()

    def close(self) -> None:
        """End every namespace."""
        for holder in reversed(self._holders):
            holder.kill()
            holder.wait()

    def host(self, *addresses: str) -> Host:
        """Plug in a new machine with these addresses (`192.0.2.1/24`)."""
        host = Host(self, self._hold())
        host.run("ip", "link", "set", "lo", "up")
        host.connect("lan0", *addresses)
        return host

    def in_switch(self, *command: str) -> None:
        """Run a command where the switch is."""
        _run([*_enter(self.switch), *command])

    def keep(self, script: Script) -> None:
        """Make sure that a script ends with the network."""
        self._scripts.append(script)

    def _hold(self) -> subprocess.Popen[bytes]:
        """Start a process that keeps a new namespace; for users other than root, all in one user namespace."""
        command = ["unshare", "--net", "sh", "-c", f"echo made; exec sleep {_HOLD_S}"]
        if os.geteuid() != 0:
            within = self._holders[0] if self._holders else None
            command = [*_enter(within)[:-1], *command] if within else [*command[:1], "-r", *command[1:]]
        holder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert holder.stdout is not None
        with holder.stdout as said:
            first = said.readline().decode().strip()
        if first != "made":
            holder.kill()
            holder.wait()
            raise OSError(first)
        self._holders.append(holder)
        return holder


class Host:
    """A machine in a namespace of its own. Its first interface is `lan0`."""

    def __init__(self, lan: Lan, holder: subprocess.Popen[bytes]) -> None:
        self._lan = lan
        self._holder = holder
        self._ports: dict[str, str] = {}

    def connect(self, interface: str, *addresses: str) -> None:
        """Plug a new interface of it into the switch."""
        port = self._ports[interface] = f"p{self._holder.pid}-{len(self._ports)}"
        peer = ("peer", "name", interface, "netns", str(self._holder.pid))
        self._lan.in_switch("ip", "link", "add", port, "type", "veth", *peer)
        self._lan.in_switch("ip", "link", "set", port, "master", "switch", "up")
        for address in addresses:
            self.add_address(address, interface)
        self.run("ip", "link", "set", interface, "up")

    def inside(self, *command: str) -> list[str]:
        """A command such that it runs there."""
        return [*_enter(self._holder), *command]

    def run(self, *command: str) -> str:
        """Run a command there and return what it prints."""
        return _run(self.inside(*command))

    def add_address(self, address: str, interface: str = "lan0") -> None:
        """Add one to an interface."""
        # Duplicate detection would keep a new IPv6 address back for a second or two.
        self.run("ip", "address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))

    def remove_address(self, address: str) -> None:
        """Remove one from its first interface."""
        self.run("ip", "address", "del", address, "dev", "lan0")

    def isolate(self, *, on: bool) -> None:
        """Cut it off from the other isolated hosts while its cable stays plugged in."""
        flag = "on" if on else "off"
        self._lan.in_switch("bridge", "link", "set", "dev", self._ports["lan0"], "isolated", flag)

    def plug(self, *, on: bool) -> None:
        """Plug its first cable in or pull it."""
        self._lan.in_switch("ip", "link", "set", self._ports["lan0"], "up" if on else "down")

    async def start(self, script: str, *arguments: str) -> Script:
        """Start a Python script there that prints one JSON object a line."""
        command = [*_enter(self._holder), sys.executable, "-W", "error", script, *arguments]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        started = Script(process)
        self._lan.keep(started)
        return started


class Script:
    """A running script and the objects that it printed."""

    def __init__(self, process: Process) -> None:
        self.lines: list[dict[str, Any]] = []
        self._process = process
        self._more = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def seen(self, what: Callable[[dict[str, Any]], object], *, since: int = 0) -> dict[str, Any]:
        """The first line, from the `since`th on, that this is true of; waits for it."""
        at = since
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    for line in self.lines[at:]:
                        at += 1
                        if what(line):
                            return line
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            pytest.fail("waited in vain; seen so far:\n" + "\n".join(map(str, self.lines[since:])))

    async def tell(self, **order: object) -> None:
        """Send it an order as one JSON line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()

    async def stop(self) -> int:
        """Ask it to end, wait until it has and return its exit status."""
        self._process.terminate()
        async with asyncio.timeout(WAIT_S):
            await self._reader
            return await self._process.wait()

    async def kill(self) -> None:
        """End it, if it has not ended."""
        if self._process.returncode is None:
            self._process.kill()
        await self._reader
        await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.lines.append(json.loads(line))
            self._more.set()


@pytest.fixture(name="lan_possible", scope="session")
def _lan_possible() -> None:
    """Skips, saying why, where no such network can be made."""
    reason = _missing()
    if reason is not None:
        pytest.skip(f"left out, for it needs a network of its own: {reason}")


def _missing() -> str | None:
    absent = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not found (packages iproute2 and util-linux)"
    lan = None
    try:
        lan = Lan()
        lan.host("192.0.2.1/24").isolate(on=True)
    except OSError as error:
        return str(error)
    finally:
        if lan is not None:
            lan.close()
    return None


def _enter(holder: subprocess.Popen[bytes]) -> list[str]:
    into = ["nsenter", "--target", str(holder.pid)]
    return [*into, "--net"] if os.geteuid() == 0 else [*into, "--user", "--preserve-credentials", "--net"]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
