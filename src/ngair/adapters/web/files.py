"""The files of the page at `/`, as its build left them: what they are, and how they may be kept."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
        # The library that renders makes its templates with this one, before any text from outside is put into them.
        "trusted-types lit-html",
    )
)
"""The page runs its own files and nothing else, and cannot turn text into markup (CSP Level 3, Trusted Types)."""

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

SETUP_PATH = "/setup"
"""Of the page by which the box is given a network."""

Headers = tuple[tuple[bytes, bytes], ...]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file, ready to be published."""

    path: str
    """Under which it is served."""
    body: bytes
    gzip: bytes | None
    """The same, compressed; `None` where that makes it no smaller."""
    content_type: str
    headers: Headers


def files() -> Iterator[File]:
    """All of them; where the page was not built, one that says so."""
    built = resources.files(__package__).joinpath("built")
    if not built.joinpath("index.html").is_file():
        yield _file("/", ".html", _NOT_BUILT, None)
        return
    for path, folder in _places(built, "/"):
        yield _read(path, folder)


def _places(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    """Path and folder of each file that is served."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _places(entry, f"{path}{entry.name}/")
        elif _suffix(entry.name) in CONTENT_TYPES:
            yield path + entry.name, folder


def _read(path: str, folder: Traversable) -> File:
    name = path.rpartition("/")[2]
    body = folder.joinpath(name).read_bytes()
    packed = folder.joinpath(name + ".gz")
    gzip = packed.read_bytes() if packed.is_file() else None
    return _file(_PAGES.get(path, path), _suffix(name), body, gzip if gzip and len(gzip) < len(body) else None)


def _file(path: str, suffix: str, body: bytes, gzip: bytes | None) -> File:
    # The name of an asset changes with its content: it need never be asked for again.
    cache = b"public, max-age=31536000, immutable" if path.startswith("/assets/") else b"no-cache"
    headers = (
        (b"cache-control", cache),
        (b"content-security-policy", POLICY.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )
    return File(path=path, body=body, gzip=gzip, content_type=CONTENT_TYPES[suffix], headers=headers)


_PAGES = {"/index.html": "/", "/setup.html": SETUP_PATH}
"""Under which paths the built pages are served."""


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


_NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ngair: the page is not built</title>
<h1>The page is not built</h1>
<p>The box works, but this copy of the program came without its page. In its folder, start <code>scripts/run</code>, or
<code>python scripts/build_page.py</code>, then start the program again.</p>
<p>The figures are at <a href="/api/v1/site">/api/v1/site</a>, the rest is described at <a href="/docs">/docs</a>.</p>
</html>
"""
