"""Who this machine says it is: its interface's address, its installed commit, and the identity that was kept."""

from __future__ import annotations

import logging
import secrets
import subprocess
from importlib import resources
from pathlib import Path

import msgspec

import ngair
from ngair.adapters.folder import Folder
from ngair.device.identity import Identity, firmware_text, mac_text, new_identity

NAME = "box.json"
NO_COMMIT = "0000000"

log = logging.getLogger("ngair")


def load_identity(folder: Folder) -> Identity:
    """The box's identity, made at its first start. Raises `OSError` when a new one cannot be kept."""
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
    folder.save(NAME, msgspec.json.encode(identity))
    return identity


def interface_mac(route: Path = Path("/proc/net/route"), net: Path = Path("/sys/class/net")) -> str | None:
    """Address of the interface that the default route leaves by; `None` where there is none."""
    try:
        for line in route.read_text("ascii").splitlines()[1:]:
            name, destination = line.split()[:2]
            if destination == "00000000":
                return mac_text((net / name / "address").read_text("ascii"))
    except (OSError, ValueError):
        pass
    return None


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
