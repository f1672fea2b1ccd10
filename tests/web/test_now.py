"""The page "Now" in a real browser: whether it charges, and if not, why; what flows, and what is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from ngair.balance import failsafes, reasons
from tests.program import Box, running, wait_for
from tests.web.conftest import PHONE, OpenPage
from tests.web.dongle import plugged_in, telegram
from tests.web.shown import agree, with_what_it_was_told
from tests.web.visit import Visit
from tests.web.wire import Wire

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
FLOWING = "document.getAnimations().filter((one) => !(one instanceof CSSTransition)).length"
FIGURES: dict[str, Any] = {
    "a": "10",
    "foreign": "8",
    "line": "L2 of garage",
    "who": "charger SIMCB0000000101, outlet 2,",
    "used": "12.5",
    "most": "25",
    "below": "14",
    "phases": "L1, L3",
}


def test_the_page_shows_what_the_site_says(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("energy_import_kwh")).not_to_have_text("–")
    page, site = with_what_it_was_told(visit.page)
    assert agree(page, site) == []
    assert site.keys() == box.json("/api/v1/site").keys()


def test_the_page_keeps_up_with_the_meter(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    telegrams = visit.field("link_meter").locator('[data-part="facts"]')
    expect(telegrams).to_contain_text("telegrams")
    before = telegrams.inner_text()
    expect(telegrams).not_to_have_text(before)
    expect(visit.field("link_page")).to_contain_text("Live")
    expect(visit.banner("over")).to_have_count(0)


def _outlet(**values: Any) -> Callable[[Any], None]:
    """A house with one outlet, of which this is told."""

    def alter(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        wish = outlet["wish"] | {"paused": values.pop("paused", outlet["wish"]["paused"])}
        limit = {
            "rule": values.get("rule", "free"),
            "fuse": values.pop("fuse", None),
            "phase": values.pop("phase", None),
        }
        outlet |= {"wish": wish, "reason_detail": limit | {"age_s": 1, "countdown_s": None}, "reason": ""} | values
        values.update({"paused": wish["paused"], "fuse": limit["fuse"], "phase": limit["phase"]})
        site["chargers"][0]["outlets"] = [outlet]

    return alter


@pytest.mark.parametrize(
    ("alter", "title", "tone"),
    [
        (_outlet(state=2, power_w=11040, setpoint_a=16), "Charging 11.0 kW", "calm"),
        (_outlet(state=2, power_w=4140, setpoint_a=6, rule="fallback"), "Charging 4.14 kW", "near"),
        (
            _outlet(state=3, setpoint_a=0, rule="fuse", fuse="main", phase="L2"),
            "Waiting: the main fuse has too little room on L2",
            "near",
        ),
        (
            _outlet(state=1, setpoint_a=0, rule="share", fuse="garage", phase="L1"),
            "Waiting: garage has too little room on L1",
            "near",
        ),
        (_outlet(state=3, setpoint_a=0, rule="turn", fuse="main", phase="L1"), "Waiting for its turn", "near"),
        (_outlet(state=3, setpoint_a=0, rule="power", fuse="main"), "Waiting: Power of the house is used up", "near"),
        (_outlet(state=3, setpoint_a=0, rule="paused", paused=True), "Paused by you", "in"),
        (_outlet(state=0, setpoint_a=16, rule="ready"), "No car", ""),
        (_outlet(state=4, setpoint_a=16), "The car is full or wants nothing", "in"),
        (_outlet(state=5, setpoint_a=16), "Charging has ended", "in"),
        (_outlet(state=3, setpoint_a=6, rule="fallback"), "No data from the meter: 6 A", "near"),
        (_outlet(state=3, setpoint_a=0, rule="fallback"), "No data from the meter: charging waits", "near"),
        (_outlet(state=8, setpoint_a=16), "Fault at the charger", "over"),
        (lambda site: site["chargers"][0].update(connected=False, age_s=61), "No contact with the charger", "over"),
        (lambda site: site["chargers"][0].update(connected=False, age_s=None), "Never reached", "near"),
    ],
)
def test_a_glance_tells_whether_it_charges_and_if_not_why(
    alter: Callable[[Any], None], title: str, tone: str, box: Box, open_page: OpenPage
) -> None:
    visit = open_page(box.url, alter)
    expect(visit.field("glance_title")).to_have_text(title)
    expect(visit.field("glance")).to_have_attribute("data-tone", tone)
    expect(visit.field("glance").locator("svg.icon")).to_be_visible()


def test_a_car_that_charges_comes_before_one_that_does_not(box: Box, open_page: OpenPage) -> None:
    def one_of_two(site: Any) -> None:
        one, other = site["chargers"][0]["outlets"]
        one |= {"state": 8, "power_w": 0}
        other |= {"state": 2, "power_w": 3680, "setpoint_a": 16, "rule": "free", "reason": "The car takes all it wants"}

    visit = open_page(box.url, one_of_two)
    expect(visit.field("glance_title")).to_have_text("Charging 3.68 kW")
    expect(visit.field("glance_detail")).to_contain_text("1 of 2 outlets charges. The car takes all it wants")


def test_nine_states_in_words(box: Box, open_page: OpenPage) -> None:
    def nine(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        outlets = [outlet | {"id": state, "state": state, "state_name": ""} for state in range(9)]
        site["chargers"][0]["outlets"] = outlets

    visit = open_page(box.url, nine)
    expect(visit.page.locator('.outlet [data-part="state"]')).to_have_text(STATES)


def test_a_setpoint_has_its_reason(box: Box, open_page: OpenPage) -> None:
    def limited(site: Any) -> None:
        outlets = site["chargers"][0]["outlets"]
        outlets[0] |= {"setpoint_a": 10, "reason": "10 A are left on L1"}
        outlets[1] |= {"setpoint_a": None, "reason": None, "rule": None}
        site["chargers"][0]["outlets"] = [*outlets, outlets[0] | {"setpoint_a": 0, "reason": "less than 6 A is left"}]

    visit = open_page(box.url, limited)
    expect(visit.page.locator('.outlet [data-part="setpoint"]')).to_have_text(["10 A", "not set yet", "0 A"])
    told = visit.page.locator('.outlet [data-part="reason"]')
    expect(told).to_have_text(["10 A are left on L1", "", "less than 6 A is left"])


def _sentences(module: Any) -> list[str]:
    """Everything that a part of the balancer can say, with figures."""
    found = []
    for name, template in vars(module).items():
        if name.isupper() and isinstance(template, str):
            for wait_s in (0, 30) if "{wait}" in template else (0,):
                beside = "3" if name == "START" else reasons.cars(2)
                found.append(template.format(**FIGURES, n=beside, **dict(reasons.waiting(wait_s))))
    assert len(found) > 5
    return found


def test_every_reason_is_told_in_both_languages(box: Box, open_page: OpenPage) -> None:
    told = _sentences(reasons)

    def all_of_them(site: Any) -> None:
        outlet = site["chargers"][0]["outlets"][0]
        outlet |= {"rule": "free", "reason_detail": None}
        site["chargers"][0]["outlets"] = [outlet | {"id": n, "reason": text} for n, text in enumerate(told)]

    visit = open_page(box.url, all_of_them)
    places = visit.page.locator('.outlet [data-part="reason"]')
    expect(places).to_have_text(told)
    visit.choose_language("sv")
    expect(places.first).not_to_have_text(told[0])
    _are_translated(told, places.all_inner_texts())


def test_every_fail_safe_is_told_in_both_languages(box: Box, open_page: OpenPage) -> None:
    told = _sentences(failsafes)

    def all_of_them(site: Any) -> None:
        one = {"kind": "charger silent", "subject": "CB1", "age_s": 1, "countdown_s": None}
        site["fail_safes"] = [one | {"text": text} for text in told]

    visit = open_page(box.url, all_of_them)
    places = visit.banner("over").locator("p")
    expect(places).to_have_text(told)
    visit.choose_language("sv")
    expect(places.first).not_to_have_text(told[0])
    _are_translated(told, places.all_inner_texts())


def _are_translated(told: list[str], swedish: list[str]) -> None:
    """Each is another sentence, whose figures are the same, and none is told as another one is."""
    for english, other in zip(told, swedish, strict=True):
        assert other.strip() != english
        assert not re.search(r"\b(the|its|more|is|left)\b", other), other
        figures = re.findall(r"\d+(?:\.\d+)?", english)
        assert sorted(re.findall(r"\d+(?:\.\d+)?", other.replace(",", "."))) == sorted(figures), (english, other)
    assert len(set(swedish)) == len(set(told))


def test_near_and_over_the_fuse_is_told_in_colour_and_words(box: Box, open_page: OpenPage) -> None:
    def loaded(site: Any) -> None:
        nothing = {"other_a": [None] * 3, "left_a": [None] * 3}
        site["fuses"][0] |= nothing | {"rating_a": [25, 25, 25], "current_a": [27.3, 23.1, None]}
        site["meter"]["reading"]["estimated"] = ["current_a"]

    visit = open_page(box.url, loaded)
    words = ["over by 2.3 A", "room for charging unknown", "unknown: counts as full"]
    expect(visit.page.locator('.phase [data-part="room"]')).to_have_text(words)
    expect(visit.page.locator('.phase [data-part="current"]')).to_have_text(["≈27.3", "≈23.1", "–"])
    expect(visit.field("estimated")).to_contain_text("current")
    tones = [phase.get_attribute("data-tone") for phase in visit.page.locator(".phase").all()]
    assert tones == ["over", "near", "unknown"]
    expect(visit.page.get_by_role("meter", name="Current on L1")).to_have_attribute(
        "aria-valuetext", "≈27.3 A of 25 A, over by 2.3 A"
    )


def test_each_fuse_with_what_is_left(box: Box, open_page: OpenPage) -> None:
    def tree(site: Any) -> None:
        for outlet in site["chargers"][0]["outlets"]:
            outlet |= {"current_a": [3, 0, 0], "age_s": 0.1}
        site["fuses"][0] |= {
            "left_a": [12.5, 0.2, -3.25],
            "other_a": [11.5, 23.8, 27.25],
            "current_a": [17.5, 23.8, 24.9],
        }
        garage = {"name": "garage", "under": "main", "rating_a": [16, 16, 20], "setting_a": [16, 16, 20]}
        meter = site["meter"] | {"fresh": False, "link_detail": "the cable is out"}
        garage |= {"current_a": [8, 2, 2], "other_a": [3, 2, 2], "left_a": [12, 13, 17]}
        site["fuses"].append(site["fuses"][0] | garage | {"power_max_w": 9000, "meter": meter})

    visit = open_page(box.url, tree)
    ratings = visit.page.locator('.fuse [data-part="rating"]')
    expect(ratings).to_have_text(["25 A", "16/16/20 A, at most 9.00 kW"])
    rooms = [fuse.locator('[data-part="room"]') for fuse in visit.page.locator(".fuse").all()]
    left = ["6.5 A left for charging", "full for charging", "3.3 A too much without cars"]
    expect(rooms[0]).to_have_text(left)
    expect(rooms[1].first).to_have_text("7.0 A left for charging")
    expect(visit.page.locator(".fuse").last).to_contain_text("Its own meter is silent. the cable is out")
    expect(visit.field("link_sub_meter")).to_contain_text("Meter of garage")
    parts = visit.page.locator(".fuse").first.locator(".phase").first.locator(".bar i")
    shares = [float(part.evaluate("part => parseFloat(part.style.width)")) for part in parts.all()]
    assert shares == pytest.approx([46, 24])


def test_giving_to_the_grid_is_told_from_taking(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram()) as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.field("glance_title")).to_have_text("Giving 2.73 kW to the grid")
        expect(visit.field("flow_grid")).to_have_text("2.73 kW")
        expect(visit.field("flow_sun")).to_have_text("≥ 2.73 kW")
        expect(visit.field("flow_house")).to_have_text("House: sun covers it")
        expect(visit.field("power_export_w")).to_have_text("2,731")
        expect(visit.page.locator('.fuse [data-part="rating"]')).to_have_text("No fuse set")
        drawing = visit.page.locator("ng-flow").get_by_role("img")
        assert "to the grid: 2.73" in (drawing.get_attribute("aria-label") or "").replace("\u00a0", " ")
        visit.leave()


def test_what_the_cars_take_is_not_the_houses(box: Box, open_page: OpenPage) -> None:
    def charging(site: Any) -> None:
        site["meter"]["reading"] |= {"power_import_w": 9000, "power_export_w": 0}
        for outlet, power_w in zip(site["chargers"][0]["outlets"], (5440, 1000), strict=True):
            outlet |= {"power_w": power_w, "state": 2, "age_s": 0.1}

    visit = open_page(box.url, charging)
    expect(visit.field("flow_house")).to_have_text("2.56 kW")
    expect(visit.field("flow_sun")).to_have_text("not measured")
    expect(visit.field("flow_car")).to_have_text(["5.44 kW", "1.00 kW"])


def test_a_charger_that_has_told_nothing_makes_the_house_unknown(box: Box, open_page: OpenPage) -> None:
    def silent(site: Any) -> None:
        site["chargers"][0]["outlets"][1] |= {"age_s": None, "current_a": [None] * 3}

    visit = open_page(box.url, silent)
    expect(visit.field("flow_house")).to_have_text("–")
    expect(visit.field("flow_car").last).to_have_text("–")
    expect(visit.page.locator('.outlet [data-part="power"]').last).to_have_text("–")


def test_unknown_is_never_zero(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(b"") as dongle, _reading(dongle.port, tmp_path) as box:
        visit = open_page(box.url)
        expect(visit.field("glance_title")).to_have_text("Waiting for the meter")
        for name in ("power_import_w", "power_export_w", "energy_import_kwh", "energy_export_kwh"):
            expect(visit.field(name)).to_have_text("–")
        for name in ("flow_grid", "flow_house"):
            expect(visit.field(name)).to_have_text("–")
        expect(visit.page.locator('.phase [data-part="current"]')).to_have_text(["–"] * 3)
        expect(visit.page.locator('.phase [data-part="voltage"]')).to_have_text(["– V"] * 3)
        expect(visit.field("link_meter")).to_contain_text("No reading yet")
        visit.leave()


def test_old_values_look_old(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, lambda site: site["meter"].update(fresh=False, age_s=95.0))
    expect(visit.page.locator("main.stale")).to_be_visible()
    expect(visit.field("link_meter")).to_contain_text("Old")
    expect(visit.field("link_meter")).to_contain_text("Reading 1 minute ago")
    figures = visit.page.locator('.phase [data-part="current"]').first
    soft = visit.page.locator(".phase-name").first
    colour = "node => getComputedStyle(node).color"
    assert figures.evaluate(colour) == soft.evaluate(colour)
    assert visit.page.evaluate(FLOWING) == 0


def test_every_link_with_what_to_do(box: Box, open_page: OpenPage) -> None:
    links = [
        {"name": "mqtt://192.0.2.7:1883", "link": "up", "detail": ""},
        {"name": "mqtt://192.0.2.8:1883", "link": "lost", "detail": "no route: is it switched on?"},
    ]

    def broken(site: Any) -> None:
        site["charger_links"] = links
        site["meter"] |= {"rejected": {"noise": 3, "check": 1200}, "remedies": {"check": "look at the cable"}}
        site["meter"] |= {"link": "lost", "link_detail": "the adapter is gone"}
        site["chargers"][0] |= {"connected": False, "age_s": 61, "rejected": {"not json": 2}}
        site["memory"] = {"state": "failing", "detail": "the disk is full: make room"}

    visit = open_page(box.url, broken)
    expect(visit.field("link_way")).to_have_text([re.compile(r"192\.0\.2\.8:1883\s*Lost\s*no route")])
    meter = visit.field("link_meter")
    for words in ("Lost", "1,203 refused", "the adapter is gone", "1,200 × Check: look at the cable", "3 × Noise"):
        expect(meter).to_contain_text(words)
    expect(visit.field("link_charger")).to_contain_text("2 refused")
    expect(visit.field("link_charger")).to_contain_text("Heard 1 minute ago")
    expect(visit.field("link_memory")).to_contain_text("the disk is full: make room")


def _has_given_way(site: Any) -> bool:
    """The car charges, with what the oven leaves of the fuse."""
    limited = site["chargers"][0]["outlets"][0]["rule"] == "fuse"
    return bool(limited and max(site["meter"]["reading"]["current_a"]) <= 25)


def _tells_of_it(log: Any) -> bool:
    """That the car was allowed all before; more such changes may have followed."""
    changes = [entry["detail"] for entry in log["entries"]]
    return any(one["rule"] == "fuse" and one["before_a"] == 16 > one["setpoint_a"] for one in changes)


def test_the_oven_makes_the_car_give_way(open_page: OpenPage, tmp_path: Path) -> None:
    with running("demo", "--speed", "8", env={"TMPDIR": str(tmp_path)}) as box:
        site = box.until("/api/v1/site", _has_given_way)
        outlet = site["chargers"][0]["outlets"][0]
        # The house goes on at eight times the pace: the page is shown what the box said at that moment.
        visit = open_page(box.url, lambda now: now.update(site))
        expect(visit.field("glance_title")).to_contain_text("Charging")
        expect(visit.field("glance_detail")).to_contain_text("A in use besides the car")
        expect(visit.page.locator('.outlet [data-part="reason"]')).to_contain_text("L3 has")
        expect(visit.page.locator('.outlet [data-part="setpoint"]')).to_have_text(f"{outlet['setpoint_a']} A")
        expect(visit.page.locator('.phase [data-part="room"]').last).to_have_text(re.compile("full|too much"))
        assert outlet["setpoint_a"] < 16
        box.until("/api/v1/events?kinds=setpoint", _tells_of_it)
        visit.leave()


def test_the_chart_shows_each_second(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("chart").locator("canvas")).to_be_visible()
    visit.field("chart").locator("summary").click()
    rows = visit.field("chart").locator("tbody tr")
    expect(rows.nth(4)).to_be_visible()
    expect(visit.field("chart").locator("thead th")).to_have_text(["Time", "Grid", "Cars"])
    expect(rows.first.locator("td").first).to_have_text(re.compile(r"^−?[\d.,]+\sk?W$"))
    visit.page.get_by_role("button", name="Current").click()
    expect(visit.field("chart").locator("thead th")).to_have_text(["Time", "L1", "L2", "L3"])
    newest = [point[3] for point in visit.page.evaluate("document.querySelector('ng-shell').box.points.slice(-60)")]
    amps = rows.first.locator("td").first.inner_text().removesuffix("\u00a0A")
    assert any(float(amps) == pytest.approx(current_a, abs=0.051) for current_a in newest if current_a is not None)


def test_the_chart_by_keyboard(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    plot = visit.page.get_by_role("slider", name="Power from the grid and into the cars")
    visit.field("chart").locator("summary").click()
    expect(visit.field("chart").locator("tbody tr").nth(4)).to_be_visible()
    plot.focus()
    visit.page.keyboard.press("Home")
    when = visit.page.locator('[data-part="chart_when"]')
    oldest = visit.field("chart").locator("tbody tr").last.locator("th").inner_text()
    expect(when).to_have_text(oldest)
    newest = visit.field("chart").locator("tbody tr").first.locator("th")
    seen = newest.inner_text()
    expect(newest).not_to_have_text(seen)
    expect(newest).not_to_have_text(re.compile(f"{seen}|{newest.inner_text()}"))
    assert when.inner_text() == oldest, "the chosen moment stays while the chart moves on"
    visit.page.keyboard.press("ArrowRight")
    expect(when).not_to_have_text(oldest)
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d:\d\d: Grid (.*W|–), Cars (.*W|–)$"))
    visit.page.keyboard.press("+")
    reset = visit.page.locator('[data-part="chart_reset"]')
    expect(reset).to_be_visible()
    reset.click()
    expect(reset).to_be_hidden()


def test_the_chart_is_zoomed_by_dragging(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    over = visit.page.locator(".u-over")
    # By then everything is in its place, and the chart is not made anew.
    expect(visit.field("chart").locator('[data-part="chart_value"]')).to_have_count(2)
    expect(visit.page.locator('[data-part="session_energy"]').first).to_be_visible()
    over.scroll_into_view_if_needed()
    place = over.bounding_box()
    assert place is not None
    y = place["y"] + place["height"] / 2
    visit.page.mouse.move(place["x"] + place["width"] * 0.3, y)
    visit.page.mouse.down()
    visit.page.mouse.move(place["x"] + place["width"] * 0.7, y, steps=4)
    visit.page.mouse.up()
    reset = visit.page.locator('[data-part="chart_reset"]')
    expect(reset).to_be_visible()
    visit.page.keyboard.press("Tab")
    reset.click()
    expect(reset).to_be_hidden()


def test_the_chart_by_finger(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, has_touch=True, viewport=PHONE)
    over, when = visit.page.locator(".u-over"), visit.page.locator('[data-part="chart_when"]')
    visit.field("chart").locator("summary").tap()
    times = visit.field("chart").locator("tbody th")
    expect(times.nth(3)).to_be_visible()
    over.tap(position={"x": 0, "y": 60})
    expect(when).to_have_text(times.last.inner_text())


def test_no_gap_in_the_chart_after_a_lost_connection(open_page: OpenPage, tmp_path: Path) -> None:
    with running("demo", env={"TMPDIR": str(tmp_path)}) as box, Wire(box.address) as wire:
        visit = open_page(wire.url)
        visit.field("chart").locator("summary").click()
        rows = visit.field("chart").locator("tbody tr")
        expect(rows.nth(2)).to_be_visible()
        wire.cut()
        expect(visit.field("glance_title")).to_have_text("No contact with the box")
        lost = _table(visit)
        telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > telegrams + 2)
        wire.mend()
        unbroken = open_page(box.url)
        unbroken.field("chart").locator("summary").click()
        expect(unbroken.field("chart").locator("tbody tr").nth(2)).to_be_visible()
        whole = _table(unbroken)
        assert len(whole) > len(lost) + 2
        wait_for(lambda: set(whole) <= set(_table(visit)), lambda: f"{whole} but {_table(visit)}")
        visit.leave()
        unbroken.leave()
    visit.forgive("net::ERR_")


def _table(visit: Visit) -> list[str]:
    """The times of the chart's rows, the newest first."""
    return visit.field("chart").locator("tbody th").all_inner_texts()


