"""The locks of the program, of its settings and its data folder."""

from __future__ import annotations

from ngair.adapters.folder import Folder
from ngair.adapters.http.locks import Locks
from ngair.adapters.password import Passwords
from ngair.model.settings import Settings


def locks_of(settings: Settings, folder: Folder, https_port: int | None = None) -> Locks:
    """Who is let in. Reads the folder. `https_port`: where the password is taken, and nowhere else."""
    return Locks(Passwords(folder), read_lock=settings.read_lock, https_port=https_port)
