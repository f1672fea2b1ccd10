"""What installing does to the disk, one operation each: a test puts a disk behind it that loses what was not synced."""

from __future__ import annotations

import contextlib
import os

from ngair import launcher

PAGE_BYTES = 4096


class SlotDisk(launcher.Disk):
    """The real disk. All raise OSError."""

    def make_folder(self, path: str) -> None:
        os.mkdir(path, 0o755)  # noqa: PTH102 - as the launcher's part of it, which goes without pathlib

    def entries(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        return sorted(os.listdir(path))  # noqa: PTH208 - likewise

    def remove(self, path: str) -> None:
        """A file, or a link, never what it leads to."""
        os.unlink(path)  # noqa: PTH108 - likewise

    def remove_folder(self, path: str) -> None:
        """An empty one."""
        os.rmdir(path)  # noqa: PTH106 - likewise

    def size(self, path: str) -> int:
        """What a folder and all in it takes, in bytes; 0 for what cannot be seen."""
        total = 0
        for folder, _, names in os.walk(path):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(f"{folder}/{name}").st_blocks * 512
        return total

    def free_bytes(self, path: str) -> int:
        """What this process may still write there."""
        status = os.statvfs(path)
        return status.f_bavail * status.f_frsize
