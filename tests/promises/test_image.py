"""The same commit and the same wheels make the same image, so that anybody can see what one was made of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ngair.adapters.firmware.keys import load_public_keys, make_keys
from ngair.adapters.firmware.looking import look_at
from tests.program import clean_environment, ngair

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(name="key", scope="module")
def _key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("keys") / "release.key"
    make_keys(key, "")
    return key


def test_the_program_is_built_to_the_same_bytes_wherever_and_whenever(tmp_path: Path, key: Path) -> None:
    images = []
    for name, umask, zone in (("one", 0o022, "UTC"), ("another place", 0o077, "Asia/Tokyo")):
        folder = tmp_path / name
        _copy(folder)
        if umask == 0o077:
            # As if it were checked out years ago, by somebody who keeps it to himself.
            for path in (folder / "src").rglob("*.py"):
                path.chmod(0o600)
                os.utime(path, (1e9, 1e9))
        _run(["-m", "hatchling", "build", "--target", "wheel"], folder, umask, zone)
        (wheel,) = (folder / "dist").glob("*.whl")
        done = ngair("firmware", "build", str(wheel), "--out", str(folder / "image.ngfw"), "--key", str(key))
        assert done.returncode == 0, done.stderr
        images.append((folder / "image.ngfw").read_bytes())
    assert images[0] == images[1]


@pytest.mark.long
def test_the_script_makes_the_same_image_twice_of_all_that_the_program_needs(tmp_path: Path, key: Path) -> None:
    for name in ("one.ngfw", "other.ngfw"):
        command = [str(ROOT / "scripts" / "image"), name, "--key", str(key)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.ngfw").read_bytes() == (tmp_path / "other.ngfw").read_bytes()
    found = look_at(tmp_path / "one.ngfw", load_public_keys(key.with_name("release.key.pub")))
    assert (found.faults, found.signer) == ((), "")
    locked = re.findall(r"^([a-z0-9.-]+)==\S+ ?;?(.*)", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE)
    needed = {name for name, only in locked if "win32" not in only}
    assert len(found.manifest.files) == len(needed) + 1


def _copy(folder: Path) -> None:
    """What building a wheel takes, outside of any repository."""
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("packaging", "scripts", "src", "web"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))


def _run(arguments: list[str], folder: Path, umask: int, zone: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        umask=umask,
        env=clean_environment() | {"TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
