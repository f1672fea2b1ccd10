"""The pictures that the README shows: a car that charges, on a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.program import Box, running
from tests.web.conftest import DESKTOP, PHONE, OpenPage

CHARGING_W = 10_000


@pytest.fixture(name="charging", scope="module")
def _charging() -> Iterator[Box]:
    with running("demo", "--past", "2") as box:
        box.until("/api/v1/outlets", lambda outlets: any(outlet["power_w"] > CHARGING_W for outlet in outlets))
        yield box
        assert box.stop() == 0


@pytest.mark.parametrize(("name", "window", "look"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
def test_a_car_that_charges(charging: Box, open_page: OpenPage, name: str, window: dict[str, int], look: str) -> None:
    visit = open_page(charging.url, viewport=window | {"height": 1200}, color_scheme=look, device_scale_factor=1)
    expect(visit.field("glance")).to_contain_text("Charging 1")
    visit.quiet()
    assert visit.shot(f"readme-{name}").stat().st_size > 10_000
