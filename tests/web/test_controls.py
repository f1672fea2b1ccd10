"""What a user may ask for on the page, on the real program with a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.program import Box, running
from tests.web.conftest import OpenPage
from tests.web.dongle import plugged_in, telegram
from tests.web.visit import Visit


@pytest.fixture(autouse=True)
def _without_wishes(box: Box) -> Iterator[None]:
    """Each test finds a box that nobody has asked for anything."""
    yield
    for outlet in box.json("/api/v1/outlets/"):
        wish = b'{"max_a": null, "priority": null, "paused": false, "fallback_a": null}'
        assert box.change(f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}", "PATCH", wish).status == 200
    assert box.change("/api/v1/fuses/main", "PATCH", b'{"rating_a": null}').status == 200


@pytest.fixture(name="open_page")
def _signed_in(box: Box, open_page: OpenPage) -> OpenPage:
    """Whoever opens a page has told the password before."""
    return partial(open_page, token=box.token)


def outlet(visit: Visit, number: int = 1) -> Locator:
    return visit.page.locator(".outlet").nth(number - 1)


def allowed(visit: Visit, number: int = 1) -> Locator:
    return outlet(visit, number).locator('[data-part="setpoint"]')


def wish(box: Box, number: int = 1) -> Any:
    return box.json("/api/v1/outlets/")[number - 1]["wish"]


def test_pause_and_resume(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    outlet(visit).get_by_role("button", name="Pause").click()
    expect(outlet(visit).get_by_role("button", name="Resume")).to_be_visible()
    expect(allowed(visit)).to_have_text("0 A")
    expect(outlet(visit)).to_contain_text("Paused by the user")
    assert wish(box)["paused"] is True
    box.until("/api/v1/outlets/", lambda outlets: outlets[0]["state"] != 2 and outlets[0]["power_w"] == 0)  # really
    expect(visit.field("glance_title")).to_have_text("Paused by you")
    assert wish(box, 2)["paused"] is False
    expect(outlet(visit, 2).get_by_role("button", name="Pause")).to_be_visible()
    outlet(visit).get_by_role("button", name="Resume").click()
    expect(outlet(visit).get_by_role("button", name="Pause")).to_be_visible()
    assert wish(box)["paused"] is False


def test_by_keyboard_alone(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    pause = outlet(visit).locator('[data-part="pause"]')
    expect(pause).to_have_text("Pause")
    pause.focus()
    visit.page.keyboard.press("Enter")
    expect(pause).to_have_text("Resume")
    expect(pause).to_be_focused()
    visit.page.keyboard.press("Tab")
    expect(outlet(visit).get_by_label("At most")).to_be_focused()
    visit.page.keyboard.press("ArrowDown")
    expect(outlet(visit).get_by_label("At most")).to_have_value("6")
    box.until("/api/v1/outlets/", lambda outlets: outlets[0]["wish"]["max_a"] == 6)


@pytest.mark.parametrize(
    ("label", "key", "value", "chosen"),
    [("At most", "max_a", "10", 10), ("Priority", "priority", "3", 3), ("Without data", "fallback_a", "0", 0)],
)
def test_each_wish(label: str, key: str, value: str, chosen: int, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    choice = outlet(visit).get_by_label(label)
    choice.select_option(value)
    box.until("/api/v1/outlets/", lambda outlets: outlets[0]["wish"][key] == chosen)
    expect(outlet(visit).get_by_role("group")).to_have_attribute("aria-busy", "false")
    visit.page.wait_for_timeout(1200)  # Until documents came that know of it.
    expect(choice).to_have_value(value)
    expect(outlet(visit).locator('[data-part="problem"]')).to_be_empty()
    visit.page.reload()
    expect(choice).to_have_value(value)


def test_back_to_the_default(box: Box, open_page: OpenPage) -> None:
    path = "/api/v1/outlets/{serial}/{id}".format(**box.json("/api/v1/outlets/")[0])
    box.change(path, "PATCH", b'{"max_a": 8, "fallback_a": 0}')
    visit = open_page(box.url)
    expect(outlet(visit).get_by_label("At most")).to_have_value("8")
    outlet(visit).get_by_label("At most").select_option("All it can")
    box.until(path, lambda outlet: outlet["wish"]["max_a"] is None)
    outlet(visit).get_by_label("Without data").select_option("As in the settings")
    box.until(path, lambda outlet: outlet["wish"]["fallback_a"] is None)


def test_only_what_is_legal_is_offered(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    legal = [f"{amps} A" for amps in range(6, 17)]
    expect(outlet(visit).get_by_label("At most").locator("option")).to_have_text(["All it can", *legal])
    fallbacks = outlet(visit).get_by_label("Without data").locator("option")
    expect(fallbacks).to_have_text(["Setting, 6 A", "0 A, pause", *legal])
    visit.field("fuse_control").locator("summary").click()
    ratings = ["As in the settings", *(f"{amps} A" for amps in range(6, 26))]
    expect(visit.page.get_by_label("Stay under").locator("option")).to_have_text(ratings)


def test_the_main_fuse(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.field("fuse_control").locator("summary").click()
    visit.page.get_by_label("Stay under").select_option("16 A")
    expect(visit.page.locator('.fuse [data-part="rating"]')).to_have_text("16 A, instead of 25 A")
    assert box.json("/api/v1/fuses/main")["rating_a"] == [16, 16, 16]
    visit.page.get_by_label("Stay under").select_option("As in the settings")
    expect(visit.page.locator('.fuse [data-part="rating"]')).to_have_text("25 A")


def test_a_wish_of_somebody_else_is_seen(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(outlet(visit).get_by_role("button", name="Pause")).to_be_visible()
    path = "/api/v1/outlets/{serial}/{id}".format(**box.json("/api/v1/outlets/")[0])
    box.change(path, "PATCH", b'{"max_a": 7, "paused": true}')
    expect(outlet(visit).get_by_role("button", name="Resume")).to_be_visible()
    expect(outlet(visit).get_by_label("At most")).to_have_value("7")


def test_a_refusal_is_told_where_it_was_asked(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(outlet(visit).get_by_label("Without data")).to_have_value("")
    outlet(visit).get_by_label("Without data").select_option("16 A")
    box.until("/api/v1/outlets/", lambda outlets: outlets[0]["wish"]["fallback_a"] == 16)
    outlet(visit, 2).get_by_label("Without data").select_option("16 A")
    expect(outlet(visit, 2).get_by_role("alert")).to_contain_text("it bears 25 A")
    expect(outlet(visit, 2).get_by_label("Without data")).to_have_value("")
    expect(outlet(visit).locator('[data-part="problem"]')).to_be_empty()
    outlet(visit, 2).get_by_label("Without data").select_option("0")
    expect(outlet(visit, 2).locator('[data-part="problem"]')).to_be_empty()
    visit.forgive("409")


def test_a_problem_is_never_markup(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    hostile = "<img src=x onerror=\"document.title='taken over'\">"
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": hostile}
    visit.page.route("**/pause", lambda route: route.fulfill(status=409, json=problem))
    outlet(visit).get_by_role("button", name="Pause").click()
    expect(outlet(visit).get_by_role("alert")).to_have_text(hostile)
    assert visit.page.locator("img").count() == 0
    visit.forgive("409")


def test_a_box_that_does_not_answer_a_change(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.page.route("**/pause", lambda route: route.abort())
    outlet(visit).get_by_role("button", name="Pause").click()
    expect(outlet(visit).get_by_role("alert")).to_contain_text("nobody knows whether it was done")
    expect(outlet(visit).get_by_role("button", name="Pause")).to_be_visible()
    visit.forgive("net::ERR_")


def test_what_was_answered_is_not_undone_by_an_older_document(box: Box, open_page: OpenPage) -> None:
    """A document that was made before the change, and comes after it."""
    old: list[Any] = []

    def stay_old(site: Any) -> None:
        if len(old) < 2:
            old.append(site["chargers"])
        if len(asked) and len(old) < 4:
            old.append(None)
            site["chargers"] = old[0]

    asked: list[bool] = []
    visit = open_page(box.url, stay_old)
    visit.page.clock.install()
    visit.page.reload()
    expect(outlet(visit).get_by_role("button", name="Pause")).to_be_visible()
    # From then on the page's time goes on with its documents, however late they come.
    visit.page.clock.pause_at(visit.page.evaluate("Date.now() / 1000") + 60)
    asked.append(True)
    outlet(visit).get_by_role("button", name="Pause").click()
    expect(outlet(visit).get_by_role("button", name="Resume")).to_be_visible()
    visit.page.evaluate(
        """() => {
            window.words = new Set();
            const button = document.querySelector('[data-part="pause"]');
            const note = () => window.words.add(button.textContent.trim());
            new MutationObserver(note).observe(button, { childList: true, characterData: true, subtree: true });
        }"""
    )
    while len(old) < 4:
        _next_document(visit)
    _next_document(visit)
    expect(outlet(visit).get_by_role("button", name="Resume")).to_be_visible()
    assert visit.page.evaluate("[...window.words]") == []


def _next_document(visit: Visit) -> None:
    """Let a second of the page's time pass, and what it asks for then come."""
    site, given_up = "document.querySelector('ng-shell').box.site", len(visit.failed)
    visit.page.evaluate(f"{site}.known = true")
    visit.page.clock.run_for(1000)
    visit.until(lambda: visit.page.evaluate(f"!{site}.known") or len(visit.failed) > given_up)


