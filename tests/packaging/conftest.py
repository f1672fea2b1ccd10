"""The Debian package of this checkout, built once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(name="wheels", scope="session")
def _wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the libraries, as the lock file names them, and our own."""
    return _made_once(tmp_path_factory, "wheels", _collect)


def _made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first who needs it fills. Tests that run side by side share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            make(folder)
            (folder / "whole").touch()
    return folder


def _collect(folder: Path) -> None:
    lock = str(ROOT / "requirements" / "run.txt")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--require-hashes", "--only-binary", ":all:", "--requirement", lock, "--dest", str(folder)]
    subprocess.run(pip, check=True, capture_output=True)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "own")]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)


def built(wheels: Path, out: Path, **environment: str) -> Path:
    """The package, from wheels."""
    (own,) = (wheels / "own").glob("*.whl")
    command = [sys.executable, str(ROOT / "scripts" / "build_deb.py")]
    command += ["--out", str(out), "--wheels", str(wheels), "--wheel", str(own)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    (deb,) = out.glob("*.deb")
    return deb


@pytest.fixture(name="deb", scope="session")
def _deb(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(folder: Path) -> None:
        built(wheels, folder, SOURCE_DATE_EPOCH="1700000000")

    (deb,) = _made_once(tmp_path_factory, "deb", build).glob("*.deb")
    return deb
