"""Build hook: what a package has and a checkout has not: the name of its commit, and the built page.

Where there is no git, the program cannot ask for its commit, which its firmware string
`ngair.<version>-0-g<commit>` names. So a wheel carries `ngair/_commit.txt`, and a source archive carries the
same file where a wheel built from it picks it up; it is not written into the checkout.

The page is built into the checkout, where git ignores it, unless that was done. A source archive carries it, too: only
who builds from a checkout needs Node, which then comes as a build requirement.
"""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = {"wheel": "ngair/_commit.txt", "sdist": "src/ngair/_commit.txt"}


class Hook(BuildHookInterface[Any]):
    """Adds both to wheels and source archives. An editable install asks git when it runs, and may do without page."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What has to be installed before: Node, where the page is yet to be built."""
        root = Path(self.root)
        if _page_builder(root).is_built(root):
            return []
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        node: list[str] = project["dependency-groups"]["page"]
        return node

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        self._folder = tempfile.TemporaryDirectory()
        self._build_page(must=version != "editable")
        if version == "editable" or (Path(self.root) / PLACE["sdist"]).exists():
            return
        commit = commit_of(Path(self.root))
        if commit is None:
            self.app.display_warning("no git commit found: the built package will not know its commit")
            return
        file = Path(self._folder.name) / "_commit.txt"
        file.write_text(commit + "\n", encoding="ascii")
        build_data["force_include"][str(file)] = PLACE[self.target_name]

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called by hatchling when the package is written."""
        self._folder.cleanup()

    def _build_page(self, *, must: bool) -> None:
        builder = _page_builder(Path(self.root))
        try:
            builder.build(Path(self.root))
        except builder.PageError as error:
            if must:
                raise
            self.app.display_warning(f"{error}")


def _page_builder(root: Path) -> ModuleType:
    """`build_page.py` beside this file, which no path for imports leads to."""
    spec = importlib.util.spec_from_file_location("ngair_build_page", root / "scripts" / "build_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commit_of(root: Path) -> str | None:
    """The short commit of the checkout at `root`, or None if it is not the top of one."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        return None
    return _git(root, "rev-parse", "--short=7", "HEAD")


def _git(root: Path, *arguments: str) -> str | None:
    # Whoever builds need not own the checkout, and runs this file of it anyway.
    command = ["git", "-c", f"safe.directory={root}", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
