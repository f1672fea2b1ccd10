"""What the two pages are made of, without a browser."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from ngair.adapters.web import PAGES, content_security_policy, page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_no_address_outside(name: str) -> None:
    addresses = set(re.findall(rb"(?:https?:)?//[^\s\"'<>]+\.[^\s\"'<>]+", page(name)))
    assert addresses <= {b"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_that_the_policy_would_stop(name: str) -> None:
    markup = re.sub(rb"<(script|style)>.*?</\1>", b"", page(name), flags=re.DOTALL)
    assert re.findall(rb"<[^>]*\s(?:on\w+|style)\s*=", markup) == []
    assert re.findall(rb"<(?:script|style|iframe|object|embed|base|form)\b", markup) == []
    assert re.findall(rb"<[^>]*\s(?:src|href)\s*=\s*\"(?!/|data:)", markup) == []
    # An HTML parser turns CR LF into LF before a browser hashes: such a page would never run.
    assert b"\r" not in page(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_never_turns_text_into_markup(name: str) -> None:
    sinks = rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\b|new Function"
    assert re.findall(sinks, page(name)) == []


def test_the_policy_allows_exactly_the_two_blocks() -> None:
    style, script = b"p{color:red}", b"\nlet a = '<p>';\n"
    policy = content_security_policy(b"<style>%b</style><p>hello</p><script>%b</script>" % (style, script))
    directives = dict(part.partition(" ")[::2] for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == "'self'"
    assert directives["style-src"] == _hash(style)
    assert directives["script-src"] == _hash(script)
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "markup",
    [
        b"<style></style>",
        b"<script></script>",
        b"<style></style><script></script><script></script>",
        b"<style></style><style></style><script></script>",
        b'<style></style><script src="/other.js"></script>',
    ],
)
def test_a_page_with_other_blocks_has_no_policy(markup: bytes) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        content_security_policy(markup)


@pytest.mark.parametrize("name", ["", "index", "../web/index.html", "__init__.py", "/etc/hostname"])
def test_nothing_else_is_a_page(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        page(name)


def _hash(block: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(block).digest()).decode()}'"
