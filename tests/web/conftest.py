"""Debian's chromium, one a module, and a fresh visitor for each test, in the windows that people have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.program import DEADLINE_S, Box, running
from tests.web.visit import Visit, hash_of

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
WINDOWS = {"phone": PHONE, "small-phone": SMALL_PHONE, "desktop": DESKTOP}
SCHEMES = ("light", "dark")
PLACES = ("now", "energy", "log", "meter", "box")
"""As the page's addresses name them."""

OpenPage = Callable[..., Visit]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    """A browser with an empty profile of its own; it ends with the module, for it owns the thread's event loop."""
    if not CHROMIUM.exists():
        pytest.fail(f"these tests need Debian's chromium at {CHROMIUM}: install it with apt-get install chromium")
    expect.set_options(timeout=DEADLINE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A simulated house with two cars that has read its meter."""
    folder = tmp_path_factory.mktemp("demo")
    with running("demo", "--cars", "2", env={"TMPDIR": str(folder)}) as box:
        box.until("/api/v1/site", _is_at_work)
        yield box
        assert box.stop() == 0


def _is_at_work(site: Any) -> bool:
    """Whether all of it has told something, and it remembers."""
    outlets = [outlet for charger in site["chargers"] for outlet in charger["outlets"]]
    told = bool(outlets) and all(outlet["age_s"] is not None for outlet in outlets)
    return bool(site["meter"]["fresh"] and told and site["memory"]["state"] == "up")


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest) -> dict[str, int]:
    """Size of a window: a test that asks for it runs in each. Handed to `open_page` as `viewport`."""
    return WINDOWS[request.param]


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Light, then dark. Handed to `open_page` as `color_scheme`."""
    name: str = request.param
    return name


@pytest.fixture(name="open_page")
def _open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a window of its own: `open_page(url, change_site, place="log", token=…, **context)`.

    With a `token` of the box its visitor has signed in before. With `go=False` its window is left empty, to be prepared
    and then sent there. At the end nothing may have gone wrong, or outside.
    """
    visits: list[Visit] = []

    def open_page(
        url: str,
        change: Callable[[Any], None] | None = None,
        place: str | None = None,
        token: str | None = None,
        *,
        go: bool = True,
        **window: Any,
    ) -> Visit:
        visit = Visit(browser.new_context(**({"viewport": DESKTOP} | window)), url)
        visits.append(visit)
        if token is not None:
            visit.sign_in(token)
        if change is not None:
            visit.change_site(change)
        if go:
            visit.page.goto(url if place is None else url + hash_of(place))
        return visit

    yield open_page
    for visit in visits:
        visit.close()
    assert [error for visit in visits for error in visit.errors] == []
    assert [address for visit in visits for address in visit.outside] == []
