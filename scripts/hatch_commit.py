"""Build hook: tells a built package which commit it was made from.

Where there is no git, the program cannot ask for its commit, which its firmware string
`ngair.<version>-0-g<commit>` names. So a wheel carries `ngair/_commit.txt`, and a source archive carries the
same file where a wheel built from it picks it up. Nothing is written into the checkout.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = {"wheel": "ngair/_commit.txt", "sdist": "src/ngair/_commit.txt"}


class CommitHook(BuildHookInterface[Any]):
    """Adds the commit to wheels and source archives; an editable install asks git when it runs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        self._folder = tempfile.TemporaryDirectory()
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
