"""The API reference at `/docs` in a real browser, on the real program."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from ngair.adapters.web import content_security_policy, page
from tests.program import Box
from tests.web.conftest import OpenPage
from tests.web.visit import Visit

LONG = "W" * 300
HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"


def test_the_reference_lists_everything_that_is_described(box: Box, open_page: OpenPage) -> None:
    api = box.json("/openapi.json")
    visit = open_page(box.url + "docs")
    described = [
        f"{method.upper()}{path}" for path, item in api["paths"].items() for method in item if method != "parameters"
    ]
    expect(visit.page.locator("article h3")).to_have_text(described)
    expect(visit.page.locator("#schemas h3")).to_have_text(list(api["components"]["schemas"]))
    expect(visit.page.locator("h1")).to_have_text(api["info"]["title"])
    expect(visit.page.get_by_text(f"Version {api['info']['version']}")).to_be_visible()


def test_every_answer_and_every_key_is_told(box: Box, open_page: OpenPage) -> None:
    api = box.json("/openapi.json")
    visit = open_page(box.url + "docs")
    meter = visit.page.locator("article", has=visit.page.get_by_text("/meter/", exact=True))
    answers = sorted(api["paths"]["/meter/"]["get"]["responses"])
    expect(meter.locator(".status .tag")).to_have_text(answers)
    keys = list(api["components"]["schemas"]["MeterDocument"]["properties"])
    expect(meter.locator(".answer > .keys").nth(1).locator("dt code")).to_have_text(keys)
    expect(meter.get_by_text("list of 3 × number").first).to_be_visible()


def test_what_a_change_takes_is_told(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url + "docs")
    path = "/api/v1/outlets/{serial}/{id}"
    change = visit.page.locator("article", has=visit.page.get_by_text("PATCH", exact=True)).filter(has_text=path)
    expect(change.locator("dt code").filter(has_text="fallback_a").first).to_be_visible()
    expect(change.get_by_text("in path").or_(change.get_by_text("path, required")).first).to_be_visible()
    answers = sorted(box.json("/openapi.json")["paths"][path]["patch"]["responses"])
    expect(change.locator(".status .tag")).to_have_text(answers)


def test_references_unfold_as_deep_as_they_go(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url + "docs")
    site = visit.page.locator("article", has=visit.page.locator("h3").get_by_text("/api/v1/site", exact=True))
    expect(site).to_be_visible()
    site.get_by_text("MeterState", exact=True).last.click()
    site.get_by_text("ReadingDocument", exact=True).last.click()
    expect(site.locator("dt", has_text="power_import_w")).to_be_visible()


def test_a_link_leads_to_its_schema(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url + "docs")
    visit.page.get_by_role("link", name="MeterDocument").first.click()
    expect(visit.page.locator("#schema-MeterDocument")).to_be_in_viewport()
    visit.page.reload()
    expect(visit.page.locator("#schema-MeterDocument")).to_be_in_viewport()


def test_a_schema_that_holds_itself_ends(box: Box, open_page: OpenPage) -> None:
    def recursive(api: Any) -> None:
        leaf = {"$ref": "#/components/schemas/Tree"}
        api["components"]["schemas"]["Tree"] = {"type": "object", "properties": {"leaves": {"anyOf": [leaf]}}}
        api["components"]["schemas"]["Ring"] = {"$ref": "#/components/schemas/Ring"}

    visit = _open_changed(box, open_page, recursive)
    tree = visit.page.locator("#schema-Tree")
    expect(tree.locator("dt")).to_have_text("leaves optional")
    expect(tree.locator("details")).to_have_count(0)
    expect(visit.page.locator("#schema-Ring")).to_be_visible()


def test_a_description_is_never_markup(box: Box, open_page: OpenPage) -> None:
    def hostile(api: Any) -> None:
        api["info"]["description"] = HOSTILE
        api["paths"]["/meter/"]["get"]["summary"] = "summary " + HOSTILE

    visit = _open_changed(box, open_page, hostile)
    expect(visit.page.get_by_text("summary " + HOSTILE)).to_be_visible()
    assert visit.page.locator("img").count() == 0
    assert "taken over" not in visit.page.title()


def test_a_description_that_does_not_come_is_told(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url + "docs")
    visit.page.route("**/openapi.json", lambda route: route.fulfill(status=503, body="no"))
    visit.page.reload()
    expect(visit.page.get_by_role("status")).to_contain_text("503")
    visit.forgive("503")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_window_scrolls_sideways(width: int, box: Box, open_page: OpenPage) -> None:
    def long(api: Any) -> None:
        api["info"]["description"] = LONG
        api["paths"]["/" + LONG] = api["paths"]["/meter/"]
        api["components"]["schemas"][LONG] = {"type": "object", "properties": {LONG: {"enum": [LONG]}}}

    visit = _open_changed(box, open_page, long, viewport={"width": width, "height": 780})
    expect(visit.page.locator("#schemas h3").last).to_have_text(LONG)
    assert visit.overflow_px() <= 0


def test_the_reference_has_its_own_policy(box: Box) -> None:
    assert box.get("/docs").headers["content-security-policy"] == content_security_policy(page("docs.html"))


def _open_changed(box: Box, open_page: OpenPage, change: Any, **window: Any) -> Visit:
    """The reference of a description that was altered on its way."""
    visit = open_page(box.url + "docs", **window)
    api = box.json("/openapi.json")
    change(api)
    visit.page.route("**/openapi.json", lambda route: route.fulfill(json=api))
    visit.page.reload()
    expect(visit.page.locator("#schemas h3").first).to_be_visible()
    return visit
