"""What is built from a checkout knows its commit, and building leaves the checkout as it was."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commit of the tree as it is now, in a repository of its own, with everything built from it in dist/."""
    folder = tmp_path_factory.mktemp("build") / "check out"
    for name in _output(ROOT, "git", "-c", f"safe.directory={ROOT}", "ls-files", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    author = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false"]
    _output(folder, "git", "init", "--quiet")
    _output(folder, "git", "add", "--force", ".")
    _output(folder, "git", *author, "commit", "--quiet", "--message", "all of it")
    _build(folder)
    return folder


def test_a_wheel_knows_its_commit(checkout: Path) -> None:
    assert _commit_in(_wheel(checkout)) == _head(checkout)


def test_a_wheel_made_from_the_source_archive_knows_the_same_commit(checkout: Path, tmp_path: Path) -> None:
    _output(tmp_path, "tar", "xzf", str(next((checkout / "dist").glob("*.tar.gz"))))
    unpacked = next(tmp_path.iterdir())
    _build(unpacked)
    assert _commit_in(_wheel(unpacked)) == _head(checkout)


def test_a_copy_inside_another_repository_does_not_take_its_commit(checkout: Path) -> None:
    copy = checkout / "dist" / "copy"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git", "dist"))
    _build(copy, "--target", "wheel")
    assert _commit_in(_wheel(copy)) is None


def test_building_leaves_the_checkout_as_it_was(checkout: Path) -> None:
    assert _output(checkout, "git", "status", "--porcelain") == ""


def test_a_wheel_carries_the_program_and_its_types(checkout: Path) -> None:
    with ZipFile(_wheel(checkout)) as wheel:
        names = set(wheel.namelist())
    source = checkout / "src"
    expected = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert "ngair/py.typed" in expected
    assert expected <= names
    assert not {name for name in names if name.startswith(("tests/", "scripts/"))}


def _build(folder: Path, *arguments: str) -> None:
    _output(folder, sys.executable, "-m", "hatchling", "build", *arguments)


def _wheel(folder: Path) -> Path:
    return next((folder / "dist").glob("*.whl"))


def _commit_in(wheel: Path) -> str | None:
    with ZipFile(wheel) as archive:
        if "ngair/_commit.txt" not in archive.namelist():
            return None
        return archive.read("ngair/_commit.txt").decode().strip()


def _head(folder: Path) -> str:
    return _output(folder, "git", "rev-parse", "--short=7", "HEAD").strip()


def _output(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
