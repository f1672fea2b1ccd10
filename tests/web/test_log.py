"""The place Log: what it shows is what the box tells, page by page, filtered, as it happens; and why it was slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from ngair.api.logbook import KINDS
from ngair.model.decision import Rule
from tests.program import Box, running
from tests.web.conftest import OpenPage
from tests.web.test_axe import axe
from tests.web.visit import ROOT, Visit

ZONE = ZoneInfo("Europe/Stockholm")
GROUPS = {
    "charging": {"setpoint", "plugged", "unplugged", "wish"},
    "limits": {"limit", "limit over", "over fuse", "over fuse over"},
    "faults": {"fault", "fault over", "fail-safe", "fail-safe over", "refused", "memory lost"},
    "links": {"meter up", "meter lost", "charger up", "charger lost", "network up", "network lost"},
    "box": {
        "started",
        "stopped",
        "meter changed",
        "counter jumped",
        "clock stepped",
        "updated",
        "update failed",
        "setup",
        "password set",
    },
}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(name="box", scope="module")
def _box() -> Iterator[Box]:
    """A simulated house with two cars that has been there for two days, elsewhere than this machine's time zone."""
    with running("demo", "--cars", "2", "--past", "2", "--time-zone", str(ZONE)) as box:
        box.until("/api/v1/site", lambda site: site["meter"]["fresh"] and site["chargers"])
        box.until("/api/v1/box", lambda told: told["memory"]["state"] == "up")
        yield box
        assert box.stop() == 0


@pytest.fixture(name="yesterday")
def _yesterday(box: Box) -> str:
    """A local day of which all is over."""
    return str((local(box.json("/api/v1/site")["time"]) - timedelta(days=1)).date())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


