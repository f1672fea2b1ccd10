"""What keeps the page from running anything but itself: what it is made of, and what a browser makes of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from fastcrc import crc16
from playwright.sync_api import Error, Route, expect

from ngair.adapters.web import PAGES, content_security_policy, page
from ngair.adapters.web.files import CONTENT_TYPES, POLICY, files
from tests.program import Box, running
from tests.web.conftest import PLACES, OpenPage
from tests.web.dongle import LINES, plugged_in
from tests.web.visit import ROOT, Visit

HOSTILE = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>"
SINKS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\b|new Function"
KEPT = re.compile(
    "t|.*time|.*_at|from|to|start|since|first|last|oldest|created|zone|by|step|link|state|kind|rule|currency|phase|unit|token"
)
"""Keys of what the page has to understand; everything else is text for people."""


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
    assert re.findall(SINKS.encode(), page(name)) == []


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


@pytest.mark.parametrize("path", sorted((ROOT / "web" / "src").rglob("*.ts")), ids=lambda path: path.name)
def test_the_sources_of_the_page_have_nothing_that_turns_text_into_markup(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.findall(rf"{SINKS}|unsafeHTML|unsafeSVG|unsafeCSS|trustedTypes", source) == []
    # The policy stops a style in markup; an element's own style object is free.
    assert re.findall(r"<[^>`]*\sstyle=|styleMap|<style\b|<script\b", source) == []


def test_the_files_of_the_page_name_no_address_outside() -> None:
    for file in files():
        if not file.content_type.startswith("image/png"):
            addresses = set(re.findall(rb"(?:https?:)?//[a-zA-Z0-9.-]+\.[a-z]{2,}[^\"'`\s]*", file.body))
            assert addresses <= {b"http://www.w3.org/2000/svg"}, file.path


def test_every_file_has_the_policy_and_its_type(box: Box) -> None:
    served = {file.path for file in files()}
    assert {"/", "/setup", "/manifest.webmanifest", "/icon.svg"} <= served
    for path in served:
        answer = box.get(path, headers={"accept-encoding": "gzip"})
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] in CONTENT_TYPES.values()
        forever = path.startswith("/assets/")
        assert answer.headers["cache-control"] == ("public, max-age=31536000, immutable" if forever else "no-cache")
        etag = answer.headers["etag"]
        again = box.get(path, headers={"accept-encoding": "gzip", "if-none-match": etag})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
        plain = box.get(path)
        assert "content-encoding" not in plain.headers
        if "content-encoding" in answer.headers:
            assert answer.headers["vary"] == plain.headers["vary"] == "accept-encoding"
            assert plain.headers["etag"] != etag
            assert gzip.decompress(answer.body) == plain.body
    assert "unsafe" not in POLICY


def test_files_beside_those_of_the_page_are_not_served(box: Box) -> None:
    for path in (
        "/stamp.txt",
        "/index.html",
        "/setup.html",
        "/index.html.gz",
        "/assets/",
        "/assets/../stamp.txt",
        "/__init__.py",
    ):
        assert box.get(path).status == 404, path


@pytest.mark.parametrize(
    ("smuggled", "refused_by"),
    [
        ("eval('document.title = 1')", "unsafe-eval|TrustedScript"),
        ("new Function('document.title = 1')()", "unsafe-eval|TrustedScript"),
        ("setTimeout('document.title = 1')", "TrustedScript"),
        ("document.querySelector('main').innerHTML = '<b>bold</b>'", "TrustedHTML"),
        ("trustedTypes.createPolicy('own', { createHTML: (text) => text })", "disallowed"),
    ],
)
def test_no_script_can_make_code_of_text(smuggled: str, refused_by: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.shown("now")
    # By the page itself: what a debugger evaluates is free to do more.
    attempt = f"try {{ {smuggled}; done(); }} catch (error) {{ failed(error); }}"
    later = f"() => new Promise((done, failed) => setTimeout(() => {{ {attempt} }}))"
    with pytest.raises(Error, match=refused_by):
        visit.page.evaluate(later)
    visit.errors.clear()


def test_an_inline_script_or_style_does_nothing(box: Box, open_page: OpenPage) -> None:
    """Markup as a hostile proxy or a hole in the page would bring it."""
    visit = open_page(box.url, go=False)

    def with_script(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace(
            "<head>", "<head><script>window.ran = true</script><style>html{color:red}</style>"
        )
        route.fulfill(
            response=response,
            body=body.replace("<body>", '<body onpointermove="window.ran = true" style="margin:9px">'),
        )

    visit.page.route(box.url, with_script)
    visit.page.goto(box.url)
    visit.shown("now")
    visit.page.mouse.move(50, 50)
    assert visit.page.evaluate("window.ran") is None
    assert visit.page.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert sum("Content Security Policy" in error for error in visit.errors) >= 4
    visit.errors.clear()


def test_a_meter_that_sends_markup_shows_as_text(open_page: OpenPage, tmp_path: Path) -> None:
    lines = ["/TST5" + HOSTILE, *LINES[1:3], f"0-0:96.1.1({HOSTILE})", *LINES[3:]]
    body = "\r\n".join(lines).encode("ascii")
    data = body + f"{crc16.arc(body):04X}\r\n".encode("ascii")
    with plugged_in(data) as dongle:
        meter = f"tcp://127.0.0.1:{dongle.port}"
        with running("run", "--meter", meter, "--main-fuse", "25", "--data", str(tmp_path), "--mdns", "off") as box:
            box.until("/api/v1/site", lambda site: site["meter"]["fresh"])
            visit = open_page(box.url)
            for place in PLACES:
                visit.go(place)
                visit.quiet()
                _has_no_markup_of_others(visit)
            visit.go("meter")
            expect(visit.page.get_by_text(HOSTILE).first).to_be_visible()
            visit.leave()


def test_a_box_that_sends_markup_everywhere_shows_as_text(box: Box, open_page: OpenPage) -> None:
    """Every text for people in every document, whoever it came from: chargers, users, logs, the box's own words."""
    told: set[str] = set()

    def hostile(route: Route) -> None:
        response = route.fetch()
        if response.status != 200 or "json" not in response.headers.get("content-type", ""):
            route.fulfill(response=response)
            return
        told.add(route.request.url)
        route.fulfill(response=response, json=_with_markup(response.json()))

    visit = open_page(box.url, go=False)
    visit.change_site(lambda site: site.update(_with_markup(site)))
    visit.page.route(re.compile(r"/api/v1/(?!site|stream)"), hostile)
    visit.page.goto(box.url)
    for place in PLACES:
        visit.go(place)
        visit.quiet()
        if place != "energy":  # It names its only charger nowhere.
            expect(visit.page.get_by_text(HOSTILE).first).to_be_attached()
        _has_no_markup_of_others(visit)
    assert len(told) > len(PLACES)
    # The box knows no outlet of such a name.
    visit.forgive("422", "404")


def _with_markup(document: Any, key: str = "") -> Any:
    """A document with markup behind every text that the page does not have to understand."""
    if isinstance(document, dict):
        return {name: _with_markup(value, name) for name, value in document.items()}
    if isinstance(document, list):
        return [_with_markup(value, key) for value in document]
    return document + HOSTILE if isinstance(document, str) and not KEPT.fullmatch(key) else document


def _has_no_markup_of_others(visit: Visit) -> None:
    assert visit.page.locator('img, script:not([src^="/assets/"])').count() == 0
    assert "taken over" not in visit.page.title()


def _hash(block: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(block).digest()).decode()}'"
