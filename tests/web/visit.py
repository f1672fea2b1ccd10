"""A visitor: one window, and what the browser said and asked for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, Route

from tests.program import DEADLINE_S


class Visit:
    """A window on a box."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.errors: list[str] = []
        """Console errors, violations of the policy among them, and exceptions."""
        self.requests: list[str] = []
        self.outside: list[str] = []
        """Requests to anybody but the box."""
        self._context = context
        self._origin = urlsplit(url)[:2]
        self.page = context.new_page()
        self.page.set_default_timeout(DEADLINE_S * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)

    def field(self, name: str) -> Locator:
        """The element that shows a field."""
        return self.page.locator(f'[data-field="{name}"]')

    def banner(self) -> Locator:
        """The banners about box and meter."""
        return self.field("banners").locator(".banner")

    def fail_safe(self) -> Locator:
        """The banners about fail-safes at work."""
        return self.field("fail_safes").locator(".banner")

    def change_site(self, change: Callable[[Any], None]) -> None:
        """Alter what the box says of itself on its way to the page."""

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

    def close(self) -> None:
        """Close the window."""
        self.page.unroute_all(behavior="ignoreErrors")
        self._context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url)[:2] != self._origin and not request.url.startswith("data:"):
            self.outside.append(request.url)
