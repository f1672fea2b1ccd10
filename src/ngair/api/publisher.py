"""Documents as bytes, made when what they show changes and never because somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from ngair.api.live import Live
from ngair.api.resources import resource_at
from ngair.api.routes import ROUTES, Route
from ngair.api.site import SiteDocument
from ngair.model.site import Site

Message = dict[str, Any]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One document, ready to be sent."""

    body: bytes
    etag: bytes
    """Strong: another body has another one (RFC 9110, 8.8.3)."""
    latest_s: int
    """Latest wall second of any change so far; the clock may have stepped back since."""
    last_modified: bytes | None
    """Its HTTP date; `None` where another body may have had the same, so that the date tells them not apart."""
    answer: tuple[Message, Message]
    """Status 200 with headers, and the body, as ASGI messages."""
    unchanged: tuple[Message, Message]
    """Status 304."""
    gzip: Page | None = None
    """The same in the content coding `gzip`, for clients that take it."""


class Publisher:
    """The pages that the server may send, by path."""

    def __init__(self, run: str = "0") -> None:
        """`run` names this run of the program to readers of the live stream."""
        self.live = Live(run)
        """What readers of the live stream get."""
        self.pages: dict[str, Page] = {}
        self._shown: dict[str, object] = {}
        self._site: SiteDocument | None = None
        self._site_at_s = 0

    def refresh(self, site: Site, now_s: float, wall_s: float) -> None:
        """Make anew what shows something that has changed."""
        for route in ROUTES:
            if route.shows is not None:
                shown = route.shows(site)
                if self._shown.get(route.path, _NOTHING) == shown:
                    continue
                self._shown[route.path] = shown
            document = route.build(site, now_s, wall_s)
            body = _ENCODER.encode(document)
            if isinstance(document, SiteDocument):
                self._site, self._site_at_s = document, int(wall_s)
                self.live.show(document, body, now_s, wall_s)
            self._put(route, body, wall_s)

    def part(self, path: str) -> Page | None:
        """A page of a part of the site, made now; `None` where there is no such part."""
        found = resource_at(path)
        part = found[0].find(self._site, found[1]) if found and self._site else None
        if part is None:
            return None
        page = _page(_ENCODER.encode(part), b"application/json", self._site_at_s, None, _LIVE)
        # Parts are made more often than dates change: only the entity tag tells them apart.
        return replace(page, last_modified=None)

    def put(
        self,
        path: str,
        body: bytes,
        content_type: str,
        wall_s: float,
        *headers: tuple[bytes, bytes],
        gzip: bytes | None = None,
    ) -> None:
        """Show a page that is no document of the site; `gzip` is the same body, compressed."""
        kind, modified_s = content_type.encode("ascii"), int(wall_s)
        if gzip is None:
            self.pages[path] = _page(body, kind, modified_s, None, headers)
            return
        page = _page(body, kind, modified_s, None, (*headers, _VARIES))
        # Another representation, with an entity tag of its own (RFC 9110, 8.8.3.3).
        packed = _page(gzip, kind, modified_s, None, (*headers, _VARIES), ((b"content-encoding", b"gzip"),))
        self.pages[path] = replace(page, gzip=packed)

    def paths(self) -> Iterator[str]:
        """Every path that answers."""
        return iter(self.pages)

    def _put(self, route: Route, body: bytes, wall_s: float) -> None:
        before = self.pages.get(route.path)
        if before is not None and before.body == body:
            return
        page = _page(body, b"application/json", int(wall_s), before, _LIVE)
        for path in route.paths:
            self.pages[path] = page


def _page(
    body: bytes,
    content_type: bytes,
    modified_s: int,
    before: Page | None,
    headers: tuple[tuple[bytes, bytes], ...],
    coding: tuple[tuple[bytes, bytes], ...] = (),
) -> Page:
    date = formatdate(modified_s, usegmt=True).encode("ascii")
    etag = b'"' + blake2b(body, digest_size=9).hexdigest().encode("ascii") + b'"'
    validators = [(b"etag", etag), (b"last-modified", date), *headers]
    return Page(
        body=body,
        etag=etag,
        latest_s=modified_s if before is None else max(modified_s, before.latest_s),
        last_modified=date if before is None or before.latest_s < modified_s else None,
        answer=_messages(
            200, [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *coding, *validators], body
        ),
        unchanged=_messages(304, validators, b""),
    )


def _messages(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> tuple[Message, Message]:
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


_NOTHING: Any = object()
_ENCODER = msgspec.json.Encoder()
_LIVE = ((b"cache-control", b"no-cache"),)
_VARIES = (b"vary", b"accept-encoding")
