"""The data folder: small files, each replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ngair.model.limits import STATE_FILE_MAX_BYTES


class FolderError(Exception):
    """The data folder cannot be used. The text says why and what to do."""


class Folder:
    """Implements `gateway.ports.Store`. Raises `FolderError` where the folder cannot be made or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(
                f"data folder {path} cannot be made ({error.strerror}): choose one with --data"
            ) from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise FolderError(f"data folder {path} cannot be written: change its owner, or choose one with --data")

    def load(self, name: str) -> bytes | None:
        """A file's content; `None` where there is none, or it is larger than anything that was ever saved."""
        try:
            with (self.path / name).open("rb") as file:
                data = file.read(STATE_FILE_MAX_BYTES + 1)
        except OSError:
            return None
        return data if len(data) <= STATE_FILE_MAX_BYTES else None

    def save(self, name: str, data: bytes) -> None:
        """Replace a file. After a power cut there is the old or the new one. Raises `OSError`."""
        temporary = self.path / f".{name}.new"
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        self._sync()

    def _sync(self) -> None:
        """Make the new name last too."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def default_folder(environment: dict[str, str], *, root: bool) -> Path:
    """Where data stands when nobody says otherwise: the system's state for root, else the user's (XDG)."""
    if root:
        return Path("/var/lib/ngair")
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(environment.get("HOME", "/nonexistent"))
    return (Path(state) if state.startswith("/") else home / ".local" / "state") / "ngair"
