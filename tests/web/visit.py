"""A visitor: one window, and what the browser said and asked for meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, Route, expect

from tests.program import DEADLINE_S

ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path(os.environ.get("NGAIR_TEST_SHOTS") or ROOT / ".venv" / "shots")
STREAM = "/api/v1/stream"


def hash_of(place: str) -> str:
    """The address of a place behind that of the box: `now`, `energy?by=day`."""
    name, _, query = place.partition("?")
    return f"#/{'' if name == 'now' else name}{'?' if query else ''}{query}"


class Visit:
    """A window on a box."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.errors: list[str] = []
        """Console errors, violations of the policy among them, and exceptions."""
        self.requests: list[str] = []
        self.failed: list[str] = []
        """Requests that were given up, or not answered."""
        self.outside: list[str] = []
        """Requests to anybody but the box."""
        self._due: set[Request] = set()
        self._context = context
        self._altered = False
        self._origin = urlsplit(url)[:2]
        self.page = context.new_page()
        self.page.set_default_timeout(DEADLINE_S * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)
        self.page.on("requestfinished", lambda request: self._due.discard(request))
        self.page.on("requestfailed", self._unanswered)

    def field(self, name: str) -> Locator:
        """The element that shows a field."""
        return self.page.locator(f'[data-field="{name}"]')

    def banner(self, tone: str = "") -> Locator:
        """What is said above every place; of one tone only where one is named."""
        return self.field("banners").locator(".banner" + (f'[data-tone="{tone}"]' if tone else ""))

    def sign_in(self, token: str) -> None:
        """Be somebody who told the password at an earlier visit."""
        origin = "://".join(self._origin)
        # Once: whoever signs out later stays so.
        self.page.add_init_script(
            f"""if (location.origin === {origin!r} && !sessionStorage.getItem("been")) {{
                sessionStorage.setItem("been", "yes");
                localStorage.setItem("ngair.token", {token!r});
            }}"""
        )

    def go(self, place: str) -> None:
        """To another place, by its address; returns when it is there."""
        self.page.evaluate("hash => { location.hash = hash; }", hash_of(place))
        self.shown(place)

    def shown(self, place: str) -> None:
        """Wait until a place is shown, with what the box says."""
        expect(self.page.locator(f"main > ng-{place.partition('?')[0]} h1")).to_be_attached()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds that this visitor hears of."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline_s, [request.url for request in self._due]
            self.page.wait_for_timeout(20)

    def quiet(self) -> None:
        """Wait until what was asked for has come and is drawn; but for the stream, which never ends."""
        self.until(lambda: not self._due)
        self.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def choose_look(self, look: str) -> None:
        """`auto`, `light` or `dark`, as a person would."""
        self._choose("look", look)

    def choose_language(self, language: str) -> None:
        """`en` or `sv`, as a person would."""
        self._choose("language", language)

    def _choose(self, field: str, value: str) -> None:
        self.page.locator(".choices summary").click()
        self.field(field).select_option(value)
        self.page.keyboard.press("Escape")

    def shot(self, name: str, *, whole: bool = False) -> Path:
        """A picture of the window, or of the whole page, in a folder that is not committed."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path, size = SHOTS / f"{name}.png", self.page.viewport_size
        if whole and size:
            # A picture longer than the window would have the navigation in its middle.
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": size["width"], "height": height})
        self.page.screenshot(path=path, animations="disabled")
        if whole and size:
            self.page.set_viewport_size(size)
        return path

    def change_site(self, change: Callable[[Any], None]) -> None:
        """Alter what the box says of itself on its way to the page, which then has to ask for it each second."""
        self._altered = True
        self.page.route(f"**{STREAM}*", lambda route: route.fulfill(status=503))

        def altered(route: Route) -> None:
            response = route.fetch()
            site = response.json()
            change(site)
            route.fulfill(response=response, json=site)

        self.page.route("**/api/v1/site", altered)

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(urlsplit(address).path == path for address in self.requests)

    def overflow_px(self) -> float:
        """How much wider the page is than the window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return float(self.page.evaluate(width))

    def forgive(self, *words: str) -> None:
        """Forget the errors that a test provokes."""
        self.errors = [error for error in self.errors if not any(word in error for word in words)]

    def leave(self) -> None:
        """Go elsewhere, before a test stops the box that is looked at."""
        self.page.goto("about:blank")

    def close(self) -> None:
        """Close the window."""
        self.page.unroute_all(behavior="ignoreErrors")
        self._context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self._is_refused_stream(message):
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def _is_refused_stream(self, message: ConsoleMessage) -> bool:
        return self._altered and urlsplit(str(message.location.get("url"))).path == STREAM

    def _unanswered(self, request: Request) -> None:
        self._due.discard(request)
        self.failed.append(request.url)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).path != STREAM:
            self._due.add(request)
        if urlsplit(request.url)[:2] != self._origin and not request.url.startswith("data:"):
            self.outside.append(request.url)
