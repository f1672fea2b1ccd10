"""What this machine tells of itself to whoever looks at the box: versions, disk, addresses, time zone."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path

import ngair
from ngair.api.box import Disk, Machine, Versions
from ngair.api.times import zone_name

ADDRESSES_SHOWN_MAX = 16


def look_around(folder: Path, host: str, uptime_s: float, zone: tzinfo, wall_s: float) -> Machine:
    """The machine now; `folder` is the data folder, `host` where is listened. Takes milliseconds: not in the loop."""
    offset = datetime.fromtimestamp(wall_s, zone).utcoffset()
    return Machine(
        versions=_versions(),
        disk=_disk(folder),
        addresses=_addresses(host),
        uptime_s=uptime_s,
        zone=zone_name(zone),
        utc_offset_s=0 if offset is None else int(offset.total_seconds()),
    )


@cache
def _versions() -> Versions:
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        system = ""
    return Versions(
        ngair=ngair.__version__,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        system=system,
        kernel=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
    )


def _disk(folder: Path) -> Disk | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(folder=str(folder), size_bytes=usage.total, free_bytes=usage.free)


def _addresses(host: str) -> tuple[str, ...]:
    """Where it can be reached; the one where it listens, unless that is all of them."""
    if host not in ("", "::", "0.0.0.0"):
        return (host,)
    from ngair.adapters.mdns_interfaces import read_network

    try:
        return read_network().addresses[:ADDRESSES_SHOWN_MAX]
    except OSError:
        return ()
