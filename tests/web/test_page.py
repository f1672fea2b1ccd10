"""The page at `/` in a real browser, on the real program."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Route, expect

from ngair.adapters.web import content_security_policy, page
from tests.program import DEADLINE_S, Box, running
from tests.web.conftest import OpenPage
from tests.web.dongle import plugged_in, telegram
from tests.web.shown import agree, shown
from tests.web.visit import Visit

STATES = [
    "Available",
    "Preparing",
    "Charging",
    "Suspended by charger",
    "Suspended by vehicle",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]
HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"
LONG = "W" * 300


def test_the_page_shows_what_the_site_says(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("energy_import_kwh")).not_to_have_text("–")
    faults = ["not tried"]
    deadline_s = time.monotonic() + DEADLINE_S
    # House and page move on each second, so the two are compared until they speak of the same one.
    while faults and time.monotonic() < deadline_s:
        faults = agree(shown(visit.page), box.json("/api/v1/site"))
        visit.page.wait_for_timeout(150)
    assert faults == []


def test_the_page_keeps_up_with_the_meter(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("age")).to_contain_text("Reading")
    clock = visit.field("meter").locator("dd").nth(5)
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    expect(visit.banner()).to_have_count(0)


def test_the_age_of_the_reading_ticks_between_answers(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url + "docs")
    answered: list[Route] = []

    def answer_once(route: Route) -> None:
        answered.append(route)
        if len(answered) == 1:
            route.continue_()

    visit.page.route("**/api/v1/site", answer_once)
    visit.page.goto(box.url)
    visit.page.evaluate(
        """() => {
            const age = document.querySelector('[data-field="age"]');
            window.ages = new Set();
            new MutationObserver(() => window.ages.add(age.textContent)).observe(age, { childList: true });
        }"""
    )
    expect(visit.banner()).to_contain_text("The box does not answer")
    assert visit.page.evaluate("window.ages.size") >= 3


def test_nine_states_in_words(box: Box, open_page: OpenPage) -> None:
    def nine(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        outlets = [outlet | {"id": state, "state": state, "state_name": ""} for state in range(9)]
        site["chargers"][0]["outlets"] = outlets

    visit = open_page(box.url, nine)
    expect(visit.page.locator(".outlet .state")).to_have_text(STATES)


def test_a_setpoint_has_its_reason(box: Box, open_page: OpenPage) -> None:
    def limited(site: Any) -> None:
        outlets = site["chargers"][0]["outlets"]
        outlets[0] |= {"setpoint_a": 10, "reason": "10 A are left on L1"}
        outlets[1] |= {"setpoint_a": None, "reason": None}
        site["chargers"][0]["outlets"] = [*outlets, outlets[0] | {"setpoint_a": 0, "reason": "less than 6 A is left"}]

    visit = open_page(box.url, limited)
    expect(visit.page.locator(".outlet .allowed")).to_have_text(["10 A", "not set yet", "0 A"])
    reasons = visit.page.locator('.outlet [data-part="reason"]')
    expect(reasons).to_have_text(["10 A are left on L1", "", "less than 6 A is left"])


def test_near_and_over_the_fuse_is_told_in_colour_and_words(box: Box, open_page: OpenPage) -> None:
    def loaded(site: Any) -> None:
        site["fuses"][0] |= {"rating_a": [25, 25, 25], "current_a": [27.3, 23.1, 12]}
        site["meter"]["reading"]["estimated"] = ["current_a"]

    visit = open_page(box.url, loaded)
    expect(visit.page.locator(".phase .verdict")).to_have_text(["over fuse", "near fuse", ""])
    expect(visit.page.locator('.phase [data-part="current"]')).to_have_text(["≈27.3", "≈23.1", "≈12.0"])
    expect(visit.field("estimated")).to_contain_text("current")
    bars = visit.page.locator(".phase .bar i")
    colours = [bars.nth(phase).evaluate("bar => getComputedStyle(bar).backgroundColor") for phase in range(3)]
    assert len(set(colours)) == 3
    expect(visit.page.get_by_role("meter", name="Current on L1")).to_have_attribute(
        "aria-valuetext", "≈27.3 A of 25 A, over fuse"
    )


def test_giving_to_the_grid_is_told_from_taking(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram()) as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.field("direction")).to_have_text("Giving to the grid")
        expect(visit.field("net")).to_have_text("2.73")
        expect(visit.field("net_unit")).to_have_text("kW")
        expect(visit.field("power_export_w")).to_have_text("2731")
        expect(visit.field("no_charger")).to_be_visible()
        expect(visit.page.locator('.fuse [data-part="rating"]')).to_have_text("No fuse set")


def test_unknown_is_never_zero(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(b"") as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.banner()).to_contain_text("No telegram yet")
        expect(visit.field("direction")).to_have_text("Grid power unknown")
        for name in ("net", "power_import_w", "power_export_w", "energy_import_kwh", "energy_export_kwh"):
            expect(visit.field(name)).to_have_text("–")
        expect(visit.page.locator('.phase [data-part="current"]')).to_have_text(["–"] * 3)
        expect(visit.page.locator(".phase .volts")).to_have_text(["– V"] * 3)
        expect(visit.field("age")).to_have_text("No reading")


def test_a_lost_box_is_told_until_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    with running("demo", env=environment) as box:
        visit = open_page(box.url)
        expect(visit.field("net_unit")).to_have_text("W")
        expect(visit.banner()).to_have_count(0)
        box.process.send_signal(signal.SIGKILL)
        expect(visit.banner()).to_contain_text("The box does not answer")
        expect(visit.banner()).to_contain_text("Last contact at")
        expect(visit.field("direction")).to_contain_text("Was taking")
        address = "{}:{}".format(*box.address)
    with running("demo", "--http", address, env=environment):
        expect(visit.banner()).to_have_count(0)
        expect(visit.field("direction")).to_contain_text("Taking")
    visit.forgive("net::ERR_")


def test_a_box_that_hangs_is_lost_too(open_page: OpenPage, tmp_path: Path) -> None:
    with running("demo", env={"TMPDIR": str(tmp_path)}) as box:
        visit = open_page(box.url)
        expect(visit.field("net_unit")).to_have_text("W")
        box.process.send_signal(signal.SIGSTOP)
        expect(visit.banner()).to_contain_text("The box does not answer")
        box.process.send_signal(signal.SIGCONT)
        expect(visit.banner()).to_have_count(0)
    visit.forgive("net::ERR_")


def test_an_error_of_the_box_is_named(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.page.route("**/api/v1/site", lambda route: route.fulfill(status=503, body="no"))
    expect(visit.banner()).to_contain_text("The box does not answer")
    expect(visit.banner()).to_contain_text("503")
    visit.page.unroute("**/api/v1/site")
    expect(visit.banner()).to_have_count(0)
    visit.forgive("503")


def test_a_lost_meter_is_told_until_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram()) as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.field("power_export_w")).to_have_text("2731")
        expect(visit.banner()).to_have_count(0)
        dongle.unplug()
        expect(visit.banner()).to_contain_text("The meter is lost")
        expect(visit.banner()).to_contain_text(f"tcp://127.0.0.1:{dongle.port}")
        expect(visit.field("direction")).to_have_text("Was giving to the grid")
        with plugged_in(telegram(), dongle.port):
            expect(visit.banner()).to_have_count(0)
            expect(visit.field("direction")).to_have_text("Giving to the grid")


@pytest.mark.parametrize(
    ("meter", "title"),
    [
        ({"link": "silent", "link_detail": "no byte for 30 s"}, "The meter is silent"),
        ({"link": "lost", "link_detail": "the cable is out"}, "The meter is lost"),
        ({"link": "ended", "link_detail": "played to its end"}, "The recording has ended"),
        ({"link": "up", "fresh": False, "link_detail": "telegrams are refused"}, "The reading is old"),
        ({"link": "up", "reading": None, "age_s": None, "link_detail": "no good one"}, "No telegram yet"),
    ],
)
def test_a_meter_that_is_not_well(meter: dict[str, Any], title: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["meter"].update(meter))
    expect(visit.banner().locator("strong")).to_have_text(title)
    expect(visit.banner().locator("p")).to_have_text(meter["link_detail"])
    expect(visit.page.get_by_role("status", name="Box and meter")).to_contain_text(title)


def test_a_lost_charger_is_told(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["chargers"][0].update(connected=False, age_s=61))
    expect(visit.page.locator(".charger .pill")).to_have_text("Lost")
    expect(visit.page.get_by_text("Last heard 1 min ago. It may still draw what it was last allowed.")).to_be_visible()


def test_a_charger_that_was_never_reached_is_told_from_a_lost_one(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["chargers"][0].update(connected=False, age_s=None))
    expect(visit.page.locator(".charger .pill")).to_have_text("Never reached")
    expect(visit.page.get_by_text("It has not answered since the box was started")).to_be_visible()
    expect(visit.page.get_by_text("may still draw")).to_have_count(0)


def test_a_charger_link_that_is_not_up_is_told_with_what_to_do(box: Box, open_page: OpenPage) -> None:
    links = [
        {"name": "mqtt://192.0.2.7:1883", "link": "up", "detail": ""},
        {"name": "mqtt://192.0.2.8:1883", "link": "lost", "detail": "no route: is it switched on?"},
        {"name": "mqtt://192.0.2.9:1883", "link": "silent", "detail": "no charger has told anything"},
    ]
    visit = open_page(box.url, lambda site: site.update(charger_links=links))
    shown = visit.field("charger_links").locator("p")
    expect(shown).to_have_text([f"{link['name']}: {link['detail']}" for link in links[1:]])
    links[1:] = [link | {"link": "up", "detail": ""} for link in links[1:]]
    expect(shown).to_have_count(0)


def test_refused_input_is_counted_by_reason(box: Box, open_page: OpenPage) -> None:
    visit = open_page(
        box.url,
        lambda site: site["meter"].update(rejected={"noise": 3, "check": 12}, remedies={"check": "look at the cable"}),
    )
    expect(visit.field("refused").locator("li")).to_have_text(["CheckLook at the cable12", "Noise3"])


@pytest.mark.parametrize("profile", ["1.0", "1.3"])
def test_the_raw_telegram_is_asked_for_only_while_it_is_shown(
    profile: str, open_page: OpenPage, tmp_path: Path
) -> None:
    data = telegram()
    with plugged_in(data) as dongle, _reading(dongle.port, tmp_path, "--profile", profile) as box:
        visit = open_page(box.url)
        expect(visit.field("power_export_w")).to_have_text("2731")
        assert visit.asked("/meterraw/") == 0
        # By keyboard, as somebody without a mouse would.
        visit.field("raw").locator("summary").focus()
        visit.page.keyboard.press("Enter")
        expect(visit.field("raw_data")).to_have_text(data.decode("ascii").replace("\r\n", "\n"))
        expect(visit.field("raw_about")).to_contain_text(f"{len(data)} bytes")
        visit.page.keyboard.press("Enter")
        expect(visit.field("raw_data")).to_be_hidden()
        visit.page.wait_for_timeout(300)
        asked = visit.asked("/meterraw/")
        sites = visit.asked("/api/v1/site")
        while visit.asked("/api/v1/site") < sites + 3:
            visit.page.wait_for_timeout(100)
        assert visit.asked("/meterraw/") == asked
        assert visit.asked("/status/") < visit.asked("/api/v1/site")


def test_what_comes_over_the_wire_is_never_markup(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, _hostile)
    expect(visit.page.locator(".charger h3").first).to_have_text(HOSTILE)
    for words in ("a reason ", "the link ", "an ident ", "a meter ", "a notice ", "a text ", "a subject ", "a way: "):
        text = words + HOSTILE
        expect(visit.page.get_by_text(text).first).to_be_visible()
    assert visit.page.locator("img").count() == 0
    assert "taken over" not in visit.page.title()


@pytest.mark.parametrize("width", [320, 360, 412, 768, 1280])
def test_no_window_scrolls_sideways(width: int, box: Box, open_page: OpenPage) -> None:
    def crowded(site: Any) -> None:
        _hostile(site)
        site["meter"]["reading"] |= {"ident": LONG, "energy_import_wh": 123456789012, "power_import_w": 98765}
        site["fuses"][0]["current_a"] = [127.35, 99.95, 23.99]
        site["chargers"][0] |= {"serial": LONG}
        site["charger_links"] = [{"name": LONG, "link": "lost", "detail": LONG}]
        site["chargers"][0]["outlets"][0] |= {"state": 3, "reason": LONG, "energy_wh": 123456789012}

    visit = open_page(box.url, crowded, viewport={"width": width, "height": 780})
    expect(visit.page.locator(".charger h3").first).to_have_text(LONG)
    visit.field("raw").locator("summary").click()
    expect(visit.field("raw_data")).to_be_visible()
    assert visit.overflow_px() <= 0
    assert _clipped(visit) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
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
        site["fuses"][0] |= {"meter": {"fresh": False, "link_detail": "out"}, "left_a": [4, 5, -1]}
        site["fuses"][0]["current_a"] = [26, 24, 3]
        site["meter"] |= {"link": "lost", "rejected": {"noise": 3}}

    visit = open_page(box.url, colourful, color_scheme=scheme)
    expect(visit.page.locator(".charger")).to_have_count(2)
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["texts"] > 50
    assert faint["below"] == []


def test_nothing_moves_for_those_who_asked_for_that(box: Box, open_page: OpenPage) -> None:
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    visit = open_page(box.url, lambda site: site["meter"]["reading"].update(power_import_w=500, power_export_w=0))
    expect(visit.field("net")).to_have_text("500")
    assert visit.page.evaluate(moving) > 0
    visit.page.emulate_media(reduced_motion="reduce")
    assert visit.page.evaluate(moving) == 0


@pytest.mark.parametrize(
    "smuggled",
    [
        "document.body.innerHTML = '<b>bold</b>'",
        "document.body.setAttribute('onclick', 'document.title = 1')",
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))",
    ],
)
def test_the_page_cannot_be_made_to_run_a_text(smuggled: str, box: Box, open_page: OpenPage) -> None:
    assert box.get("/").headers["content-security-policy"] == content_security_policy(page("index.html"))
    visit = open_page(box.url)
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


def test_an_unchanged_document_is_not_sent_again(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(b"") as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        visit.field("raw").locator("summary").click()
        expect(visit.field("raw_about")).to_contain_text("No telegram yet")
        with visit.page.expect_request("**/meterraw/") as again:
            pass
        assert "if-none-match" in again.value.all_headers()


def test_a_page_that_nobody_sees_asks_seldom(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("net_unit")).not_to_be_empty()
    with visit.page.expect_request("**/api/v1/site"):
        _hide(visit, hidden=True)  # The next question was due already; the one after it is not.
    asked = visit.asked("/api/v1/site")
    visit.page.wait_for_timeout(4000)
    assert visit.asked("/api/v1/site") == asked
    with visit.page.expect_request("**/api/v1/site"):
        _hide(visit, hidden=False)


def _hide(visit: Visit, hidden: bool) -> None:
    """What happens when a window's tab is left and taken up again."""
    visit.page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def _reading(port: int, folder: Path, *arguments: str) -> Any:
    """A box that reads a dongle."""
    settings = ["--meter", f"tcp://127.0.0.1:{port}", "--data", str(folder), "--mdns", "off"]
    return running("run", *settings, *arguments)


