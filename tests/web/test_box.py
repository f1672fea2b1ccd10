"""The place Box: who it is, its links, its memory, and every setting, as the box tells; and the file to send."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from ngair.model.settings import SETTINGS
from tests.program import Box, running
from tests.web.conftest import OpenPage
from tests.web.test_axe import axe
from tests.web.visit import ROOT, Visit

KEY = "5d" * 16


def rows(visit: Visit) -> dict[str, str]:
    """Each setting and what is shown of it."""
    found: dict[str, str] = (
        visit.field("settings")
        .locator("li")
        .evaluate_all(
            "rows => Object.fromEntries(rows.map("
            "(row) => [row.dataset.setting, row.querySelector('.box-value').textContent]))"
        )
    )
    return found


def shown(setting: dict[str, Any]) -> str:
    """What a setting's row has to say."""
    if setting["secret"]:
        return "Set, and never shown" if setting["set"] else "Not set"
    return "Not set" if setting["value"] is None else str(setting["value"])


def test_it_says_who_it_is(box: Box, open_page: OpenPage) -> None:
    told = box.json("/api/v1/box")
    visit = open_page(box.url, place="box")
    expect(visit.field("serial")).to_have_text(told["serial"])
    expect(visit.field("mac")).to_have_text(":".join(re.findall("..", told["mac"])))
    expect(visit.field("firmware")).to_have_text(told["firmware"])
    expect(visit.field("zone")).to_have_text(told["zone"])
    expect(visit.field("addresses")).to_have_text("127.0.0.1")
    expect(visit.field("ngair")).to_have_text(told["versions"]["ngair"])
    expect(visit.field("python")).to_have_text(told["versions"]["python"])
    expect(visit.field("sqlite")).to_have_text(told["versions"]["sqlite"])
    expect(visit.field("host_name")).to_have_text("Not announced")


def test_its_links_and_its_memory(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="box")
    links = visit.field("links").locator("li")
    expect(links).to_have_count(2)
    expect(links.first).to_contain_text("The house's meter")
    expect(links.first).to_contain_text("Up")
    serial = box.json("/api/v1/site")["chargers"][0]["serial"]
    expect(links.last).to_contain_text(f"Charger {serial}")
    box.until("/api/v1/box", lambda told: told["memory"]["state"] == "up")
    expect(visit.field("memory")).to_have_text("It keeps everything")
    kept = box.json("/api/v1/box")["memory"]["kept"]
    kinds = visit.field("kept").locator("tr").evaluate_all("rows => rows.map((row) => row.dataset.kind)")
    assert kinds == [row["kind"] for row in kept]
    expect(visit.field("kept").locator('[data-kind="samples"]')).to_contain_text("14 days")
    expect(visit.field("kept").locator('[data-kind="hours"]')).to_contain_text("ever")


def test_every_setting_with_what_is_in_force(box: Box, open_page: OpenPage) -> None:
    settings = box.json("/api/v1/settings")["settings"]
    visit = open_page(box.url, place="box")
    expect(visit.field("settings").locator("li")).to_have_count(len(SETTINGS))
    assert rows(visit) == {setting["key"]: shown(setting) for setting in settings}
    for setting in settings:
        row = visit.field("settings").locator(f'[data-setting="{setting["key"]}"]')
        row.locator("summary").click()
        for text in (setting["meaning"], setting["variable"], setting["flag"] or setting["key"]):
            expect(row).to_contain_text(text)
    visit.field("changed_only").click()
    assert list(rows(visit)) == [setting["key"] for setting in settings if setting["set"]]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_has_words_in_each_language(setting: Any) -> None:
    meanings = (ROOT / "web" / "src" / "box" / "meanings.ts").read_text()
    languages = set(re.findall(r"^  (\w\w): {$", meanings, re.MULTILINE))
    assert "sv" in languages
    assert meanings.count(f"    {setting.key}:") == len(languages)