def test_all_that_is_chosen_while_an_answer_is_due_is_asked_for(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    most, priority, without = (outlet(visit).get_by_label(one) for one in ("At most", "Priority", "Without data"))
    held: list[Route] = []

    def hold_the_second(route: Route) -> None:
        held.append(route)
        if len(held) == 1:
            route.continue_()

    visit.page.route("**/api/v1/outlets/*/1", hold_the_second)
    most.select_option("10")
    visit.until(lambda: wish(box)["max_a"] == 10)
    expect(outlet(visit).locator(".controls")).to_have_attribute("aria-busy", "false")
    most.select_option("9")
    visit.until(lambda: len(held) == 2)
    priority.select_option("3")
    without.select_option("0")
    # Documents that tell of the first answer take nothing away.
    facts = visit.field("link_meter").locator('[data-part="facts"]')
    seen = facts.inner_text()
    expect(facts).not_to_have_text(seen)
    assert [one.input_value() for one in (most, priority, without)] == ["9", "3", "0"]
    held[1].continue_()
    visit.page.unroute_all()
    visit.until(lambda: [wish(box)[key] for key in ("max_a", "priority", "fallback_a")] == [9, 3, 0])


def test_a_countdown_counts_between_answers(box: Box, open_page: OpenPage) -> None:
    def proving(site: Any) -> None:
        told = site["chargers"][0]["outlets"][0]
        told |= {"rule": "proving", "reason_detail": {"rule": "proving", "countdown_s": 24.2}}
        site["fail_safes"] = [
            {"kind": "meter silent", "subject": "garage", "text": "plug it in", "age_s": 3, "countdown_s": 700.0},
            {"kind": "charger silent", "subject": "CB1", "text": "switch it on", "age_s": 3, "countdown_s": None},
        ]

    visit = open_page(box.url, proving)
    timer = outlet(visit).get_by_role("timer")
    expect(timer).to_have_text(re.compile(r"Raises in \d+ s"))
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    expect(visit.field("glance")).to_contain_text(re.compile(r"Raises in 2\d s"))
    titles = ["The meter is silent: garage", "A charger does not answer: CB1"]
    expect(visit.banner("over").locator("strong")).to_have_text(titles)
    expect(visit.banner("over").first).to_contain_text("plug it in Next step in 12 min")
    expect(visit.banner("over").last.get_by_role("timer")).to_have_count(0)


def test_what_is_odd_is_told(box: Box, open_page: OpenPage) -> None:
    def odd(site: Any) -> None:
        site["chargers"][0] |= {"notice": "a second charger answers on its link", "rotation": "STR"}
        site["chargers"][0]["outlets"][0] |= {"foreign_a": 8, "car_phases": [True, False, True]}
        site["chargers"][0]["outlets"][1] |= {"foreign_a": None, "car_phases": [True, True, True]}

    visit = open_page(box.url, odd)
    charger = visit.page.locator(".charger")
    expect(charger).to_contain_text("a second charger answers on its link")
    expect(charger).to_contain_text("phases turned: STR")
    expect(outlet(visit)).to_contain_text("Another controller allows it only 8 A.")
    expect(outlet(visit)).to_contain_text("The car charges on L1 and L3.")
    expect(outlet(visit, 2)).not_to_contain_text("nother controller")
    expect(outlet(visit, 2)).not_to_contain_text("The car charges")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_and_problems_have_contrast(scheme: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, color_scheme=scheme)
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "not here"}
    visit.page.route("**/pause", lambda route: route.fulfill(status=409, json=problem))
    outlet(visit).get_by_role("button", name="Pause").click()
    expect(outlet(visit).get_by_role("alert")).to_have_text("not here")
    visit.page.unroute("**/pause")
    outlet(visit, 2).get_by_role("button", name="Pause").click()
    expect(outlet(visit, 2).get_by_role("button", name="Resume")).to_be_visible()
    visit.field("fuse_control").locator("summary").click()
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["below"] == []
    visit.forgive("409")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_controls_fit_every_window(width: int, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, viewport={"width": width, "height": 780})
    visit.field("fuse_control").locator("summary").click()
    expect(visit.page.get_by_label("Stay under")).to_be_visible()
    assert visit.overflow_px() <= 0
    for control in visit.page.locator(".outlet .controls button, .outlet .controls select, .fuse-setting select").all():
        size = control.bounding_box()
        assert size is not None
        assert size["height"] >= 44, "a finger finds it"
        assert size["width"] >= 90


def test_fail_safes_of_a_real_loss(open_page: OpenPage, tmp_path: Path) -> None:
    chargers = ["--charger", "sim:?lose_after_s=2", "--main-fuse", "25"]
    with plugged_in(telegram()) as dongle:
        meter = ["--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), "--mdns", "off"]
        with running("run", *meter, *chargers) as box:
            visit = open_page(box.url)
            silent = visit.banner().filter(has_text="A charger does not answer")
            expect(silent).to_contain_text("stays reserved")
            expect(silent.get_by_role("timer")).to_have_count(0)
            expect(visit.page.locator('.charger [data-part="link"]')).to_have_text("Lost")
            expect(visit.field("glance_title")).to_have_text("No contact with the charger")
            dongle.unplug()
            late = visit.banner().filter(has_text="The meter is silent")
            expect(late.get_by_role("timer")).to_have_text(re.compile(r"Next step in \d+ s"))
            before = late.get_by_role("timer").inner_text()
            expect(late.get_by_role("timer")).not_to_have_text(before)
            with plugged_in(telegram(), dongle.port):
                expect(late).to_have_count(0)
                visit.leave()
