"""Every place of the page against axe-core, on phone and desktop, dark and light, in the state that the demo is in."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.program import Box
from tests.web.conftest import PLACES, SCHEMES, WINDOWS, OpenPage
from tests.web.visit import ROOT, Visit

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return {
        rules: found.passes.length + found.violations.length,
        violations: found.violations.flatMap(({ id, help, nodes }) => nodes.map(
            ({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)}: ${failureSummary.slice(0, 300)}`)),
    };
}
"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_no_place_breaks_a_rule(size: str, scheme: str, box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, viewport=WINDOWS[size], color_scheme=scheme, reduced_motion="reduce")
    broken: list[str] = []
    for place in PLACES:
        visit.go(place)
        visit.quiet()
        visit.shot(f"{place}-{size}-{scheme}", whole=True)
        found = axe(visit)
        assert found["rules"] > 15
        broken += [f"{place}: {one}" for one in found["violations"]]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nor_does_a_page_with_much_to_say(scheme: str, box: Box, open_page: OpenPage) -> None:
    def crowded(site: Any) -> None:
        one = {"subject": "main", "text": "A text.", "age_s": 1, "countdown_s": 60}
        site["fail_safes"] = [one | {"kind": kind} for kind in ("meter silent", "restarted")]
        site["meter"] |= {"link": "lost", "link_detail": "its plug is out", "fresh": False, "rejected": {"noise": 3}}
        site["memory"] = {"state": "failing", "detail": "The disk is full."}

    visit = open_page(box.url, crowded, color_scheme=scheme, reduced_motion="reduce")
    visit.shown("now")
    expect(visit.banner()).to_have_count(4)
    visit.page.locator(".choices summary").click()
    assert axe(visit)["violations"] == []


def test_a_broken_rule_is_found(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url)
    visit.shown("now")
    visit.page.evaluate("document.querySelector('nav.places').append(document.createElement('button'))")
    assert [one for one in axe(visit)["violations"] if one.startswith("button-name")]


def axe(visit: Visit) -> dict[str, Any]:
    """What axe-core finds on the page as it is: the number of its rules that applied, and what breaks one."""
    visit.page.evaluate(_source())
    found: dict[str, Any] = visit.page.evaluate(RUN)
    return found


@cache
def _source() -> str:
    if not AXE.is_file():
        pytest.fail(f"axe-core is not at {AXE.relative_to(ROOT)}: scripts/test brings it, as does scripts/npm ci")
    return AXE.read_text(encoding="utf-8")
