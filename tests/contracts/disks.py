"""Disks that are full or read-only, each seen by one process alone: mounted in a namespace that ends with it."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

SMALL = "size=64k"
READ_ONLY = "ro"


def on_a_disk(options: str, folder: Path, command: Sequence[str], prepare: str = ":") -> list[str]:
    """The command, for which the folder is a disk. `prepare` is shell that runs before, with `$1` the folder."""
    if not _mounts():
        pytest.skip("needs the right to mount: root, or user namespaces")
    options, read_only = (SMALL, True) if options == READ_ONLY else (options, False)
    mount = f'mount -t tmpfs -o {options} ngair-test "$1" && {prepare}'
    if read_only:
        mount += ' && mount -o remount,bind,ro "$1"'
    return [*_NAMESPACE, "sh", "-c", f'{mount} && shift && exec "$@"', "sh", str(folder), *command]


FILL = 'head -c 1000000 /dev/zero > "$1/filled" 2> /dev/null || true'
"""Leaves no byte free."""
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


@functools.cache
def _mounts() -> bool:
    try:
        command = [*_NAMESPACE, "sh", "-c", f'mount -t tmpfs none /mnt && "{sys.executable}" -c "import ngair"']
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
