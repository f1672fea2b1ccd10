"""What holds of the page of the present whatever it shows: lost links, hostile words, windows, contrast, policy."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, expect

from tests.program import Box, running
from tests.web.conftest import OpenPage
from tests.web.dongle import plugged_in, telegram
from tests.web.visit import Visit

HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"
LONG = "W" * 300


def test_a_box_that_hangs_is_lost_too(open_page: OpenPage, tmp_path: Path) -> None:
    with running("demo", env={"TMPDIR": str(tmp_path)}) as box:
        visit = open_page(box.url)
        expect(visit.field("flow_grid")).to_contain_text("W")
        box.process.send_signal(signal.SIGSTOP)
        expect(visit.banner("over")).to_contain_text("The box does not answer")
        expect(visit.field("glance_title")).to_have_text("No contact with the box")
        expect(visit.field("link_page")).to_contain_text("Lost")
        box.process.send_signal(signal.SIGCONT)
        expect(visit.banner("over")).to_have_count(0)
        expect(visit.field("glance_title")).not_to_have_text("No contact with the box")
        visit.leave()
    visit.forgive("net::ERR_")


def test_a_lost_meter_is_told_until_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram()) as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.field("power_export_w")).to_have_text("2,731")
        expect(visit.banner("over")).to_have_count(0)
        dongle.unplug()
        expect(visit.banner("over")).to_contain_text("The meter is lost")
        expect(visit.banner("over")).to_contain_text(f"tcp://127.0.0.1:{dongle.port}")
        expect(visit.field("link_meter")).to_contain_text("Lost")
        expect(visit.page.locator("main.stale")).to_be_visible()
        expect(visit.field("glance_title")).to_have_text("No data from the meter")
        with plugged_in(telegram(), dongle.port):
            expect(visit.banner("over")).to_have_count(0)
            expect(visit.field("glance_title")).to_have_text("Giving 2.73 kW to the grid")
            visit.leave()


def test_the_age_of_the_reading_ticks_between_documents(box: Box, open_page: OpenPage) -> None:
    age_s = 60.0

    def old(site: Any) -> None:
        site["meter"]["age_s"] = age_s

    def goes_on_until(words: str) -> None:
        while words not in meter.inner_text():
            visit.page.clock.run_for(100)

    visit = open_page(box.url, go=False)
    visit.page.clock.install()
    visit.change_site(old)
    visit.page.goto(box.url)
    meter = visit.field("link_meter")
    expect(meter).to_contain_text("Reading 1 minute ago")
    visit.page.clock.pause_at(visit.page.evaluate("Date.now()") + 1000)
    age_s = 2.0
    goes_on_until("Reading 2 seconds ago")
    visit.page.unroute("**/api/v1/site")
    visit.page.route("**/api/v1/site", lambda route: None)  # No answer from now on.
    goes_on_until("Reading 3 seconds ago")
    goes_on_until("Reading 4 seconds ago")


def test_a_lost_charger_is_told(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["chargers"][0].update(connected=False, age_s=61))
    expect(visit.page.locator('.charger [data-part="link"]')).to_have_text("Lost")
    told = "Last heard 1 minute ago. It may still draw what it was last allowed."
    expect(visit.page.get_by_text(told)).to_be_visible()


def test_a_charger_that_was_never_reached_is_told_from_a_lost_one(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["chargers"][0].update(connected=False, age_s=None))
    expect(visit.page.locator('.charger [data-part="link"]')).to_have_text("Never reached")
    expect(visit.page.locator(".charger")).to_contain_text("It has not answered since the box was started")
    expect(visit.page.get_by_text("may still draw")).to_have_count(0)


def test_what_comes_over_the_wire_is_never_markup(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, _hostile)
    expect(visit.page.locator(".charger h3").first).to_have_text(HOSTILE)
    for words in ("a reason ", "the link ", "a notice ", "a text ", "a subject ", "a way ", "a type ", "a memory "):
        expect(visit.page.get_by_text(words + HOSTILE).first).to_be_visible()
    assert visit.page.locator("img").count() == 0
    assert "taken over" not in visit.page.title()


@pytest.mark.parametrize("width", [320, 360, 412, 768, 1280])
@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
def test_no_window_scrolls_sideways(width: int, locale: str, box: Box, open_page: OpenPage) -> None:
    def crowded(site: Any) -> None:
        _hostile(site)
        site["meter"]["reading"] |= {"energy_import_wh": 123456789012, "power_import_w": 98765}
        site["meter"]["found"]["type"] = LONG
        site["fuses"][0]["current_a"] = [127.35, 99.95, 23.99]
        site["chargers"][0] |= {"serial": LONG}
        site["charger_links"] = [{"name": LONG, "link": "lost", "detail": LONG}]
        site["chargers"][0]["outlets"][0] |= {"state": 3, "reason": LONG, "energy_wh": 123456789012}

    visit = open_page(box.url, crowded, viewport={"width": width, "height": 780}, locale=locale)
    expect(visit.page.locator(".charger h3").first).to_have_text(LONG)
    visit.page.locator(".fuse-setting summary").click()
    visit.field("chart").locator("summary").click()
    expect(visit.field("chart").locator("tbody tr").first).to_be_visible()
    assert visit.overflow_px() <= 0
    assert _clipped(visit) == []


def test_every_text_has_contrast(scheme: str, box: Box, open_page: OpenPage) -> None:
    def colourful(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        site["chargers"][0]["outlets"] = [outlet | {"state": state} for state in range(9)]
        site["chargers"][0]["outlets"][0] |= {"foreign_a": 8, "car_phases": [True, False, False], "rule": "proving"}
        site["chargers"][0]["outlets"][0]["reason_detail"] = {"countdown_s": 20}
        site["chargers"][0] |= {"notice": "a notice"}
        site["chargers"].append(site["chargers"][0] | {"connected": False})
        site["charger_links"] = [{"name": "a link", "link": "lost", "detail": "gone"}]
        failing = {"subject": "main", "text": "a text", "age_s": 1, "countdown_s": 9}
        site["fail_safes"] = [failing | {"kind": kind} for kind in ("meter silent", "restarted")]
        silent = site["meter"] | {"fresh": False, "link_detail": "out"}
        site["fuses"].append(site["fuses"][0] | {"name": "garage", "under": "main", "meter": silent})
        site["fuses"][0] |= {"current_a": [26, 24, 3], "left_a": [4, 5, -1]}
        site["meter"] |= {"link": "lost", "rejected": {"noise": 3}}

    # Without motion no colour is on its way to another.
    visit = open_page(box.url, colourful, color_scheme=scheme, reduced_motion="reduce")
    expect(visit.page.locator(".charger")).to_have_count(2)
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["texts"] > 100
    assert faint["below"] == []


@pytest.mark.parametrize("state", [0, 1, 2, 3, 5, 8])
def test_a_glance_has_contrast(state: int, scheme: str, box: Box, open_page: OpenPage) -> None:
    def alike(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        site["chargers"][0]["outlets"] = [outlet | {"state": state, "setpoint_a": 0 if state == 3 else 16}]

    visit = open_page(box.url, alike, color_scheme=scheme)
    expect(visit.page.locator(".outlet")).to_have_count(1)
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["below"] == []


def test_nothing_moves_for_those_who_asked_for_that(box: Box, open_page: OpenPage) -> None:
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    visit = open_page(box.url, lambda site: site["meter"]["reading"].update(power_import_w=500, power_export_w=0))
    expect(visit.field("power_import_w")).to_have_text("500")
    visit.until(lambda: visit.page.evaluate(moving) > 0)
    visit.page.emulate_media(reduced_motion="reduce")
    visit.until(lambda: visit.page.evaluate(moving) == 0)


@pytest.mark.parametrize(
    "smuggled",
    [
        "document.body.innerHTML = '<b>bold</b>'",
        "document.body.setAttribute('onclick', 'document.title = 1')",
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))",
    ],
)
def test_the_page_cannot_be_made_to_run_a_text(smuggled: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("flow_grid")).to_contain_text("W")
    with pytest.raises(Error, match="requires 'Trusted"):
        visit.page.evaluate(smuggled)
    visit.forgive("Trusted")


def test_the_page_cannot_be_made_to_ask_anybody_else(box: Box, open_page: OpenPage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        address = "http://{}:{}/".format(*other.getsockname())
        visit = open_page(box.url)
        with visit.page.expect_console_message(lambda message: "img-src" in message.text):
            visit.page.evaluate("address => document.body.append(Object.assign(new Image(), {src: address}))", address)
        refused = pytest.raises(Error, match="Failed to fetch")
        with visit.page.expect_console_message(lambda message: "connect-src" in message.text), refused:
            visit.page.evaluate("address => fetch(address)", address)
        with pytest.raises(BlockingIOError):
            other.accept()
    visit.errors.clear()
    visit.outside.clear()


def _reading(port: int, folder: Path, *arguments: str) -> Any:
    """A box that reads a dongle."""
    settings = ["--meter", f"tcp://127.0.0.1:{port}", "--data", str(folder), "--mdns", "off"]
    return running("run", *settings, *arguments)


def _hostile(site: Any) -> None:
    site["fail_safes"] = [
        {"kind": HOSTILE, "subject": "a subject " + HOSTILE, "text": "a text " + HOSTILE, "age_s": 1, "countdown_s": 9}
    ]
    site["meter"] |= {"link_detail": "the link " + HOSTILE, "link": "lost", "rejected": {HOSTILE: 1}}
    site["meter"]["found"]["type"] = "a type " + HOSTILE
    site["memory"] = {"state": "failing", "detail": "a memory " + HOSTILE}
    site["fuses"][0] |= {"name": HOSTILE, "under": HOSTILE}
    site["charger_links"] = [{"name": "a way " + HOSTILE, "link": "lost", "detail": HOSTILE}]
    site["chargers"][0] |= {"serial": HOSTILE, "firmware": HOSTILE, "notice": "a notice " + HOSTILE}
    site["chargers"][0]["rotation"] = HOSTILE
    site["chargers"][0]["outlets"][0] |= {
        "serial": HOSTILE,
        "reason": "a reason " + HOSTILE,
        "state": 99,
        "state_name": HOSTILE,
    }


def _clipped(visit: Visit) -> list[str]:
    """Texts that stick out of their card, but for what scrolls in it."""
    found: list[str] = visit.page.evaluate(
        """() => [...document.querySelectorAll(".card *")].filter((node) => {
            const own = node.getBoundingClientRect(), card = node.closest(".card").getBoundingClientRect();
            const kept = node.closest("svg, .chart-plot, .chart-rows, .bar, .unseen");
            return own.width && !kept && (own.right > card.right + 1 || own.left < card.left - 1);
        }).map((node) => node.className + ": " + node.textContent.slice(0, 40))"""
    )
    return found
