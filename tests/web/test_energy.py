"""The place "Energy" in a real browser, on the real program with a past that is known to the Wh."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.program import running
from tests.web.conftest import DESKTOP, PHONE, SMALL_PHONE, OpenPage
from tests.web.dongle import plugged_in, telegram
from tests.web.past_box import GAP, ZONE, Charge, Flow, Past, PastBox, midnight_s, past_box
from tests.web.test_axe import AXE, RUN
from tests.web.visit import STREAM, Visit

FAR = {"timezone_id": "Pacific/Auckland"}
"""Where it is another day most of the time: the house's clock counts, not the reader's."""


@pytest.fixture(name="house", scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PastBox]:
    with past_box(tmp_path_factory.mktemp("past")) as house:
        yield house
        assert house.box.stop() == 0


@pytest.fixture(name="past")
def _past(house: PastBox) -> Past:
    return house.past


def month_of(past: Past) -> tuple[date, date]:
    """The whole month that the past has."""
    return past.first, past.first.replace(day=31)


def looking(open_page: OpenPage, house: PastBox, by: str, day: date | None = None, **how: Any) -> Visit:
    """A visitor who looks at a range."""
    place = f"energy?by={by}" + (f"&from={day}" if day else "")
    visit = open_page(house.box.url, place=place, **({"locale": "en-GB"} | FAR | how))
    shown(visit, by, day)
    return visit


def shown(visit: Visit, by: str, day: date | None = None) -> None:
    """Wait until a range is there."""
    expect(visit.field("energy")).to_have_attribute("data-shown", re.compile(f"^{by} {day or ''}"))
    expect(visit.field("energy")).to_have_attribute("aria-busy", "false")


def bars(visit: Visit) -> Locator:
    """The bars, once they are drawn: only then is it known how wide they are."""
    found = visit.field("bars")
    expect(found.locator("[data-bar]").first).to_be_attached()
    return found


def test_the_figures_of_a_month_are_what_was_fed(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit, flow = looking(open_page, house, "month", first), past.span(first, last)
    expect(visit.field("range")).to_have_text(f"{first:%B %Y}")
    assert tile(visit, "charged") == (kwh(flow.charged_wh), f"SEK {rounded(flow.charged_micro, 1_000_000)}")
    assert tile(visit, "import") == (kwh(flow.import_wh), f"SEK {rounded(flow.import_micro, 1_000_000)}")
    assert tile(visit, "export") == (kwh(flow.export_wh), "")
    share = round(100 * flow.charged_wh / flow.import_wh)
    expect(visit.field("figures").locator('[data-kind="charged"] .note').first).to_have_text(f"{share}% of the import")


def test_the_same_in_swedish(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit, flow = looking(open_page, house, "month", first, locale="sv-SE"), past.span(first, last)
    expect(visit.field("range")).to_have_text(f"oktober {first.year}")
    paid = f"{rounded(flow.charged_micro, 1_000_000)} kr".replace(".", ",")
    assert tile(visit, "charged") == (kwh(flow.charged_wh).replace(".", ","), paid)
    expect(visit.page.get_by_role("heading", name="Laddningar")).to_be_visible()


def test_a_bar_a_day(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit = looking(open_page, house, "month", first)
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    assert drawn(visit) == [bar(past.span(day)) for day in days]


def test_the_longest_day_has_its_25_hours(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.long_day, viewport=PHONE)
    begin_s = midnight_s(past.long_day)
    assert drawn(visit) == [bar(past.hours[begin_s + n * 3600]) for n in range(25)]
    bars(visit).focus()
    labels = []
    for _ in range(4):
        visit.page.keyboard.press("ArrowRight")
        labels.append(plain(part(visit, "readout", "label")))
    assert labels == ["00:00–01:00", "01:00–02:00", "02:00–03:00 CEST", "02:00–03:00 CET"]


def test_a_gap_is_told_and_stays_one(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.gap_day)
    expect(visit.field("missed")).to_contain_text("2 h 10 min without readings")
    flow = past.span(past.gap_day)
    assert tile(visit, "import")[0] == kwh(flow.import_wh)
    expect(visit.field("bars").locator(".gap")).to_have_count(2)
    expect(visit.field("bars").locator(".partly")).to_have_count(1)
    line = visit.field("curve").locator("path.import.line")
    expect(line).to_have_attribute("d", re.compile("M"))
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", line.get_attribute("d") or "")]
    from_x, to_x = (place_px(visit, past.gap_day, since) for since in GAP)
    assert min(xs) < from_x
    assert max(xs) > to_x
    assert [x for x in xs if from_x + 1 < x < to_x - 1] == []
    visit.shot("energy-gap", whole=True)


def test_a_bar_is_read_out_and_opened(house: PastBox, past: Past, open_page: OpenPage) -> None:
    year = date(past.first.year, 1, 1)
    visit = looking(open_page, house, "year", year)
    point(visit, 9)
    flow = past.span(*month_of(past))
    assert readout(visit) == (f"{past.first:%B %Y}", kwh(flow.import_wh), kwh(flow.charged_wh), kwh(flow.export_wh))
    visit.page.mouse.down()
    visit.page.mouse.up()
    shown(visit, "month", past.first)
    point(visit, 4)
    day = past.day(4)
    flow = past.span(day)
    assert readout(visit) == (words(day), kwh(flow.import_wh), kwh(flow.charged_wh), kwh(flow.export_wh))
    visit.page.mouse.down()
    visit.page.mouse.up()
    shown(visit, "day", day)
    expect(visit.field("range")).to_have_text(words(day))
    visit.page.go_back()
    shown(visit, "month", past.first)


def test_a_finger_reads_out_first_and_then_opens(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "month", past.first, viewport=PHONE, has_touch=True, is_mobile=True)
    month = bars(visit)
    month.scroll_into_view_if_needed()
    box = month.bounding_box()
    assert box is not None
    x, y = 40 + (box["width"] - 40) * 4.5 / 31, 60
    month.tap(position={"x": x, "y": y})
    assert readout(visit)[0] == words(past.day(4))
    shown(visit, "month", past.first)
    month.tap(position={"x": x, "y": y})
    shown(visit, "day", past.day(4))


def test_keys_go_through_time(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.day(3))
    visit.page.keyboard.press("ArrowLeft")
    shown(visit, "day", past.day(2))
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowRight")
    shown(visit, "day", past.day(4))
    visit.page.get_by_role("link", name="Week", exact=True).click()
    shown(visit, "week", past.day(4) - timedelta(past.day(4).weekday()))
    visit.field("bars").focus()
    visit.page.keyboard.press("End")
    visit.page.keyboard.press("Enter")
    shown(visit, "day", past.day(4) + timedelta(6 - past.day(4).weekday()))


def test_ways_to_another_day(house: PastBox, past: Past, open_page: OpenPage) -> None:
    today = datetime.now(ZONE).date()
    visit = looking(open_page, house, "day")
    shown(visit, "day", today)
    expect(visit.field("later")).to_have_attribute("aria-disabled", "true")
    visit.field("earlier").click()
    shown(visit, "day", today - timedelta(1))
    visit.field("date").fill(past.long_day.isoformat())
    shown(visit, "day", past.long_day)
    visit.page.get_by_role("link", name="Month", exact=True).click()
    shown(visit, "month", past.first)
    visit.field("today").click()
    shown(visit, "month", today.replace(day=1))
    visit.page.get_by_role("link", name="All", exact=True).click()
    shown(visit, "all")
    everything = past.span(past.first, today)
    assert tile(visit, "import")[0] == kwh(everything.import_wh)


def test_as_a_table(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit = looking(open_page, house, "month", first)
    visit.field("as_table").click()
    table = visit.field("table")
    rows = [
        [plain(cell) for cell in row.locator("th, td").all_inner_texts()] for row in table.locator("tbody tr").all()
    ]
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    assert [row[1:] for row in rows] == [cells(past.span(day)) for day in days]
    assert rows[0][0] == f"{first:%a} 1 Oct"
    assert texts(table.locator("tfoot tr"), "td") == cells(past.span(first, last))
    visit.page.reload()
    expect(table).to_be_visible()
    table.get_by_role("link").nth(2).click()
    shown(visit, "day", first + timedelta(2))
    expect(table.locator("tbody tr")).to_have_count(24)


def test_sessions_with_their_cost(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit = looking(open_page, house, "month", first)
    charges = past.charges_of(first, last)
    paid, energy_wh = sum(c.flow.charged_micro for c in charges), sum(c.flow.charged_wh for c in charges)
    total = f"{len(charges)} sessions · {kwh(energy_wh)} · SEK {rounded(paid, 1_000_000)}"
    assert plain(visit.field("sessions_total").inner_text()) == total
    visit.field("all_sessions").click()
    entries = visit.field("sessions").locator("li").all()
    assert [entry(one) for one in entries] == [expected(charge) for charge in charges]


def test_a_session_that_goes_on(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "week")
    first = visit.field("sessions").locator("li").first
    charge = past.charges[-1]
    expect(first).to_have_attribute("data-open", "yes")
    expect(first.locator('[data-part="span"]')).to_contain_text("now")
    assert plain(first.locator('[data-part="energy"]').inner_text()) == kwh(charge.flow.charged_wh)


def test_the_files_have_the_same_sums(house: PastBox, past: Past, open_page: OpenPage) -> None:
    first, last = month_of(past)
    visit, flow = looking(open_page, house, "month", first), past.span(first, last)
    for what in ("hours", "days"):
        rows = download(visit, what)
        sums = [column(rows, name) for name in ("import", "export", "charged")]
        assert sums == [flow.import_wh, flow.export_wh, flow.charged_wh], what
    rows = download(visit, "sessions")
    assert column(rows, "energy") == sum(c.flow.charged_wh for c in past.charges_of(first, last))


def test_dragging_over_a_day_loads_it_finer(house: PastBox, past: Past, open_page: OpenPage) -> None:
    yesterday = past.yesterday
    visit = looking(open_page, house, "day", yesterday)
    curve = visit.field("curve")
    expect(curve).to_have_attribute("data-step", "60")
    expect(curve.locator("path.import.band")).to_have_attribute("d", re.compile("Z"))
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    assert box is not None
    at_x = [box["x"] + place_px(visit, yesterday, timedelta(hours=hour)) for hour in (8, 10)]
    visit.page.mouse.move(at_x[0], box["y"] + 80)
    visit.page.mouse.down()
    visit.page.mouse.move(at_x[1], box["y"] + 90, steps=3)
    visit.page.mouse.up()
    expect(curve).to_have_attribute("data-step", "10")
    for end, hour in (("from", 8), ("to", 10)):
        shown_s = int(curve.get_attribute(f"data-{end}") or 0)
        assert abs(shown_s - local_s(yesterday, timedelta(hours=hour))) < 300
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    power = visit.field("power_readout")
    expect(power.locator('[data-part="charged"]')).to_have_text(re.compile(r"10\.8\d?\skW"))
    visit.shot("energy-zoomed", whole=True)
    visit.field("zoom_all").click()
    expect(curve).to_have_attribute("data-step", "60")
    point(visit, 8)
    visit.page.mouse.down()
    visit.page.mouse.up()
    expect(curve).to_have_attribute("data-from", str(midnight_s(yesterday) + 8 * 3600))
    expect(curve).to_have_attribute("data-to", str(midnight_s(yesterday) + 9 * 3600))


def test_keys_zoom_into_a_day(house: PastBox, past: Past, open_page: OpenPage) -> None:
    yesterday = past.yesterday
    begin_s, end_s = midnight_s(yesterday), midnight_s(yesterday + timedelta(1))
    visit = looking(open_page, house, "day", yesterday)
    curve = visit.field("curve")
    expect(curve).to_have_attribute("data-step", "60")
    curve.focus()
    visit.page.keyboard.press("Home")
    expect(curve).to_have_attribute("aria-valuetext", re.compile("^00:00:00: Import"))
    visit.page.keyboard.press("+")
    expect(curve).to_have_attribute("data-to", str(begin_s + (end_s - begin_s) // 2))
    visit.field("zoom_all").locator("xpath=preceding-sibling::button[1]").click()
    expect(curve).to_have_attribute("data-from", str(begin_s + (end_s - begin_s) // 4))
    curve.focus()
    visit.page.keyboard.press("Escape")
    expect(curve).to_have_attribute("data-to", str(end_s))
    shown(visit, "day", yesterday)


def test_the_language_changes_at_once(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "month", past.first)
    visit.choose_language("sv")
    expect(visit.field("range")).to_have_text(f"oktober {past.first.year}")
    expect(visit.field("readout")).to_contain_text("Totalt")
    expect(visit.field("as_table")).to_have_text("Som tabell")


def test_beside_the_day_before(house: PastBox, past: Past, open_page: OpenPage) -> None:
    before = past.long_day - timedelta(1)
    visit = looking(open_page, house, "day", past.long_day)
    now_wh, then_wh = past.span(past.long_day).import_wh, past.span(before).import_wh
    percent = round(100 * (now_wh / then_wh - 1))
    note = visit.field("figures").locator('[data-kind="import"] .note')
    assert plain(note.inner_text()) == f"{percent:+d} % from {kwh(then_wh)}".replace("-", "−")
    expect(visit.field("compared")).to_have_text(f"Compared with {before:%A} {before.day} {before:%B}.")


def test_what_has_no_data_says_so(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.first - timedelta(30))
    expect(visit.field("empty")).to_have_text("The box keeps its figures since a later day.")
    visit.go(f"energy?by=year&from={datetime.now(ZONE).year + 2}-01-01")
    expect(visit.field("empty")).to_have_text("This has not begun yet.")
    visit.go("energy?by=week&from=nonsense")
    shown(visit, "week")
    expect(visit.field("figures")).to_be_visible()


def test_a_memory_that_fails_says_so(house: PastBox, open_page: OpenPage) -> None:
    def failing(site: Any) -> None:
        site["memory"] = {"state": "failing", "detail": "The disk is full: free some space."}

    visit = open_page(house.box.url, failing, place="energy?by=day", locale="en-GB")
    expect(visit.field("memory")).to_contain_text("The memory is failing")
    expect(visit.field("memory")).to_contain_text("free some space")


def test_a_box_without_memory_says_so(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram()) as dongle:
        arguments = ("--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), "--mdns", "off")
        with running("run", *arguments, "--history", "off") as box:
            visit = open_page(box.url, place="energy", locale="en-GB")
            expect(visit.field("memory")).to_contain_text("This box keeps no memory")
            expect(visit.field("energy")).to_have_attribute("aria-busy", "false")
            expect(visit.field("problem")).to_have_count(0)
            visit.leave()
            visit.forgive("503")


def test_an_error_can_be_tried_again(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.day(3))
    problem = {"title": "No", "status": 503, "detail": "The history cannot be read."}
    refuse = lambda route: route.fulfill(status=503, json=problem)  # noqa: E731 - the same one has to be taken away
    visit.page.route("**/api/v1/history/energy*", refuse)
    visit.page.keyboard.press("ArrowRight")
    expect(visit.field("problem")).to_contain_text("The history cannot be read.")
    visit.page.unroute("**/api/v1/history/energy*", refuse)
    visit.field("problem").get_by_role("button").click()
    shown(visit, "day", past.day(4))
    expect(visit.field("problem")).to_have_count(0)
    visit.forgive("503")


def test_what_was_refused_before_the_memory_was_there_is_asked_again(house: PastBox, open_page: OpenPage) -> None:
    visit = open_page(house.box.url, place="log", locale="en-GB")
    visit.shown("log")
    # As if the box told of its memory only after it has refused.
    streams: list[Route] = []
    refusing = [True]

    def refuse(route: Route) -> None:
        if refusing:
            route.fulfill(status=503, json={"title": "No", "status": 503, "detail": "It is starting."})
        else:
            route.continue_()

    visit.page.route("**/api/v1/history/energy*", refuse)
    visit.page.route(f"**{STREAM}*", lambda route: streams.append(route))
    visit.page.evaluate("location.hash = '#/energy?by=day'")
    visit.page.reload()
    expect(visit.field("problem")).to_contain_text("It is starting.")
    refusing.clear()
    for stream in streams:
        stream.continue_()
    shown(visit, "day")
    expect(visit.field("problem")).to_have_count(0)
    visit.page.unroute_all()
    visit.forgive("503")


def test_a_slow_answer_does_not_take_the_place_of_a_later_one(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = looking(open_page, house, "day", past.day(3))
    held: list[Route] = []
    visit.page.route(f"**/api/v1/history/energy?from={past.day(2)}*", lambda route: held.append(route))
    with visit.page.expect_request(f"**/api/v1/history/energy?from={past.day(2)}*"):
        visit.page.keyboard.press("ArrowLeft")
    expect(visit.field("range")).to_have_text(words(past.day(2)))
    visit.page.keyboard.press("ArrowLeft")
    shown(visit, "day", past.day(1))
    assert len(held) == 1
    held[0].continue_()
    visit.quiet()
    shown(visit, "day", past.day(1))
    assert tile(visit, "import")[0] == kwh(past.span(past.day(1)).import_wh)


def test_a_running_range_is_asked_for_each_minute(house: PastBox, past: Past, open_page: OpenPage) -> None:
    visit = open_page(house.box.url, place="log", locale="en-GB")
    visit.page.clock.install()
    visit.go("energy?by=day")
    shown(visit, "day")
    with visit.page.expect_request("**/api/v1/history/energy*"):
        visit.page.clock.fast_forward(61_000)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(SMALL_PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")],
    ids=["small", "phone", "desktop", "desktop-dark"],
)
def test_it_fits_every_window(
    size: dict[str, int], scheme: str, house: PastBox, past: Past, open_page: OpenPage
) -> None:
    locale = "sv-SE" if scheme == "dark" else "en-GB"
    # Without what fades in: half faded in, no text has its contrast.
    how = {"viewport": size, "color_scheme": scheme, "locale": locale, "reduced_motion": "reduce"}
    visit = looking(open_page, house, "month", past.first, **how)
    for by, day in (("month", past.first), ("day", past.long_day), ("year", None), ("day", None)):
        visit.go(f"energy?by={by}" + (f"&from={day}" if day else ""))
        shown(visit, by, day)
        visit.quiet()
        assert visit.overflow_px() == 0, by
        assert broken_rules(visit) == []
        visit.shot(f"energy-{by}-{size['width']}-{scheme}" + ("" if day else "-now"), whole=True)
    visit.go(f"energy?by=month&from={past.first}&table=yes")
    shown(visit, "month", past.first)
    assert visit.overflow_px() == 0
    visit.shot(f"energy-table-{size['width']}-{scheme}", whole=True)
    assert low_contrast(visit) == []
    assert broken_rules(visit) == []


def tile(visit: Visit, kind: str) -> tuple[str, str]:
    """A sum with its unit, and what it cost."""
    one = visit.field("figures").locator(f'> [data-kind="{kind}"]')
    cost = one.locator('[data-part="cost"]')
    return plain(one.locator(".sum").inner_text()), plain(cost.inner_text()) if cost.count() else ""


def drawn(visit: Visit) -> list[dict[str, int]]:
    """Energy in Wh of each part of each bar."""
    found: list[dict[str, int]] = bars(visit).evaluate(
        """bars => [...bars.querySelectorAll("[data-bar]")].map((bar) => Object.fromEntries(
            [...bar.querySelectorAll("[data-wh]")].map((part) => [part.classList[0], Number(part.dataset.wh)])))"""
    )
    return found


def bar(flow: Flow) -> dict[str, int]:
    """The parts that a bar has to have."""
    parts = {"import": flow.import_wh, "charged": flow.charged_wh, "export": flow.export_wh}
    return {name: wh for name, wh in parts.items() if wh}


def point(visit: Visit, index: int) -> None:
    """The mouse to a bar."""
    all_of_them = bars(visit)
    all_of_them.scroll_into_view_if_needed()
    band = all_of_them.locator(f'[data-bar="{index}"] .band').bounding_box()
    assert band is not None
    visit.page.mouse.move(band["x"] + band["width"] / 2, band["y"] + 30)
    expect(all_of_them.locator(f'[data-bar="{index}"]')).to_have_class("at")


def readout(visit: Visit) -> tuple[str, str, str, str]:
    """What is told of a bar: its name, import, charging, export."""
    label, *figures = (part(visit, "readout", name) for name in ("label", "import", "charged", "export"))
    return label, figures[0], figures[1], figures[2]


def part(visit: Visit, field: str, name: str) -> str:
    """A part of a field, as text."""
    return plain(visit.field(field).locator(f'[data-part="{name}"]').inner_text())


def place_px(visit: Visit, day: date, since: timedelta) -> float:
    """Where a local time of a day stands on its curve."""
    width = visit.field("curve").evaluate("curve => curve.clientWidth")
    begin_s, end_s = midnight_s(day), midnight_s(day + timedelta(1))
    return float(40 + (width - 40) * (local_s(day, since) - begin_s) / (end_s - begin_s))


def local_s(day: date, since: timedelta) -> float:
    """A local time of a day, which has 23 or 25 hours now and then."""
    return (datetime(day.year, day.month, day.day, tzinfo=ZONE) + since).timestamp()


def texts(place: Locator, selector: str) -> list[str]:
    """What stands in some parts of a place."""
    return [plain(text) for text in place.locator(selector).all_inner_texts()]


def cells(flow: Flow) -> list[str]:
    """A row of the table: kWh, and below it what it cost."""
    return [
        rounded(wh, 1000) + (f" {rounded(micro, 1_000_000)}" if wh and micro is not None else "")
        for wh, micro in (
            (flow.import_wh, flow.import_micro),
            (flow.charged_wh, flow.charged_micro),
            (flow.export_wh, None),
        )
    ]


def entry(one: Locator) -> dict[str, str]:
    """A session as it is shown."""
    parts = ("span", "energy", "cost", "plugged", "charging", "pauses", "most")
    return {name: plain(one.locator(f'[data-part="{name}"]').inner_text()) for name in parts}


def expected(charge: Charge) -> dict[str, str]:
    """A session as it has to be shown."""
    assert charge.unplugged_s is not None
    begin, end = (datetime.fromtimestamp(s, ZONE) for s in (charge.plugged_s, charge.unplugged_s))
    minutes, charged = (charge.unplugged_s - charge.plugged_s) // 60, sum(b - a for a, b in charge.spans) // 60
    return {
        "span": f"{begin:%a} {begin.day} {short(begin)} {begin:%H:%M} – {end:%a} {end.day} {short(end)} {end:%H:%M}",
        "energy": kwh(charge.flow.charged_wh),
        "cost": f"SEK {rounded(charge.flow.charged_micro, 1_000_000)}",
        "plugged": f"{minutes // 60} h {minutes % 60} min",
        "charging": f"{charged // 60} h",
        "pauses": "1, 30 min",
        "most": "10.8 kW",
    }


def short(moment: datetime) -> str:
    """A month, with the year where it is not this one."""
    year = "" if moment.year == datetime.now(ZONE).year else f" {moment.year}"
    return f"{moment:%b}{year}"


def words(day: date) -> str:
    """A day in full, as the page writes it in English."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def kwh(wh: int) -> str:
    """Energy with as many digits as the page shows."""
    if wh < 1000:
        return f"{wh} Wh"
    return f"{rounded(wh, 1000, 2 if wh < 99_950 else 1 if wh < 999_500 else 0)} kWh"


def rounded(amount: int, parts: int, digits: int = 2) -> str:
    """A decimal number, a half rounded up as people do."""
    return f"{(Decimal(amount) / parts).quantize(Decimal(10) ** -digits, ROUND_HALF_UP):,}"


def download(visit: Visit, what: str) -> list[dict[str, str]]:
    """The rows of a file behind its link."""
    with visit.page.expect_download() as coming:
        visit.field(f"csv_{what}").click()
    return list(csv.DictReader(io.StringIO(Path(coming.value.path()).read_text("utf-8-sig"))))


def column(rows: list[dict[str, str]], name: str) -> int:
    """The sum of a column in Wh."""
    [title] = [title for title in rows[0] if title == f"{name} (Wh)"]
    return sum(int(row[title] or 0) for row in rows)


def low_contrast(visit: Visit) -> list[str]:
    """Texts that cannot be read well."""
    found = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert found["texts"] > 50
    below: list[str] = found["below"]
    return below


def broken_rules(visit: Visit) -> list[str]:
    """What axe-core finds wrong."""
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = visit.page.evaluate(RUN)["violations"]
    return found


def plain(text: str) -> str:
    """With plain spaces, and one of them."""
    return re.sub(r"\s+", " ", text).strip()
