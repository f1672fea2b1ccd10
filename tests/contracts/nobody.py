"""The program as a user without rights, whoever runs the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

NOBODY = 65534
_SCRIPT = """
import concurrent.futures.thread, os, sys
{loaded}
os.setgroups([])
os.setgid({nobody})
os.setuid({nobody})
{then}
"""
_PROGRAM = """
import encodings.idna, ngair.app, ngair.cli.serving, ngair.adapters.serial, uvicorn.protocols.http.httptools_impl
import uvicorn.lifespan.off, uvicorn.logging, runpy, ngair.__main__
"""


def program(*arguments: str) -> list[str]:
    """The command that starts `ngair` so. All that it needs is loaded while the interpreter may still be read."""
    return script("from ngair.cli.main import main; main(sys.argv[1:])", _PROGRAM, *arguments)


def script(then: str, loaded: str, *arguments: str) -> list[str]:
    """The command that loads something, gives up root's rights and then does something else."""
    if os.geteuid() != 0:
        return [sys.executable, "-c", f"import os, sys\n{loaded}\n{then}", *arguments]
    return [sys.executable, "-c", _SCRIPT.format(loaded=loaded, nobody=NOBODY, then=then), *arguments]


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
