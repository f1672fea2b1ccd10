"""Pages: encoded when what they show changes; validators that never call an old page the present one."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.api import publisher as module
from ngair.api.publisher import Page, Publisher
from ngair.api.routes import ROUTES
from ngair.model.events import BoxAnnounced, Event, MeterLinkChanged, NetworkChanged, UpdateChanged
from ngair.model.network import NetworkStatus, Wifi
from ngair.model.site import Site, apply
from ngair.model.update import Update
from tests.api.houses import CHARGER, READING, lost, rejection, seen, site, telegram

WALL_S = 1_770_000_000


class CountingEncoder:
    """Encodes, and remembers what."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, document: Any) -> bytes:
        self.encoded.append(type(document[0] if isinstance(document, list) and document else document).__name__)
        return msgspec.json.encode(document)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    counting = CountingEncoder()
    monkeypatch.setattr(module, "_ENCODER", counting)
    return counting


def header(page: Page, name: bytes) -> bytes:
    [value] = [value for key, value in page.answer[0]["headers"] if key == name]
    assert isinstance(value, bytes)
    return value


def shown(publisher: Publisher, path: str, house: Site, wall_s: float) -> Page:
    publisher.refresh(house, 0.0, wall_s)
    return publisher.pages[path]


class TestEncoding:
    def test_nothing_changed_nothing_encoded_but_what_has_ages(self, encoder: CountingEncoder) -> None:
        publisher = Publisher()
        house = site("1.0", [telegram(), seen()])
        publisher.refresh(house, 1.0, WALL_S)
        assert len(encoder.encoded) == len(ROUTES)
        for second in range(5):
            encoder.encoded.clear()
            publisher.refresh(house, 2.0 + second, WALL_S + second)
            assert encoder.encoded == ["SiteDocument"]

    @pytest.mark.parametrize(
        ("event", "changed"),
        [
            (telegram(replace(READING, power_import_w=1), at_s=2), {"MeterDocument", "MeterRaw"}),
            (telegram(at_s=2), {"MeterRaw"}),
            (telegram(replace(READING, meter_id="other"), at_s=2), {"MeterRaw", "StatusDocument"}),
            (rejection(), {"MeterRaw"}),
            (seen(replace(CHARGER, port=1)), {"EvseBox", "StatusDocument"}),
            (lost(), {"EvseBox", "StatusDocument"}),
            (seen(), set()),
            (MeterLinkChanged("lost", "why"), set()),
            (BoxAnnounced("ctek-ng-air.local"), {"StatusDocument"}),
            (UpdateChanged(Update(state="receiving", progress=40)), {"StatusDocument"}),
            (NetworkChanged(NetworkStatus(wifi=Wifi(ssid=b"At home"))), {"StatusDocument"}),
            (NetworkChanged(NetworkStatus(setup="open")), set()),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, set) else ",".join(sorted(value)) or "nothing",
    )
    def test_an_event_encodes_what_shows_it(self, encoder: CountingEncoder, event: Event, changed: set[str]) -> None:
        publisher = Publisher()
        house = site("1.0", [telegram(), seen()])
        publisher.refresh(house, 1.0, WALL_S)
        encoder.encoded.clear()
        publisher.refresh(apply(house, event), 1.0, WALL_S)
        assert set(encoder.encoded) == changed | {"SiteDocument"}
        assert len(encoder.encoded) == len(set(encoder.encoded))

    def test_an_encoded_page_that_came_out_the_same_is_kept(self) -> None:
        publisher = Publisher()
        before = shown(publisher, "/evse/", site("1.0", [seen()]), WALL_S)
        outlet = replace(CHARGER.outlets[0], told_at_s=3)
        house = site("1.0", [seen(replace(CHARGER, outlets=(outlet, CHARGER.outlets[1])))])
        assert shown(publisher, "/evse/", house, WALL_S + 9) is before