def test_a_session_so_far(box: Box, open_page: OpenPage) -> None:
    box.until("/api/v1/sessions?limit=5", lambda found: found["sessions"])
    visit = open_page(box.url, go=False)
    told: list[Any] = []

    def heard(route: Route) -> None:
        response = route.fetch()
        told[:] = response.json()["sessions"]
        route.fulfill(response=response)

    visit.page.route("**/api/v1/sessions*", heard)
    visit.page.goto(box.url)
    expect(visit.page.locator('[data-part="session_energy"]').first).to_have_text(re.compile(r"^[\d.]+.k?Wh$"))
    running_now = [one for one in told if one["unplugged_at"] is None]
    expect(visit.page.locator('[data-part="session_plugged"]')).to_have_count(len(running_now))
    costs = visit.page.locator('[data-part="session_cost"]')
    expect(costs).to_have_count(sum(one["cost"] is not None for one in running_now))
    assert all(re.fullmatch(r"\D*\d+\.\d\d", text) for text in costs.all_inner_texts())


def test_nothing_jumps_while_figures_change(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    expect(visit.field("energy_import_kwh")).not_to_have_text("–")
    expect(visit.field("chart").locator("canvas")).to_be_visible()
    expect(visit.page.locator('[data-part="session_energy"]').first).to_be_visible()
    visit.quiet()
    moved = visit.page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
                .observe({ type: "layout-shift" });
            setTimeout(() => resolve(sum), 3000);
        })"""
    )
    assert moved < 0.01


def test_pictures(window: dict[str, int], scheme: str, box: Box, open_page: OpenPage, request: Any) -> None:
    visit = open_page(box.url, viewport=window, color_scheme=scheme)
    expect(visit.field("energy_import_kwh")).not_to_have_text("–")
    expect(visit.field("chart").locator("canvas")).to_be_visible()
    assert visit.overflow_px() <= 0
    name = request.node.callspec.id
    assert visit.shot(f"now-{name}", whole=True).stat().st_size > 20_000


def _reading(port: int, folder: Path, *arguments: str) -> Any:
    """A box that reads a dongle."""
    settings = ["--meter", f"tcp://127.0.0.1:{port}", "--data", str(folder), "--mdns", "off"]
    return running("run", *settings, *arguments)
