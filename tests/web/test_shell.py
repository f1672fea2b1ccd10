"""What is around every place: contact with the box, banners, the ways between places, look, language, size."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from ngair.adapters.web.files import SETUP_PATH, files
from tests.contracts.wires import free_port
from tests.program import DEADLINE_S, Box, running, wait_for
from tests.web.conftest import DESKTOP, PHONE, PLACES, OpenPage
from tests.web.visit import STREAM, Visit
from tests.web.wire import Wire

SIZE_MAX_BYTES = 120_000
LOST = "The box does not answer"


def test_the_page_says_when_the_box_is_gone_and_goes_on_when_it_is_back(tmp_path: Path, open_page: OpenPage) -> None:
    address = f"127.0.0.1:{free_port()}"
    with _house(tmp_path, address) as box:
        visit = open_page(box.url)
        visit.shown("now")
        before = _points_past(visit, 0)
        said = _said(visit)
        box.stop(signal.SIGKILL)
        expect(visit.banner("over")).to_contain_text(LOST)
        expect(visit.banner("over")).to_contain_text("Last contact at")
        expect(visit.field("state")).to_have_text("No contact")
        expect(visit.page.locator("main.lost")).to_be_visible()
        assert visit.page.title().startswith("No contact · ")
        visit.shot("box-gone")
    with _house(tmp_path, address):
        visit.until(lambda: "The box answers again." in said())
        expect(visit.page.locator("main.lost")).to_have_count(0)
        expect(visit.field("state")).not_to_have_text("No contact")
        after = _points_past(visit, before[-1][0])
        visit.leave()
    visit.forgive("net::ERR_", "503")
    _go_on(before, after)


@pytest.mark.parametrize("break_it", [Wire.cut, Wire.hold])
def test_a_page_that_was_out_of_reach_has_no_gap(
    break_it: Callable[[Wire], None], box: Box, open_page: OpenPage
) -> None:
    with Wire(box.address) as wire:
        visit = open_page(wire.url)
        visit.shown("now")
        before = _points_past(visit, 0, more=3)
        said = _said(visit)
        break_it(wire)
        expect(visit.banner("over")).to_contain_text(LOST)
        count = box.json("/api/v1/site")["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > count + 3)
        wire.mend()
        expect(visit.banner("over")).to_have_count(0)
        visit.until(lambda: "The box answers again." in said())
        after = _points_past(visit, before[-1][0], more=5)
        visit.leave()
    visit.forgive("net::ERR_", "503")
    _go_on(before, after)
    _no_gap(box, before[0][0], after)


def test_what_the_box_says_while_the_history_is_asked_is_kept(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, go=False)
    held: list[Route] = []
    visit.page.route("**/api/v1/history/power*", lambda route: held.append(route))
    visit.page.goto(box.url)
    visit.shown("now")
    visit.until(lambda: len(held) == 3)  # of the house, and of each outlet
    before = _points_past(visit, _points(visit)[-1][0], more=3)
    for route in held:
        route.continue_()
    visit.page.unroute_all()
    visit.quiet()
    after = _points_past(visit, before[-1][0])
    _go_on(before, after)
    _no_gap(box, before[0][0], after)


def _no_gap(box: Box, from_ms: float, points: list[list[float]]) -> None:
    """From then on the page has what the box has."""
    shown = [point[0] for point in points if point[0] >= from_ms]
    assert shown == [at_ms for at_ms in _times_of(box) if from_ms <= at_ms <= points[-1][0]]


def _times_of(box: Box) -> list[int]:
    """Of all points that the box holds, as a new reader of its stream is told them."""
    connection = http.client.HTTPConnection(*box.address, timeout=DEADLINE_S)
    with contextlib.closing(connection):
        connection.request("GET", "/api/v1/stream")
        response = connection.getresponse()
        while not (line := response.readline()).startswith(b"data: "):
            assert line
        return [point[0] for point in json.loads(line.removeprefix(b"data: "))]


def test_a_stream_that_is_refused_is_replaced_by_questions(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: None)
    visit.shown("now")
    before = _points_past(visit, 0)
    _go_on(before, _points_past(visit, before[-1][0], more=2))
    assert visit.asked("/api/v1/site") >= 2
    expect(visit.banner()).to_have_count(0)


def test_a_page_that_nobody_sees_leaves_the_box_alone(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.page.clock.install()
    visit.page.reload()
    visit.shown("now")
    expect(visit.field("energy_import_kwh")).not_to_have_text("–")
    visit.quiet()
    _hide(visit, hidden=True)
    # From then on the page's time stands still: however late the box is, nothing is asked for again.
    visit.page.clock.pause_at(visit.page.evaluate("Date.now() / 1000") + 120)
    asked = visit.asked(STREAM)
    assert visit.page.evaluate("document.querySelector('ng-shell').box.state") == "up"
    before = _points(visit)
    visit.page.clock.run_for(10_000)
    telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
    box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > telegrams + 1)
    assert _points(visit) == before
    _hide(visit, hidden=False)
    after = _points_past(visit, before[-1][0])
    assert visit.asked(STREAM) == asked + 1
    _go_on(before, after)


def test_another_version_of_the_page_is_offered(tmp_path: Path, open_page: OpenPage) -> None:
    address = f"127.0.0.1:{free_port()}"
    with _house(tmp_path, address) as box:
        visit = open_page(box.url)
        visit.shown("now")
        box.stop()
        expect(visit.banner("over")).to_contain_text(LOST)
    other = '<!doctype html><title>other</title><script type="module" src="/assets/index-other.js"></script>'
    visit.page.route(re.compile(r"/$"), lambda route: route.fulfill(body=other, content_type="text/html"))
    with _house(tmp_path, address):
        expect(visit.field("new_version")).to_contain_text("The box has a new version of this page.")
        visit.page.unroute(re.compile(r"/$"))
        visit.field("new_version").get_by_role("button").click()
        visit.shown("now")
        expect(visit.field("new_version")).to_have_count(0)
        visit.leave()
    visit.forgive("net::ERR_", "503")


@pytest.mark.parametrize(
    ("change", "title", "detail"),
    [
        ({"link": "lost", "link_detail": "its plug is out"}, "The meter is lost", "its plug is out"),
        ({"link": "silent", "link_detail": ""}, "The meter is silent", "no byte comes"),
        ({"link": "ended"}, "The recording has ended", ""),
        ({"fresh": False}, "The reading is old", "no good telegram comes"),
        ({"reading": None, "fresh": False}, "No telegram yet", "Waiting for the meter."),
        (
            {"fresh": False, "rejected": {"key wrong": 3}, "remedies": {"key wrong": "look at the letter"}},
            "The meter's key is wrong",
            "Look at the letter",
        ),
    ],
)
def test_what_is_wrong_with_the_meter_is_said_everywhere(
    change: dict[str, Any], title: str, detail: str, box: Box, open_page: OpenPage
) -> None:
    visit = open_page(box.url, lambda site: site["meter"].update(change), place="log")
    expect(visit.banner()).to_have_count(1)
    expect(visit.banner().filter(has_text=title)).to_contain_text(detail)
    expect(visit.page.locator("main.stale")).to_be_visible()


def test_fail_safes_count_down_and_a_memory_that_fails_is_told(box: Box, open_page: OpenPage) -> None:
    def failing(site: Any) -> None:
        site["fail_safes"] = [
            {"kind": "charger silent", "subject": "X1", "text": "It is silent.", "age_s": 1, "countdown_s": 90.5},
            {"kind": "restarted", "subject": "", "text": "Wait.", "age_s": 1, "countdown_s": 150},
            {"kind": "never heard of", "subject": "main", "text": "", "age_s": 1, "countdown_s": None},
        ]
        site["memory"] = {"state": "failing", "detail": "The disk is full: make room."}

    visit = open_page(box.url, failing, place="box")
    titles = ["A charger does not answer: X1", "Just started", "Never heard of", "The box cannot keep its history"]
    expect(visit.banner().locator("strong")).to_have_text(titles)
    expect(visit.banner().nth(0)).to_contain_text(re.compile(r"It is silent\. Next step in (91|90|89) s"))
    expect(visit.banner().nth(1)).to_contain_text("Next step in 3 min")
    expect(visit.banner().nth(3)).to_contain_text("The disk is full: make room.")


def test_every_place_is_reached_by_its_link_and_by_its_address(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.shown("now")
    links = visit.page.locator("nav.places a")
    expect(links).to_have_text(["Now", "Energy", "Log", "Meter", "Box"])
    for index, place in reversed(list(enumerate(PLACES))):
        links.nth(index).click()
        visit.shown(place)
        expect(links.nth(index)).to_have_attribute("aria-current", "page")
        expect(visit.page.locator("nav.places a[aria-current]")).to_have_count(1)
        expect(visit.page.locator("main")).to_be_focused()
        expect(visit.page.locator("h1")).to_have_count(1)
        assert f" · {place.capitalize()} · ngair" in visit.page.title()
    visit.page.go_back()
    visit.shown("energy")
    visit.page.reload()
    visit.shown("energy")
    visit.page.goto(box.url + "#/nowhere")
    visit.shown("now")


def test_the_page_is_used_by_keyboard(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.shown("now")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("a.skip")).to_be_focused()
    expect(visit.page.locator("a.skip")).to_be_in_viewport()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("main")).to_be_focused()
    visit.page.locator(".choices summary").focus()
    visit.page.keyboard.press("Enter")
    expect(visit.field("look")).to_be_visible()
    visit.page.keyboard.press("Tab")
    expect(visit.field("look")).to_be_focused()
    visit.page.keyboard.press("Escape")
    expect(visit.field("look")).to_be_hidden()
    expect(visit.page.locator(".choices summary")).to_be_focused()


def test_look_and_language_follow_the_device_until_they_are_chosen(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, color_scheme="dark", locale="sv-SE")
    visit.shown("now")
    root = visit.page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("lang", "sv")
    expect(visit.page.locator("nav.places a")).to_have_text(["Nu", "Energi", "Logg", "Mätare", "Boxen"])
    visit.page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-theme", "light")
    visit.choose_look("dark")
    visit.choose_language("en")
    for _ in range(2):
        expect(root).to_have_attribute("data-theme", "dark")
        expect(root).to_have_attribute("lang", "en")
        expect(visit.page.locator("nav.places a").first).to_have_text("Now")
        dark = visit.page.locator('meta[name="theme-color"]').get_attribute("content")
        visit.page.reload()
    visit.choose_look("light")
    expect(root).to_have_attribute("data-theme", "light")
    assert visit.page.locator('meta[name="theme-color"]').get_attribute("content") != dark


@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
def test_no_place_scrolls_sideways(window: dict[str, int], locale: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, viewport=window, locale=locale)
    for place in PLACES:
        visit.go(place)
        visit.shown(place)
        assert visit.overflow_px() <= 0, place


def test_the_page_can_be_put_on_a_home_screen(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, viewport=PHONE)
    visit.shown("now")
    manifest = visit.page.evaluate(
        """async () => {
            const link = document.querySelector('link[rel="manifest"]').href;
            const manifest = await (await fetch(link)).json();
            for (const icon of manifest.icons) {
                const picture = Object.assign(new Image(), { src: icon.src });
                await picture.decode();
                if (icon.type === "image/png" && icon.sizes !== `${picture.naturalWidth}x${picture.naturalHeight}`) {
                    throw new Error(icon.src);
                }
            }
            return manifest;
        }"""
    )
    assert manifest["start_url"] == manifest["scope"] == "/"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for address in ("/icon.svg", "/icon-180.png"):
        assert visit.page.locator(f'link[href="{address}"]').count() == 1
        assert box.get(address).status == 200


def test_without_scripts_the_page_says_where_the_figures_are(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, java_script_enabled=False)
    expect(visit.page.get_by_role("link", name="/api/v1/site")).to_be_visible()


def test_the_page_is_small(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, viewport=DESKTOP)
    visit.shown("now")
    visit.page.wait_for_load_state("load")
    ours = {path: size for path, size in sizes().items() if path not in belonging_to(SETUP_PATH) - belonging_to("/")}
    first = {urlsplit(address).path for address in visit.requests} & ours.keys()
    assert {"/"} < first
    assert any(path.endswith(".css") for path in first)
    for path in first:
        sent = box.get(path, headers={"accept-encoding": "gzip"})
        assert len(sent.body) == ours[path]
    first_bytes, all_bytes = sum(ours[path] for path in first), sum(ours.values())
    print(f"the page, compressed: {first_bytes} bytes to show {PLACES[0]}, {all_bytes} bytes in all")  # noqa: T201
    assert first_bytes < all_bytes < SIZE_MAX_BYTES


def sizes() -> dict[str, int]:
    """Of each file, as it is sent."""
    return {file.path: len(file.gzip or file.body) for file in files()}


def belonging_to(path: str) -> set[str]:
    """The files that a page loads, at once or later; with the page itself."""
    texts = {file.path: file.body.decode("latin-1") for file in files()}
    found, due = set[str](), {path}
    while due:
        found |= due
        named = {name for one in due for name in re.findall(r"[\w-]+\.(?:js|css)", texts[one])}
        due = {one for one in texts if one.rpartition("/")[2] in named} - found
    return found


def _house(folder: Path, listen: str) -> Any:
    """A box in a simulated house that keeps its data from start to start."""
    links = ["--meter", "sim:", "--charger", "sim:", "--main-fuse", "25"]
    return running("run", *links, "--data", str(folder), "--mdns", "off", "--http", listen)


def _said(visit: Visit) -> Callable[[], str]:
    """All that the banners say from now on: some are gone after a few seconds."""
    visit.page.evaluate(
        """() => {
            const banners = document.querySelector('[data-field="banners"]');
            window.said = "";
            new MutationObserver(() => { window.said += banners.textContent; })
                .observe(banners, { childList: true, characterData: true, subtree: true });
        }"""
    )
    return lambda: str(visit.page.evaluate("window.said"))


def _points(visit: Visit) -> list[list[float]]:
    points: list[list[float]] = visit.page.evaluate("document.querySelector('ng-shell').box.points")
    return points


def _points_past(visit: Visit, t_ms: float, more: int = 1) -> list[list[float]]:
    """The points of the page, once it has so many after a moment."""
    found: list[list[float]] = []

    def come() -> bool:
        found[:] = _points(visit)
        visit.page.wait_for_timeout(50)
        return sum(point[0] > t_ms for point in found) >= more

    wait_for(come, lambda: f"{t_ms}: {found[-3:]}")
    return found


def _go_on(before: list[list[float]], after: list[list[float]]) -> None:
    """Nothing that was known is forgotten, and each moment is there once, in order."""
    assert [point for point in before if point not in after] == []
    times = [point[0] for point in after]
    assert times == sorted(set(times))


def _hide(visit: Visit, hidden: bool) -> None:
    """What happens when a window's tab is left and taken up again."""
    visit.page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