class TestPages:
    def test_both_forms_of_a_path_are_one_page(self) -> None:
        publisher = Publisher()
        publisher.refresh(site(), 0.0, WALL_S)
        for route in ROUTES:
            first, second = (publisher.pages[path] for path in route.paths)
            assert first is second
        assert set(publisher.paths()) == {path for route in ROUTES for path in route.paths}

    def test_headers(self) -> None:
        page = shown(Publisher(), "/meter/", site(), WALL_S)
        start, body = page.answer
        assert start["status"] == 200
        assert dict(start["headers"]) == {
            b"content-type": b"application/json",
            b"content-length": str(len(page.body)).encode(),
            b"etag": page.etag,
            b"last-modified": b"Mon, 02 Feb 2026 02:40:00 GMT",
            b"cache-control": b"no-cache",
        }
        assert body["body"] == page.body

    def test_304_has_the_headers_of_200_that_it_must_and_no_body(self) -> None:
        start, body = shown(Publisher(), "/meter/", site(), WALL_S).unchanged
        assert start["status"] == 304
        assert [name for name, _ in start["headers"]] == [b"etag", b"last-modified", b"cache-control"]
        assert body["body"] == b""

    def test_other_pages_have_their_own_headers(self) -> None:
        publisher = Publisher()
        publisher.put("/x", b"hello", "text/html", WALL_S, (b"referrer-policy", b"no-referrer"))
        page = publisher.pages["/x"]
        assert header(page, b"content-type") == b"text/html"
        assert header(page, b"referrer-policy") == b"no-referrer"
        assert (b"referrer-policy", b"no-referrer") in page.unchanged[0]["headers"]
        assert page.last_modified == header(page, b"last-modified")

    def test_a_compressed_body_is_another_representation(self) -> None:
        publisher = Publisher()
        publisher.put("/x", b"hello", "text/html", WALL_S, (b"cache-control", b"no-cache"), gzip=b"packed")
        page = publisher.pages["/x"]
        assert page.gzip is not None
        assert (page.body, page.gzip.body) == (b"hello", b"packed")
        assert page.etag != page.gzip.etag
        assert header(page.gzip, b"content-encoding") == b"gzip"
        assert b"content-encoding" not in dict(page.answer[0]["headers"])
        for one in (page, page.gzip):
            for start in (one.answer[0], one.unchanged[0]):
                assert {(b"vary", b"accept-encoding"), (b"cache-control", b"no-cache")} <= set(start["headers"])


class TestEntityTag:
    @given(st.lists(st.integers(0, 3), min_size=2, max_size=8))
    def test_it_changes_exactly_when_the_body_does(self, powers_w: list[int]) -> None:
        publisher = Publisher()
        pages = [
            shown(publisher, "/meter/", site("1.0", [telegram(replace(READING, power_import_w=w))]), WALL_S)
            for w in powers_w
        ]
        for one in pages:
            for other in pages:
                assert (one.etag == other.etag) == (one.body == other.body)

    def test_it_is_strong_and_quoted(self) -> None:
        etag = shown(Publisher(), "/meter/", site(), WALL_S).etag
        assert etag[:1] == etag[-1:] == b'"'
        assert etag.strip(b'"').isalnum()

    def test_it_is_the_same_after_a_restart(self) -> None:
        first = shown(Publisher(), "/meter/", site(), WALL_S)
        assert shown(Publisher(), "/meter/", site(), WALL_S + 1000).etag == first.etag


class TestLastModified:
    """A date is told apart from another only if no other body had it."""

    def change(self, publisher: Publisher, power_w: int, wall_s: float) -> Page:
        house = site("1.0", [telegram(replace(READING, power_import_w=power_w))])
        return shown(publisher, "/meter/", house, wall_s)

    def test_a_page_keeps_the_date_of_its_last_change(self) -> None:
        publisher = Publisher()
        before = self.change(publisher, 1, WALL_S + 0.9)
        assert self.change(publisher, 1, WALL_S + 60) is before
        assert before.last_modified == b"Mon, 02 Feb 2026 02:40:00 GMT"

    def test_two_changes_in_one_second_are_not_told_apart_by_date(self) -> None:
        publisher = Publisher()
        first = self.change(publisher, 1, WALL_S + 0.1)
        second = self.change(publisher, 2, WALL_S + 0.9)
        assert first.last_modified is not None
        assert second.last_modified is None
        assert header(second, b"last-modified") == header(first, b"last-modified")
        assert self.change(publisher, 3, WALL_S + 1.0).last_modified == b"Mon, 02 Feb 2026 02:40:01 GMT"

    def test_a_clock_that_steps_back_dates_nothing_twice(self) -> None:
        publisher = Publisher()
        old = self.change(publisher, 1, WALL_S + 5)
        assert self.change(publisher, 2, WALL_S).last_modified is None
        again = self.change(publisher, 3, WALL_S + 5)
        assert header(again, b"last-modified") == header(old, b"last-modified")
        assert again.last_modified is None
        assert self.change(publisher, 4, WALL_S + 6).last_modified is not None

    @given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
    def test_no_two_bodies_can_be_taken_for_each_other_by_date(self, seconds: list[int]) -> None:
        publisher = Publisher()
        pages = [self.change(publisher, number, WALL_S + second) for number, second in enumerate(seconds)]
        for number, page in enumerate(pages):
            earlier = {header(other, b"last-modified") for other in pages[:number]}
            assert page.last_modified is None or page.last_modified not in earlier

    def test_it_is_an_http_date(self) -> None:
        date = header(shown(Publisher(), "/meter/", site(), WALL_S + 0.99), b"last-modified").decode("ascii")
        assert parsedate_to_datetime(date).timestamp() == WALL_S