def test_in_swedish(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="box", locale="sv-SE")
    expect(visit.field("settings").locator("li")).to_have_count(len(SETTINGS))
    settings = box.json("/api/v1/settings")["settings"]
    for setting in settings:
        row = visit.field("settings").locator(f'[data-setting="{setting["key"]}"]')
        row.locator("summary").click()
        expect(row).not_to_contain_text(setting["meaning"])
    fuse = visit.field("settings").locator('[data-setting="main_fuse_a"]')
    expect(fuse).to_contain_text("ett tal från 6 till 200")
    expect(visit.field("memory")).to_have_text("Allt sparas")


def test_the_file_for_whoever_helps(box: Box, open_page: OpenPage, tmp_path: Path) -> None:
    visit = open_page(box.url, place="box")
    with visit.page.expect_download() as waiting:
        visit.field("diagnostics").click()
    serial = box.json("/api/v1/site")["box"]["serial"]
    assert re.fullmatch(rf"ngair-diagnostics-{serial}-\d{{4}}-\d\d-\d\d\.json", waiting.value.suggested_filename)
    file = tmp_path / "diagnostics.json"
    waiting.value.save_as(file)
    document = msgspec.json.decode(file.read_bytes())
    assert document["box"]["serial"] == serial
    assert document["log"]
    assert document["telegrams"][0]["lines"]


def test_a_way_to_take_the_memory_along(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="box")
    link = visit.field("export")
    expect(link).to_be_visible()
    answer = box.get(str(link.get_attribute("href")))
    assert answer.status == 200
    assert msgspec.json.decode(answer.body)["ngair_export"] == 1
    for path in ("/docs", "/openapi.json"):
        expect(visit.page.locator(f'main a[href="{path}"]')).to_be_visible()


def test_a_hostile_charger_and_a_key(open_page: OpenPage, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x>"

    arguments = ("--meter", "sim:", "--data", str(tmp_path), "--mdns", "off", "--host-name", "box.example")
    with running("run", *arguments, env={"NGAIR_METER_KEY": KEY}) as box:
        visit = open_page(box.url, go=False)

        def altered(route: Any) -> None:
            response = route.fetch()
            document = response.json()
            document["host_name"] = hostile
            document["links"].append(document["links"][0] | {"kind": "charger", "name": hostile, "detail": hostile})
            route.fulfill(response=response, json=document)

        visit.page.route("**/api/v1/box", altered)
        visit.page.goto(f"{box.url}#/box")
        expect(visit.field("host_name")).to_have_text(hostile)
        expect(visit.field("links").locator("li").last).to_contain_text(hostile)
        expect(visit.page.locator("main script, main img")).to_have_count(0)
        assert rows(visit)["meter_key"] == "Set, and never shown"
        assert rows(visit)["host_names"] == "box.example"
        assert KEY not in visit.page.content().lower()
        assert visit.overflow_px() <= 0
        visit.leave()


def test_it_fits_every_window_and_breaks_no_rule(
    box: Box, open_page: OpenPage, window: dict[str, int], scheme: str
) -> None:
    visit = open_page(box.url, place="box", viewport=window, color_scheme=scheme)
    expect(visit.field("settings").locator("li")).to_have_count(len(SETTINGS))
    visit.page.evaluate("for (const part of document.querySelectorAll('main details')) part.open = true;")
    assert axe(visit)["violations"] == []
    assert visit.overflow_px() <= 0
    visit.shot(f"box-{window['width']}-{scheme}", whole=True)


def test_a_clock_that_is_not_set_is_told(open_page: OpenPage, tmp_path: Path) -> None:
    tomorrow_s = time.time() + 86_400
    tmp_path.joinpath("later").touch()
    os.utime(tmp_path / "later", (tomorrow_s, tomorrow_s))
    with running("run", "--meter", "tcp://127.0.0.1:9", "--mdns", "off", "--data", str(tmp_path)) as box:
        visit = open_page(box.url)
        expect(visit.banner("near")).to_contain_text("The box's clock is not set")
        visit.leave()
