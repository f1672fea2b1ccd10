"""The web page at `/` (`files.py`), and the API reference at `/docs`: one file that needs nothing but this box."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

PAGES = ("docs.html",)

_INLINE = {
    "style-src": re.compile(rb"<style>(.*?)</style>", re.DOTALL),
    "script-src": re.compile(rb"<script>(.*?)</script>", re.DOTALL),
}


def page(name: str) -> bytes:
    """One of `PAGES`, UTF-8. Raises `FileNotFoundError` for any other name."""
    if name not in PAGES:
        raise FileNotFoundError(name)
    return resources.files(__name__).joinpath(name).read_bytes()


def content_security_policy(page_bytes: bytes) -> str:
    """The `Content-Security-Policy` value that lets this page run its own two blocks and nothing else.

    The hashes (CSP Level 3, section 2.3.1) make injected markup inert, and Trusted Types forbid the script
    itself to turn text into markup. Raises `ValueError` unless the page has one style and one script block.
    """
    directives = ["default-src 'none'", "connect-src 'self'", "img-src 'self' data:"]
    for directive, pattern in _INLINE.items():
        blocks = pattern.findall(page_bytes)
        if len(blocks) != 1:
            raise ValueError(f"{directive}: the page needs exactly one block, this one has {len(blocks)}")
        digest = base64.b64encode(hashlib.sha256(blocks[0]).digest()).decode("ascii")
        directives.append(f"{directive} 'sha256-{digest}'")
    directives += ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"]
    directives += ["require-trusted-types-for 'script'", "trusted-types 'none'"]
    return "; ".join(directives)
