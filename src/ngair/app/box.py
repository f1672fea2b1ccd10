"""Who the box is and where it stands, of its settings and its data folder."""

from __future__ import annotations

import contextlib
import os
from datetime import tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from ngair.adapters.folder import Folder
from ngair.adapters.machine import firmware, interface_mac, load_identity, system_zone
from ngair.device.dates import Dates
from ngair.model.settings import Settings
from ngair.model.site import BoxInfo, Site

HISTORY = "history.db"
"""File of the memory, in the data folder."""
FILES_MAX = 1_000
"""Looked at in the data folder, which has about ten."""


def first_site(settings: Settings, folder: Folder) -> Site:
    """The house before anything has happened."""
    identity = load_identity(folder)
    box = BoxInfo(
        serial=identity.serial,
        firmware=firmware(),
        mac=interface_mac() or identity.local_mac,
        profile=settings.profile,
    )
    return Site(box=box, fuses=settings.fuses, pace=settings.pace)


def dates_of(folder: Folder) -> Dates:
    """What the wall clock can show: nothing earlier than when something was written into the data folder."""
    been: list[float] = []
    with contextlib.suppress(OSError):
        been = [entry.stat(follow_symlinks=False).st_mtime for entry in islice(os.scandir(folder.path), FILES_MAX)]
    return Dates(been)


def house_zone(settings: Settings) -> tzinfo:
    """Where the house is."""
    return system_zone(os.environ) if settings.time_zone is None else ZoneInfo(settings.time_zone)