def _hostile(site: Any) -> None:
    site["fail_safes"] = [
        {"kind": HOSTILE, "subject": "a subject " + HOSTILE, "text": "a text " + HOSTILE, "age_s": 1, "countdown_s": 9}
    ]
    site["meter"] |= {"link_detail": "the link " + HOSTILE, "link": "lost", "rejected": {HOSTILE: 1}}
    site["meter"]["reading"] |= {"ident": "an ident " + HOSTILE, "meter_id": "a meter " + HOSTILE}
    site["fuses"][0]["name"] = HOSTILE
    site["box"] |= {"serial": HOSTILE, "host_name": HOSTILE}
    site["fuses"][0]["under"] = HOSTILE
    site["charger_links"] = [{"name": "a way", "link": "lost", "detail": HOSTILE}]
    site["chargers"][0] |= {"serial": HOSTILE, "firmware": HOSTILE, "notice": "a notice " + HOSTILE}
    site["chargers"][0]["rotation"] = HOSTILE
    site["chargers"][0]["outlets"][0] |= {
        "serial": HOSTILE,
        "reason": "a reason " + HOSTILE,
        "state": 99,
        "state_name": HOSTILE,
    }


def _clipped(visit: Visit) -> list[str]:
    """Texts that stick out of their card."""
    found: list[str] = visit.page.evaluate(
        """() => [...document.querySelectorAll(".card *")].filter((node) => {
            const own = node.getBoundingClientRect(), card = node.closest(".card").getBoundingClientRect();
            return own.width && !node.closest(".flow") && (own.right > card.right + 1 || own.left < card.left - 1);
        }).map((node) => node.className + ": " + node.textContent.slice(0, 40))"""
    )
    return found
