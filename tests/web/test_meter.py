"""The place Meter: the last telegram value by value and as it came, whatever the meter sends."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from ngair.model.telegram import REMEDIES, Reason
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.api.telegrams import broken, telegram
from tests.meter.telegrams import telegram as telegram_of
from tests.program import Box, running
from tests.web.conftest import OpenPage
from tests.web.dongle import plugged_in
from tests.web.test_axe import axe
from tests.web.visit import ROOT, Visit

PATH = "/api/v1/meter/telegram"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'
DERIVED = "1-0:21.7.0"
"""A phase's power: used, for it tells the direction of the phase's current."""


@contextlib.contextmanager
def box_at(folder: Path, *sent: bytes, env: dict[str, str] | None = None) -> Iterator[Box]:
    """A box whose meter sends this again and again."""
    with plugged_in(b"".join(sent)) as dongle:
        arguments = ("--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(folder), "--mdns", "off")
        with running("run", *arguments, env=env) as box:
            yield box


def frozen(visit: Visit, told: list[dict[str, Any]]) -> dict[str, Any]:
    """Hold the page still, and the document that it shows then."""
    visit.field("freeze").click()
    expect(visit.field("freeze")).to_have_attribute("aria-pressed", "true")
    raw = visit.field("raw").locator("div").all_inner_texts()
    return next(one for one in reversed(told) if raw_lines(one) == [line.replace("\u00a0", "") for line in raw])


def raw_lines(document: dict[str, Any]) -> list[str]:
    if document["binary"]:
        data = document["data"]
        return [spaced(data[at : at + 32]) for at in range(0, len(data), 32)]
    return re.split(r"\r\n|\r|\n", document["data"])


def spaced(digits: str) -> str:
    return bytes.fromhex(digits).hex(" ")


def documents(visit: Visit) -> list[dict[str, Any]]:
    """What the page is told from now on."""
    told: list[dict[str, Any]] = []

    def heard(route: Route) -> None:
        response = route.fetch()
        told.append(response.json())
        route.fulfill(response=response)

    visit.page.route(f"**{PATH}*", heard)
    return told


def test_each_value_is_shown_as_the_box_tells_it(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, go=False)
    told = documents(visit)
    visit.page.goto(f"{box.url}#/meter")
    expect(visit.field("lines").locator("tr").first).to_be_visible()
    document = frozen(visit, told)
    rows = visit.field("lines").locator("tr")
    assert rows.count() == len(document["lines"])
    codes = rows.locator("th").all_inner_texts()
    assert codes == [line["code"] for line in document["lines"]]
    assert rows.locator(".meter-sent").all_inner_texts() == [line["sent"] for line in document["lines"]]
    used = rows.evaluate_all("rows => rows.map((row) => row.dataset.used === 'yes')")
    assert used == [line["used"] for line in document["lines"]]
    assert used[codes.index(DERIVED)]
    values = rows.locator("td.figure").all_inner_texts()
    for line, value in zip(document["lines"], values, strict=True):
        if line["unit"]:
            figure, unit = value.replace(",", "").split("\u00a0")
            assert float(figure) == pytest.approx(float(line["value"]))
            assert unit == line["unit"]
        else:
            assert value == (line["value"].replace("T", " ") if line["meaning"] == "clock" else line["value"])
    expect(visit.field("telegram_len")).to_have_text(f"{document['len']} bytes")
    expect(visit.field("family")).to_have_text(document["family"])
    expect(visit.field("framing")).to_have_text("P1")
    expect(visit.field("meter_id")).to_have_text(document["reading"]["meter_id"])
    expect(visit.field("none_refused")).to_be_visible()


def test_it_moves_with_each_telegram_until_it_is_frozen(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="meter")
    clock = visit.field("lines").locator("tr", has_text="The meter's clock").locator("td.figure")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    visit.field("freeze").click()
    visit.quiet()
    held, asked = clock.inner_text(), visit.asked(PATH)
    telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
    box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] >= telegrams + 2)
    assert clock.inner_text() == held
    assert visit.asked(PATH) == asked
    expect(visit.field("telegram_age")).to_contain_text("Frozen")
    visit.field("freeze").click()
    expect(clock).not_to_have_text(held)


def test_the_line_that_is_pointed_at_is_marked_in_the_raw_text(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="meter")
    visit.field("freeze").click()
    row = visit.field("lines").locator("tr", has_text="Power from the grid").first
    row.hover()
    marked = visit.field("raw").locator(".meter-pointed")
    expect(marked).to_have_text(row.locator("th").inner_text() + row.locator(".meter-sent").inner_text())


def test_it_is_copied_whole(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, go=False, permissions=["clipboard-read", "clipboard-write"])
    told = documents(visit)
    visit.page.goto(f"{box.url}#/meter")
    expect(visit.field("lines").locator("tr").first).to_be_visible()
    document = frozen(visit, told)
    visit.field("copy").click()
    expect(visit.page.get_by_text("Copied")).to_be_visible()
    assert visit.page.evaluate("navigator.clipboard.readText()") == document["data"]


def test_one_that_encrypts_is_shown_opened_and_without_its_key(open_page: OpenPage, tmp_path: Path) -> None:
    keys = FAMILIES["kamstrup-dk"].keys
    assert keys is not None
    assert keys.authentication is not None
    sent = World(Options(family="kamstrup-dk")).advance(10)[0]
    env = {"NGAIR_METER_KEY": keys.encryption.hex(), "NGAIR_METER_AUTH_KEY": keys.authentication.hex()}
    with box_at(tmp_path, sent, env=env) as box:
        box.until(PATH, lambda told: told["lines"])
        visit = open_page(box.url, place="meter")
        expect(visit.field("raw")).to_have_attribute("data-binary", "yes")
        first = visit.field("raw").locator("div").first
        expect(first.locator("i")).to_have_text("0000")
        expect(first.locator("span.wire")).to_have_text(sent[:16].hex(" "))
        expect(visit.field("ciphered")).to_contain_text("Encrypted")
        visit.page.locator(".meter-opened summary").click()
        document = box.json(PATH)
        opened = "".join(visit.field("opened").locator("span.wire").all_inner_texts()).replace(" ", "")
        assert opened == document["opened"]
        text = visit.page.content().lower().replace(" ", "")
        assert keys.encryption.hex() not in text
        assert keys.authentication.hex() not in text
        visit.leave()


def test_what_was_refused_is_told_with_what_to_do(open_page: OpenPage, tmp_path: Path) -> None:
    with box_at(tmp_path, telegram(1), broken(telegram(2)), telegram(3)) as box:
        box.until(PATH, lambda told: told["rejected"].get("check"))
        visit = open_page(box.url, place="meter")
        reason = visit.field("rejected").locator('[data-reason="check"]')
        expect(reason).to_contain_text("Wrong check sum")
        expect(reason).to_contain_text("loose cable")
        visit.page.locator(".meter-last summary").click()
        expect(visit.field("last_refused")).to_contain_text("Wrong check sum: check sum")
        visit.choose_language("sv")
        expect(reason).to_contain_text("Fel kontrollsumma")
        expect(reason).to_contain_text("glapp kabel")
        visit.leave()


def test_what_could_be_opened_of_a_refused_one_is_shown(open_page: OpenPage, tmp_path: Path) -> None:
    with box_at(tmp_path, telegram_of("ABC5", ["0-0:1.0.0(260302170004W)", f"0-0:96.1.1({HOSTILE})"])) as box:
        box.until(PATH, lambda told: told["refused"])
        visit = open_page(box.url, place="meter")
        visit.page.locator(".meter-last summary").click()
        expect(visit.field("last_refused")).to_contain_text("Nothing measured")
        expect(visit.field("refused_opened")).to_contain_text(HOSTILE)
        expect(visit.page.locator("main script, main img")).to_have_count(0)
        visit.leave()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_in_both_languages(reason: Reason) -> None:
    key = reason.replace(" ", "_")
    for language in ("en", "sv"):
        words = (ROOT / "web" / "src" / "words" / f"{language}.ts").read_text()
        assert f"reason_{key}:" in words
        assert f"remedy_{key}:" in words
    assert reason in REMEDIES


def test_a_hostile_meter_is_shown_as_text(open_page: OpenPage, tmp_path: Path) -> None:
    lines = [
        "1-0:1.7.0(01.000*kW)",
        f"0-0:96.1.1({HOSTILE.encode().hex().upper()})",
        f"0-0:96.13.0({HOSTILE})",
    ]
    with box_at(tmp_path, telegram_of("ABC5<b>bold</b>", lines)) as box:
        box.until(PATH, lambda told: told["lines"])
        visit = open_page(box.url, place="meter")
        expect(visit.field("lines")).to_contain_text(HOSTILE)
        expect(visit.field("raw")).to_contain_text("<b>bold</b>")
        expect(visit.field("ident")).to_have_text("ABC5<b>bold</b>")
        expect(visit.page.locator("main script, main img, main dd b")).to_have_count(0)
        assert visit.overflow_px() <= 0
        visit.leave()


def test_the_meter_of_a_sub_fuse(open_page: OpenPage, tmp_path: Path) -> None:
    with plugged_in(telegram(1, import_w=4321)) as dongle:
        garage = f"garage?rating=16&meter=tcp://127.0.0.1:{dongle.port}"
        arguments = ("--main-fuse", "25", "--sub-fuse", garage, "--data", str(tmp_path), "--mdns", "off")
        with running("run", "--meter", "sim:", *arguments) as box:
            box.until(f"{PATH}?fuse=garage", lambda told: told["lines"])
            visit = open_page(box.url, place="meter")
            visit.field("fuse").select_option("garage")
            expect(visit.field("raw")).to_contain_text("1-0:1.7.0(04.321*kW)")
            assert "fuse=garage" in visit.page.url
            visit.leave()


def test_before_the_first_telegram(open_page: OpenPage, tmp_path: Path) -> None:
    with box_at(tmp_path, b"") as box:
        visit = open_page(box.url, place="meter")
        expect(visit.field("telegram_age")).to_have_text("No telegram yet")
        expect(visit.field("copy")).to_be_disabled()
        expect(visit.field("freeze")).to_be_disabled()
        visit.leave()


def test_it_fits_every_window_and_breaks_no_rule(
    box: Box, open_page: OpenPage, window: dict[str, int], scheme: str
) -> None:
    visit = open_page(box.url, place="meter", viewport=window, color_scheme=scheme)
    expect(visit.field("lines").locator("tr").first).to_be_visible()
    visit.page.evaluate("for (const part of document.querySelectorAll('main details')) part.open = true;")
    assert axe(visit)["violations"] == []
    assert visit.overflow_px() <= 0
    visit.shot(f"meter-{window['width']}-{scheme}")
