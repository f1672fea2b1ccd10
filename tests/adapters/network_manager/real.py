"""A real NetworkManager in namespaces of its own, with a message bus, folders and a cable of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.network_manager.buses import write_bus
from tests.waiting import DEADLINE_S

SCRIPT = Path(__file__).with_name("real.sh")
PROBE = Path(__file__).with_name("probe.py")
_TOOLS = ("NetworkManager", "dbus-daemon", "ip", "unshare")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_CONFIG = """[main]
plugins=keyfile
auth-polkit=false
dhcp=internal
dns=none
rc-manager=unmanaged
systemd-resolved=false
no-auto-default=*
[keyfile]
unmanaged-devices=interface-name:out*
[connectivity]
enabled=false
"""


class Machine:
    """A machine with NetworkManager and one cable, `eth0`, that ends at `far0`."""

    def __init__(self, folder: Path) -> None:
        self.address = write_bus(folder)
        self._folder = folder
        (folder / "NetworkManager.conf").write_text(_CONFIG, encoding="utf-8")
        user = [] if os.geteuid() == 0 else ["-r"]
        self._process = subprocess.Popen(
            ["unshare", *user, "-nmf", "--kill-child", "sh", str(SCRIPT), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": _PATH},
        )

    def start(self) -> None:
        """Start NetworkManager, and wait until it is ready."""
        self._order("start")
        end_s = time.monotonic() + DEADLINE_S
        while self.run("nmcli", "--get-values", "STARTUP", "general") != "started":
            assert time.monotonic() < end_s, (self._folder / "log").read_text("utf-8")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop NetworkManager alone."""
        assert self._order("stop") == 0

    def run(self, *command: str) -> str:
        """Run a command there, of words without spaces; what it says."""
        self._order(" ".join(command))
        return (self._folder / "said").read_text("utf-8").strip()

    def look(self) -> str:
        """What our port says when it runs there, as JSON."""
        said = self.run(sys.executable, str(PROBE), self.address)
        if said.endswith("Permission denied"):
            pytest.skip("left out, for this Python lies where nobody but its owner may run it")
        return said

    def end(self) -> None:
        """All of it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()

    def _order(self, order: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order.encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().decode().strip()
        assert answer.isdecimal(), answer
        return int(answer)


def machine(folder: Path) -> Machine:
    """One that runs; skips, saying why, where none can."""
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=_PATH) is None]
    if missing:
        pytest.skip(f"left out, for these are not here: {', '.join(missing)}")
    tried = subprocess.run(
        ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-nmpf", "true"], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"left out, for it needs namespaces of its own: {tried.stderr.decode().strip()}")
    made = Machine(folder)
    try:
        made.start()
    except BaseException:
        made.end()
        raise
    return made
