"""Which layout the data folder has: `layout.json`, so that no version takes the files of another for its own.

A version that finds an older layout makes it its own, step by step, forward only. One that finds a newer layout, as
after falling back to it, goes on with what it can read, and keeps a copy of each file before it writes that over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import msgspec

from ngair.adapters.folder import Folder

FILE = "layout.json"
LAYOUT = 1
"""Of this version. A folder without the file is of the first."""
MIGRATIONS: dict[int, Callable[[Folder], None]] = {}
"""What makes of a layout, by its number, the next one. Safe to be run again after a power cut; raises `OSError`."""

log = logging.getLogger("ngair")


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What the file tells."""

    layout: int
    written_by: str
    """The version that made the folder what it is."""


def settle(
    folder: Folder,
    version: str,
    layout: int = LAYOUT,
    migrations: Mapping[int, Callable[[Folder], None]] = MIGRATIONS,
) -> None:
    """Make the folder this version's, as far as it can be. A disk that cannot be written is no reason not to start."""
    found = _found(folder)
    if found is None:
        return
    if found.layout > layout:
        log.warning(
            "data folder %s was laid out by a newer version, %s: this one goes on with what it can read, and keeps a "
            "copy of what it writes over",
            folder.path,
            found.written_by,
        )
        folder.spare(f".layout-{found.layout}")
        return
    try:
        for number in range(found.layout, layout):
            migrations[number](folder)
            _write(folder, number + 1, version)
            log.info("data folder %s has layout %d now", folder.path, number + 1)
        if found.layout == layout and found.written_by != version:
            _write(folder, layout, version)
    except OSError as error:
        log.warning("%s cannot be written (%s): look at the disk", folder.path / FILE, error.strerror or error)


def _found(folder: Folder) -> Layout | None:
    """`None` for a file that cannot be read: it may be anybody's, so it stays as it is."""
    data = folder.load(FILE)
    if data is None:
        return Layout(layout=1, written_by="") if not (folder.path / FILE).exists() else None
    try:
        found = msgspec.json.decode(data, type=Layout)
        if found.layout >= 1:
            return found
    except msgspec.MsgspecError:
        pass
    log.warning("%s in the data folder is damaged: the box goes on as if the folder were its own", FILE)
    return None


def _write(folder: Folder, layout: int, version: str) -> None:
    folder.save(FILE, msgspec.json.encode(Layout(layout=layout, written_by=version)))
