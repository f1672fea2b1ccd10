"""Who this machine says it is: its interface's address, its installed commit, and the identity that was kept."""

from __future__ import annotations

import contextlib
import logging
import secrets
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

import ngair
from ngair.adapters.folder import Folder
from ngair.device.identity import Identity, firmware_text, mac_text, new_identity

NAME = "box.json"
NO_COMMIT = "0000000"
ZONE_LINE_BYTES = 256
_METRIC, _MASK = 6, 7
"""Columns of /proc/net/route, after name and destination."""

log = logging.getLogger("ngair")


def load_identity(folder: Folder) -> Identity:
    """The box's identity, made at its first start. One that cannot be kept lasts until the next start."""
    data = folder.load(NAME)
    if data is not None:
        try:
            kept = msgspec.json.decode(data, type=Identity)
        except msgspec.MsgspecError:
            kept = None
        if kept is not None and kept.is_sound:
            return kept
        log.warning("%s in the data folder is damaged: the box gets a new serial number", NAME)
    identity = new_identity(secrets.token_bytes(32))
    try:
        folder.save(NAME, msgspec.json.encode(identity))
    except OSError as error:
        log.warning(
            "%s cannot be kept in the data folder (%s): free some space, or look at the disk; "
            "until then the box gets a new serial number at each start",
            NAME,
            error.strerror,
        )
    return identity


def interface_mac(route: Path = Path("/proc/self/net/route"), net: Path = Path("/sys/class/net")) -> str | None:
    """Address of the interface that the default route leaves by, the best of several; `None` where there is none.

    A tunnel has no address, and half of the Internet (`0.0.0.0/1`, as some of them claim it) is no default route.
    """
    with contextlib.suppress(OSError, ValueError):
        routes = [line.split() for line in route.read_text("ascii").splitlines()[1:]]
        defaults = [fields for fields in routes if len(fields) > _MASK and fields[1] == fields[_MASK] == "00000000"]
        for fields in sorted(defaults, key=lambda fields: int(fields[_METRIC])):
            if (mac := _interface_mac(net / fields[0])) is not None:
                return mac
    return None


def _interface_mac(interface: Path) -> str | None:
    try:
        return mac_text((interface / "address").read_text("ascii"))
    except (OSError, ValueError):
        return None


def system_zone(
    environment: Mapping[str, str],
    timezone: Path = Path("/etc/timezone"),
    localtime: Path = Path("/etc/localtime"),
) -> ZoneInfo:
    """Where this machine says that it is; UTC where nothing tells, or tells something that there is not."""
    for name in (environment.get("TZ", "").removeprefix(":"), _first_line(timezone), _zone_of_link(localtime)):
        if name:
            with contextlib.suppress(OSError, KeyError, ValueError):
                return ZoneInfo(name)
    return ZoneInfo("UTC")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.readline(ZONE_LINE_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        return ""


def _zone_of_link(path: Path) -> str:
    """Systems link their local time to a file below some `zoneinfo/`."""
    try:
        return str(path.readlink()).partition("/zoneinfo/")[2].removeprefix("posix/")
    except OSError:
        return ""


def firmware() -> str:
    """This installation's firmware string."""
    return firmware_text(ngair.__version__, _commit())


def _commit() -> str:
    """The commit that the wheel was built from, else that of the checkout, else none."""
    try:
        return resources.files(ngair).joinpath("_commit.txt").read_text("ascii").strip()
    except OSError:
        pass
    root = Path(ngair.__file__).parents[2]
    if not (root / ".git").exists():
        return NO_COMMIT
    command = ["git", "-C", str(root), "rev-parse", "--short=7", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return NO_COMMIT
    return done.stdout.strip() or NO_COMMIT
