"""Message buses of a test's own, and a mocked NetworkManager on them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.waiting import DEADLINE_S

TEMPLATE = Path(__file__).with_name("radios.py")
SERVICE = "org.freedesktop.NetworkManager"
MOCK = "org.freedesktop.DBus.Mock"
DEBIANS_PYTHON = "/usr/bin/python3"
_MOCK_FOLDER = Path("/usr/lib/python3/dist-packages/dbusmock")

CAN_BE_AP = 0xFF
"""WirelessCapabilities of a usual radio; 0x40 is that of being an access point."""
PRIVACY = 0x1
PSK, ENTERPRISE, SAE, OWE = 0x188, 0x288, 0x488, 0x888
"""Keys, with CCMP."""

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


def write_bus(folder: Path) -> str:
    """Write `bus.conf`, of a bus that lets everybody do all; its address."""
    socket = folder / "bus"
    (folder / "bus.conf").write_text(_CONFIG.format(socket=socket), encoding="utf-8")
    return f"unix:path={socket}"


class Daemon:
    """A message bus in a folder."""

    def __init__(self, folder: Path) -> None:
        self.address = write_bus(folder)
        self.environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self._command = [
            "dbus-daemon",
            f"--config-file={folder / 'bus.conf'}",
            "--nofork",
            "--nopidfile",
            "--print-address",
        ]
        self._socket = folder / "bus"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        self._socket.unlink(missing_ok=True)
        self._process = _spawn(self._command)
        assert self._process.stdout is not None
        # Its address is told when it listens.
        assert await asyncio.to_thread(self._process.stdout.readline), "dbus-daemon ended"

    def hang(self, *, on: bool) -> None:
        """Let it answer nobody."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def stop(self) -> None:
        """End it. Safe to call twice."""
        end(self._process)


class Mocked:
    """NetworkManager as python-dbusmock plays it, with radios of our template."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self._process: subprocess.Popen[bytes] | None = None
        self._bus: MessageBus | None = None

    @property
    def address(self) -> str:
        """Of the bus that it is on."""
        return self.daemon.address

    async def start(self) -> None:
        """Start it, and wait until it has its name."""
        command = [DEBIANS_PYTHON, "-m", "dbusmock", "--system", "--template", str(TEMPLATE)]
        self._process = _spawn(command, self.daemon.environment, stdout=subprocess.DEVNULL)
        if self._bus is None:
            self._bus = await MessageBus(bus_address=self.address).connect()
        dbus = "org.freedesktop.DBus"
        async with asyncio.timeout(DEADLINE_S):
            while not (await self._ask(dbus, "/", dbus, "NameHasOwner", "s", SERVICE))[0]:
                assert self._process.poll() is None, "dbusmock ended"
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        """End NetworkManager alone."""
        end(self._process)

    async def close(self) -> None:
        """End it, and let go of the bus."""
        self.stop()
        if self._bus is not None:
            self._bus.disconnect()
            with contextlib.suppress(EOFError, OSError):
                await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library tells none

    async def radio(self, interface: str = "wlan9", *, capabilities: int = CAN_BE_AP, state: int = 30) -> str:
        """A radio; its path."""
        return str((await self.mock("AddRadio", "suu", interface, capabilities, state))[0])

    async def network(
        self,
        radio: str,
        ssid: bytes,
        *,
        strength: int = 60,
        keys: int = PSK,
        wpa: int = 0,
        flags: int | None = None,
        password: str | None = None,
        behaviour: str = "",
        heard: bool = True,
    ) -> None:
        """A network around a radio; those with a password take `correct horse`."""
        right = password if password is not None else "correct horse" if keys else ""
        private = (PRIVACY if keys | wpa else 0) if flags is None else flags
        facts = (radio, ssid, strength, private, wpa, keys, right, behaviour, heard)
        await self.mock("AddNetwork", "oayyuuussb", *facts)

    async def mock(self, member: str, signature: str = "", *body: object) -> list[Any]:
        """Call what the mock itself offers."""
        return await self.ask("/org/freedesktop", MOCK, member, signature, *body)

    async def ask(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> list[Any]:
        """Call a method of an object."""
        return await self._ask(SERVICE, path, interface, member, signature, *body)

    async def profiles(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All profiles by path, secrets included, as plain values."""
        settings = "/org/freedesktop/NetworkManager/Settings"
        paths = (await self.ask(settings, f"{SERVICE}.Settings", "ListConnections"))[0]
        found = {path: (await self.mock("Profile", "o", path))[0] for path in paths}
        return {
            path: {part: {key: value.value for key, value in of.items()} for part, of in profile.items()}
            for path, profile in found.items()
        }

    async def end_all(self) -> None:
        """Every network is lost."""
        await self.mock("EndAll")

    async def tell(self, path: str, interface: str, values: dict[str, object]) -> None:
        """Change properties of an object, and tell it to all."""
        await self.ask(path, MOCK, "UpdateProperties", "sa{sv}", interface, values)

    async def _ask(
        self, service: str, path: str, interface: str, member: str, signature: str = "", *body: object
    ) -> list[Any]:
        assert self._bus is not None
        reply = await self._bus.call(
            Message(
                destination=service, path=path, interface=interface, member=member, signature=signature, body=list(body)
            )
        )
        assert reply.message_type is MessageType.METHOD_RETURN, (reply.error_name, reply.body)
        return list(reply.body)


@contextlib.asynccontextmanager
async def mocked_network_manager(folder: Path) -> AsyncIterator[Mocked]:
    """One on a bus of its own; it ends with the block, whatever happens there."""
    missing = _missing()
    if missing:
        pytest.skip(f"left out, for these are not here: {', '.join(missing)}")
    daemon = Daemon(folder)
    mocked = Mocked(daemon)
    try:
        await daemon.start()
        await mocked.start()
        yield mocked
    finally:
        await mocked.close()
        daemon.stop()


def _missing() -> list[str]:
    tools = [need for need in ("dbus-daemon", DEBIANS_PYTHON) if shutil.which(need) is None]
    return tools if _MOCK_FOLDER.exists() else [*tools, "python3-dbusmock"]


def _spawn(
    command: list[str], environment: dict[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=stdout, stderr=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes] | None) -> None:
    """End a process of ours, stopped ones too."""
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()
    if process is not None and process.stdout is not None:
        process.stdout.close()
