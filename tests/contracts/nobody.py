"""Commands as a user without rights, whoever runs the tests."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

NOBODY = 65534


def without_rights(command: Sequence[str]) -> list[str]:
    """The command, run by another user if this one is root."""
    return list(command) if os.geteuid() != 0 else [*_as_nobody(), *command]


@functools.cache
def _as_nobody() -> tuple[str, ...]:
    """Another user, who may read everything where that can be, for the interpreter may stand in root's home."""
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    reads = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
    for prefix in ((*user, *reads), user):
        tried = subprocess.run([*prefix, sys.executable, "-c", "import ngair"], capture_output=True, check=False)
        if tried.returncode == 0:
            return prefix
    pytest.skip(f"no other user can run the interpreter: {tried.stderr.decode()}")


def own(path: Path) -> None:
    """Give something to that user."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def foreign_device(device: Path, mode: int, group: int) -> None:
    """Let a device be root's, and a group's."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a device that is not this user's")
    os.chown(device, 0, group)
    device.chmod(mode)