def entries_of(box: Box, **asked: object) -> list[dict[str, Any]]:
    """All entries that a filter lets through, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        query = "&".join(f"{name.rstrip('_')}={value}".replace(" ", "%20") for name, value in asked.items())
        before = f"&before={found[-1]['seq']}" if found else ""
        page = box.json(f"/api/v1/events?limit=200{'&' if query else ''}{query}{before}")
        found += page["entries"]
        if not page["more"]:
            return found


def day_of(box: Box, day: str, **asked: object) -> list[dict[str, Any]]:
    """Entries of a local day."""
    after = datetime.fromisoformat(day) + timedelta(days=1)
    return entries_of(box, from_=f"{day}T00:00:00", to=after.isoformat(), **asked)


def rows(visit: Visit) -> Locator:
    return visit.field("entries").locator("li")


def seqs(visit: Visit) -> list[int]:
    found: list[int] = rows(visit).evaluate_all("rows => rows.map((row) => Number(row.dataset.seq))")
    return found


def known_then(told: list[dict[str, Any]], shown: list[int]) -> list[int]:
    """What the box tells, without what it has written since: in its order, which is that of time."""
    return [entry["seq"] for entry in told if entry["seq"] <= max(shown)]


def all_shown(visit: Visit) -> None:
    """Go down until there is nothing further down."""
    end = visit.field("end")
    while not end.is_visible():
        visit.page.mouse.wheel(0, 5000)
        visit.page.wait_for_timeout(30)


def test_a_day_is_shown_as_the_box_tells_it(box: Box, open_page: OpenPage, yesterday: str) -> None:
    told = day_of(box, yesterday)
    visit = open_page(box.url, place=f"log?day={yesterday}")
    expect(visit.field("day")).to_have_value(yesterday)
    expect(rows(visit).first).to_be_visible()
    all_shown(visit)
    assert seqs(visit) == [entry["seq"] for entry in told]
    # By the box's clock as soon as the page knows its zone.
    expect(rows(visit).locator("time")).to_have_text([local(entry["time"]).strftime("%H:%M:%S") for entry in told])
    changes = [entry for entry in told if entry["kind"] == "setpoint"]
    assert changes
    for entry in changes[:5]:
        row = rows(visit).and_(visit.page.locator(f'[data-seq="{entry["seq"]}"]'))
        expect(row).to_contain_text(f"{entry['detail']['setpoint_a']}\u00a0A")
        expect(row.locator(".log-detail")).to_have_text(entry["text"])
        expect(row).to_contain_text(f"Outlet {entry['subject'][-1]}")


def test_it_goes_down_to_where_the_log_begins(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="log")
    expect(rows(visit).first).to_be_visible()
    all_shown(visit)
    shown = seqs(visit)
    assert shown == known_then(entries_of(box), shown)
    headings = visit.field("entries").locator("h2").all_inner_texts()
    assert len(headings) == len(set(headings)) >= 2


@pytest.mark.parametrize("group", GROUPS)
def test_a_filter_lets_only_its_kinds_through(group: str, box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place=f"log?day={yesterday}")
    button = visit.page.locator(f'button[data-kind="{group}"]')
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert f"kind={group}" in visit.page.url
    told = day_of(box, yesterday, kinds=",".join(sorted(GROUPS[group])))
    visit.quiet()
    if told:
        all_shown(visit)
    else:
        expect(visit.field("none")).to_have_text("Nothing of this kind is in the log.")
    assert seqs(visit) == [entry["seq"] for entry in told]


def test_every_kind_is_in_one_filter() -> None:
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(KINDS)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_rule_has_its_words(language: str) -> None:
    words = (ROOT / "web" / "src" / "words" / f"{language}.ts").read_text("utf-8")
    assert [rule for rule in Rule if f" why_{rule}" not in words] == []


def test_one_outlet_only(box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place=f"log?day={yesterday}")
    series = f"{box.json('/api/v1/site')['chargers'][0]['serial']}/2"
    visit.field("outlet").select_option(series)
    expect(rows(visit).first).to_contain_text("Outlet 2")
    all_shown(visit)
    assert seqs(visit) == [entry["seq"] for entry in day_of(box, yesterday, subject=series)]
    visit.page.reload()
    expect(visit.field("outlet")).to_have_value(series)


def test_what_happens_comes_by_itself(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="log?kind=charging")
    expect(rows(visit).first).to_be_visible()
    visit.page.evaluate("window.same = true")
    outlet = box.json("/api/v1/outlets")[0]
    path = f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}"
    assert box.change(path, "PATCH", b'{"priority": 7}').status == 200
    expect(visit.field("entries").locator('li[data-kind="wish"]').first).to_contain_text("priority 7")
    shown = seqs(visit)
    assert shown == known_then(entries_of(box, kinds=",".join(sorted(GROUPS["charging"]))), shown)[: len(shown)]
    assert visit.page.evaluate("window.same")


def limited(box: Box, day: str) -> dict[str, Any]:
    """A moment of a day at which the main fuse left a car less than it wanted."""
    for entry in day_of(box, day, kinds="setpoint"):
        if entry["detail"]["rule"] == "fuse" and entry["detail"]["setpoint_a"]:
            return entry
    pytest.fail(f"nothing limited a car on {day}")


def test_why_it_was_slow_is_told_of_an_entry(box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place=f"log?day={yesterday}&kind=charging")
    expect(rows(visit).first).to_be_visible()
    all_shown(visit)
    entry = limited(box, yesterday)
    visit.page.locator(f'[data-field="entries"] li[data-seq="{entry["seq"]}"] button').click()
    expect(visit.field("why_time")).to_contain_text(local(entry["time"]).strftime("%H:%M:%S"))
    assert "at=" in visit.page.url
    why = box.json(f"/api/v1/why?at={entry['time']}")
    outlet = next(one for one in why["outlets"] if one["outlet"] == entry["subject"])
    said = visit.field("why_outlets").locator(f'li[data-outlet="{outlet["outlet"]}"]')
    time = local(entry["time"]).strftime("%H:%M")
    phase, amps = outlet["phase"], f"{outlet['setpoint_a']}\u00a0A"
    expect(said).to_contain_text(
        f"At {time} the car at outlet {outlet['id']} was allowed {amps}, because {phase} of the main fuse had no room"
    )
    expect(said).to_contain_text(outlet["text"])
    assert_bars(visit, why)
    around = visit.field("why_entries").locator("li").evaluate_all("rows => rows.map((row) => Number(row.dataset.seq))")
    assert around == [one["seq"] for one in why["entries"]]


def assert_bars(visit: Visit, why: dict[str, Any]) -> None:
    bars = visit.field("why_house").locator("li")
    expect(bars.locator(".why-figure small")).to_have_text(["of 25 A"] * 3)
    for number, current_a in enumerate(why["house"]["current_a"]):
        figure, unit, _, of = bars.nth(number).locator(".why-figure").inner_text().replace("\u00a0", " ").split(" ", 3)
        assert float(figure) == pytest.approx(current_a, abs=0.06)
        assert (unit, of) == ("A", "25 A")
        width = bars.nth(number).locator("i").evaluate("bar => bar.offsetWidth / bar.parentElement.offsetWidth")
        assert width == pytest.approx(min(1, current_a / 25), abs=0.02)


def test_any_moment_can_be_asked_about(box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place="log")
    expect(rows(visit).first).to_be_visible()
    visit.field("why_at").fill(f"{yesterday}T12:34:56")
    visit.field("why_ask").click()
    expect(visit.field("why_time")).to_contain_text("12:34:56")
    why = box.json(f"/api/v1/why?at={yesterday}T12:34:56")
    assert local(why["time"]).strftime("%H:%M:%S") == "12:34:56"
    assert_bars(visit, why)
    visit.field("why_close").click()
    expect(visit.field("why_time")).to_have_count(0)
    assert "at=" not in visit.page.url


def test_before_the_box_was_there_nothing_is_known(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="log?at=2001-02-03T04:05:06")
    expect(visit.field("why_nothing")).to_have_text("Nothing is known about that moment.")
    expect(visit.field("why_house")).to_contain_text("not kept")


def test_an_address_that_is_no_time_is_told(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place=f"log?at={HOSTILE}")
    expect(visit.page.locator(".log-why .problem")).to_have_text("That is no moment that the box understands.")
    expect(visit.page.locator("main img")).to_have_count(0)
    visit.forgive("422")


def test_all_of_it_by_keyboard(box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place=f"log?day={yesterday}")
    expect(rows(visit).first).to_be_visible()
    visit.page.locator('button[data-kind="all"]').focus()
    press_until(visit.page, "Tab", "document.activeElement.closest('[data-field=entries]') !== null")
    visit.page.keyboard.press("Enter")
    expect(visit.field("why_time")).to_be_visible()
    assert visit.page.evaluate("document.activeElement.className") == "why-answer"


def press_until(page: Page, key: str, condition: str) -> None:
    """Press a key until something holds; it must within as many presses as a patient person makes."""
    for _ in range(20):
        if page.evaluate(condition):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {condition}")


def test_in_swedish(box: Box, open_page: OpenPage, yesterday: str) -> None:
    visit = open_page(box.url, place=f"log?day={yesterday}&kind=charging", locale="sv-SE")
    expect(rows(visit).first).to_be_visible()
    entry = limited(box, yesterday)
    all_shown(visit)
    row = visit.page.locator(f'[data-field="entries"] li[data-seq="{entry["seq"]}"]')
    expect(row.locator(".log-title")).to_have_text(
        re.compile(r"^(Från \d+\u00a0A till|Fortfarande|\d+\u00a0A till att börja)")
    )
    expect(row.locator(".log-detail")).not_to_have_text(entry["text"])
    row.locator("button").click()
    expect(visit.field("why_outlets")).to_contain_text("på huvudsäkringen inte hade plats för mer")
    english = re.compile(r"\b(the|was|because|flowed|outlet)\b", re.IGNORECASE)
    assert not english.search(visit.page.locator(".log-why").inner_text())


def test_what_nobody_knows_is_shown_as_text(box: Box, open_page: OpenPage) -> None:
    def altered(route: Route) -> None:
        response = route.fetch()
        document = response.json()
        for entry, kind in zip(
            document["entries"], ("a new kind", "limit", "wish", "fail-safe", "meter lost"), strict=False
        ):
            entry |= {"kind": kind, "subject": HOSTILE, "text": f"x: {HOSTILE}"}
            entry["detail"] = dict.fromkeys(("phase", "rule", "kind", "reason", HOSTILE), HOSTILE)
        route.fulfill(response=response, json=document)

    visit = open_page(box.url, go=False)
    visit.page.route("**/api/v1/events*", altered)
    visit.page.goto(f"{box.url}#/log")
    expect(rows(visit).first).to_contain_text(HOSTILE)
    expect(rows(visit).nth(4)).to_contain_text(HOSTILE)
    expect(visit.page.locator("main img, main script")).to_have_count(0)


def test_a_box_without_memory_says_so(open_page: OpenPage) -> None:
    with running("demo", "--past", "0", "--http", "127.0.0.1:0", env={"NGAIR_HISTORY": "off"}) as box:
        visit = open_page(box.url, place="log")
        expect(visit.page.locator(".log-cards .problem").last).to_contain_text("history is switched off")
        visit.forgive("503")
        visit.leave()
        visit.forgive("503")


def test_it_fits_every_window_and_breaks_no_rule(
    box: Box, open_page: OpenPage, yesterday: str, window: dict[str, int], scheme: str
) -> None:
    at = limited(box, yesterday)["time"]
    visit = open_page(box.url, place=f"log?at={at}", viewport=window, color_scheme=scheme)
    expect(rows(visit).first).to_be_visible()
    expect(visit.field("why_time")).to_be_visible()
    visit.page.evaluate("for (const part of document.querySelectorAll('main details')) part.open = true;")
    assert axe(visit)["violations"] == []
    assert visit.overflow_px() <= 0
    visit.shot(f"log-why-{window['width']}-{scheme}")
