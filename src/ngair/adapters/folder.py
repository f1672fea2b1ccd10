"""The data folder: small files, each replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import pwd
from pathlib import Path

from ngair.model.limits import STATE_FILE_MAX_BYTES

log = logging.getLogger("ngair")


class FolderError(Exception):
    """The data folder cannot be used. The text says why and what to do."""


class Folder:
    """Implements `gateway.ports.Store`. Raises `FolderError` where the folder cannot be made or used.

    On a disk that has become read-only, as worn memory cards do, the box goes on with what is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._spare: str | None = None
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(
                f"data folder {path} cannot be made ({error.strerror}): choose one with --data"
            ) from error
        if os.access(path, os.R_OK | os.W_OK | os.X_OK):
            return
        if not os.access(path, os.R_OK | os.X_OK) or not os.statvfs(path).f_flag & os.ST_RDONLY:
            raise FolderError(f"data folder {path} cannot be used: change its owner, or choose one with --data")
        log.warning("data folder %s is on a read-only disk: look at the disk; until then nothing new is kept", path)

    def lock(self) -> None:
        """Keep it for this process until it ends. Raises `FolderError` while another one has it.

        Root does not work in somebody else's: links there would lead it anywhere, and what it makes is not theirs.
        """
        owner = self.path.stat().st_uid
        if os.geteuid() == 0 != owner:
            raise FolderError(
                f"data folder {self.path} belongs to user {_user(owner)}: do this as that user (sudo -u), or choose "
                "another one with --data"
            )
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno == errno.EWOULDBLOCK:
                raise FolderError(
                    f"data folder {self.path} is used by another ngair: stop it, or choose one with --data"
                ) from error
            log.debug("no lock on %s: %s", self.path, error)

    def spare(self, suffix: str) -> None:
        """From now on keep a copy, with this suffix, of each file as it is before it is written over the first time."""
        self._spare = suffix

    def load(self, name: str) -> bytes | None:
        """A file's content; `None`, with a line in the log, where it cannot be one that was saved."""
        try:
            with (self.path / name).open("rb") as file:
                data = file.read(STATE_FILE_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("%s cannot be read (%s): the box goes on without it", self.path / name, error.strerror)
            return None
        if len(data) > STATE_FILE_MAX_BYTES:
            log.warning("%s is far too large: the box goes on without it", self.path / name)
            return None
        return data

    def save(self, name: str, data: bytes) -> None:
        """Replace a file. After a power cut there is the old or the new one. Raises `OSError`.

        Only the folder's owner may read it, also where root writes it.
        """
        temporary = self.path / f".{name}.new"
        if self._spare is not None:
            self._keep_copy(name, f"{name}{self._spare}")
        try:
            with os.fdopen(_only_mine(temporary), "wb") as file:
                if os.geteuid() == 0:
                    owner = self.path.stat()
                    with contextlib.suppress(OSError):  # a root that may not has to read it itself
                        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        self._sync()

    def _keep_copy(self, name: str, copy: str) -> None:
        """A second name is a copy here, for a file is never changed, only replaced."""
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.link(self.path / name, self.path / copy)

    def _sync(self) -> None:
        """Make the new name last too."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _only_mine(path: Path) -> int:
    """Never through a link that the folder's owner may have put there, and never into a file that others may read."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def default_folder(environment: dict[str, str], *, root: bool) -> Path:
    """Where data stands when nobody says otherwise: as the service manager has it, else the system's state for root,
    else the user's (XDG).
    """
    # systemd.exec(5): several are separated by colons.
    managed = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if managed.startswith("/"):
        return Path(managed)
    if root:
        return Path("/var/lib/ngair")
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(environment.get("HOME", "/nonexistent"))
    return (Path(state) if state.startswith("/") else home / ".local" / "state") / "ngair"
