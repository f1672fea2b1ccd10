"""What a box on Linux consists of besides the program: its files, its user, the commands that make them known."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import ngair
from ngair.cli.failure import Failure

CONFIG = "/etc/ngair/ngair.toml"
DATA = "/var/lib/ngair"
RECORD = "/etc/ngair/installed.json"
"""What was written, by path and SHA-256: nothing else is ever replaced or removed."""
LAUNCHER = "/usr/local/lib/ngair/launcher.py"
DEBIAN_LAUNCHER = "/usr/lib/ngair/launcher.py"
UNIT = "/etc/systemd/system/ngair.service"
RECORD_MAX_BYTES = 64 * 1024
HOMES = ("/home/", "/root/", "/run/user/")


class File(NamedTuple):
    """One that is written."""

    path: str
    text: str
    why: str
    mode: int = 0o644


class Command(NamedTuple):
    """One that is run. In a folder that is to become a system only those that can be told of it."""

    words: tuple[str, ...]
    why: str
    root_option: bool = False
    """Whether it takes `--root=DIR`."""


def files(python: Path, program: Path) -> list[File]:
    """Everything that is installed. `python` starts the launcher, `program` is the `ngair` that was installed."""
    launcher = (resources.files(ngair) / "launcher.py").read_text(encoding="utf-8")
    found = [
        File(LAUNCHER, launcher, "starts the version that works, and goes back when a new one does not"),
        File(UNIT, unit(_text("ngair.service"), python, program), "the service"),
        File("/etc/sysusers.d/ngair.conf", _text("sysusers.conf"), "its user, ngair"),
        File("/etc/tmpfiles.d/ngair.conf", _text("tmpfiles.conf"), "who may read its settings"),
        File("/etc/udev/rules.d/60-ngair-serial.rules", _text("60-ngair-serial.rules"), "the meter's cable"),
        File("/etc/polkit-1/rules.d/60-ngair.rules", _text("60-ngair.rules"), "lets it set up Wi-Fi"),
        File(CONFIG, _text("ngair.toml"), "the settings, all of them commented out", 0o640),
    ]
    for name in _names("dnsmasq-shared.d"):
        where = f"/etc/NetworkManager/dnsmasq-shared.d/{name}"
        found.append(File(where, _text(f"dnsmasq-shared.d/{name}"), "names in the network of setup mode"))
    return found


def unit(text: str, python: Path, program: Path) -> str:
    """The unit of the Debian package, for a program that stands elsewhere."""
    packaged = f"/usr/bin/python3 -I {DEBIAN_LAUNCHER} --slots {DATA}/firmware --factory /usr/lib/ngair/site --"
    own = f"{python} -I {LAUNCHER} --slots {DATA}/firmware --factory-command {program} --"
    assert packaged in text, "the unit does not start the launcher as it should"
    text = text.replace(packaged, own)
    if str(program).startswith(HOMES) or str(python).startswith(HOMES):
        text = text.replace("ProtectHome=yes", "ProtectHome=read-only")
    return text


INSTALLED: tuple[Command, ...] = (
    Command(("systemd-sysusers", "ngair.conf"), "makes the user ngair, in the group dialout", True),
    Command(("systemd-tmpfiles", "--create", "ngair.conf"), "lets it read its settings, and nobody else", True),
    Command(("udevadm", "control", "--reload"), "makes the rule for the cable known"),
    Command(("udevadm", "trigger", "--subsystem-match=tty"), "and holds for a cable that is plugged in"),
    Command(("systemctl", "daemon-reload"), "makes the service known"),
    Command(("systemctl", "enable", "ngair.service"), "starts it with the machine", True),
)
REMOVED: tuple[Command, ...] = (
    Command(("systemctl", "daemon-reload"), "forgets the service"),
    Command(("udevadm", "control", "--reload"), "forgets the rule for the cable"),
)
STOPPED = Command(("systemctl", "disable", "--now", "ngair.service"), "stops it, and starts it no more")
FORGOTTEN = Command(("userdel", "ngair"), "removes its user")
STARTED = Command(("systemctl", "restart", "ngair.service"), "starts it")


class Record:
    """What was written into a system by an installation."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sums: dict[str, str] = {}
        try:
            with below(root, RECORD).open("rb") as file:
                kept = json.loads(file.read(RECORD_MAX_BYTES))
        except (OSError, ValueError):
            kept = None
        if isinstance(kept, dict):
            self._sums = {path: value for path, value in kept.items() if isinstance(value, str)}

    @property
    def paths(self) -> list[str]:
        """Everything that was written."""
        return list(self._sums)

    def state(self, path: str, text: str | None = None) -> str:
        """Of a file: `absent`, `same` (as it would be written), `ours` (as it was written), `changed` by others."""
        try:
            there = below(self._root, path).read_bytes()
        except FileNotFoundError:
            return "absent"
        if text is not None and there == text.encode():
            return "same"
        return "ours" if hashlib.sha256(there).hexdigest() == self._sums.get(path) else "changed"

    def write(self, file: File) -> None:
        """Write a file, whole or not at all. Raises `OSError`."""
        self._replace(file.path, file.text.encode(), file.mode)
        self._sums[file.path] = hashlib.sha256(file.text.encode()).hexdigest()

    def keep(self) -> None:
        """Write down what was written. Raises `OSError`."""
        self._replace(RECORD, json.dumps(self._sums, indent=1).encode() + b"\n", 0o644)

    def remove(self, path: str) -> None:
        """Remove a file, and its folder where nothing else is in it and it is ours. Raises `OSError`."""
        place = below(self._root, path)
        place.unlink(missing_ok=True)
        if place.parent.name == "ngair" and place.parent.is_dir() and not any(place.parent.iterdir()):
            place.parent.rmdir()

    def _replace(self, path: str, data: bytes, mode: int) -> None:
        place = below(self._root, path)
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        new = place.with_name(f".{place.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)


def below(root: Path, path: str) -> Path:
    """A path of the system that stands in this folder. Raises `Failure` for one that links lead out of it."""
    place = root / path.lstrip("/")
    if not place.parent.resolve().is_relative_to(root):
        raise Failure(f"{place}: leads out of {root}")
    return place


def runnable(commands: Sequence[Command], root: Path) -> Iterator[tuple[Command, list[str]]]:
    """Those that can be run: with their words, for a system that stands in this folder."""
    for command in commands:
        if root == Path("/"):
            yield command, list(command.words)
        elif command.root_option:
            yield command, [command.words[0], f"--root={root}", *command.words[1:]]


def call(words: Sequence[str]) -> str:
    """Run a command: what is wrong with it, or nothing. A service manager that does not run is told nothing."""
    if shutil.which(words[0]) is None:
        return "is not on this machine"
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    told = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "" if done.returncode == 0 else (told[-1] if told else f"exit code {done.returncode}")


def systemd_runs() -> bool:
    """Whether this machine was started by systemd (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def interpreter() -> Path:
    """The Python of the launcher: not that of a virtual environment, which may be made anew under it."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def unreachable(path: Path) -> Path | None:
    """The first folder or file on the way to a path through which other users may not go."""
    for part in [*reversed(path.parents), path]:
        try:
            if not part.stat().st_mode & 0o001:
                return part
        except OSError:
            return part
    return None


def _text(name: str) -> str:
    return (_folder() / name).read_text(encoding="utf-8")


def _names(folder: str) -> list[str]:
    place = _folder() / folder
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def _folder() -> Path:
    """The packaged files: in a wheel within the package, in a checkout beside it."""
    package = Path(ngair.__file__).parent
    packaged = package / "_packaging"
    return packaged if packaged.is_dir() else package.parents[1] / "packaging"
