"""The pictures that the README shows: a car that charges, on a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.program import Box, running
from tests.web.conftest import DESKTOP, PHONE, OpenPage

CHARGING_W = 10_000
HOUR = 13
"""Of the house: in the evening it leaves less for a car."""


@pytest.fixture(name="charging", scope="module")
def _charging() -> Iterator[tuple[Box, Any]]:
    """A house, and how it was while its car charged: it gives way to an oven soon."""
    # The other way round, as POSIX counts.
    west_h = (datetime.now(UTC).hour - HOUR + 14) % 24 - 14
    with running("demo", "--past", "2", "--time-zone", f"Etc/GMT{west_h:+d}") as box:
        yield box, box.until("/api/v1/site", _charges)
        assert box.stop() == 0


def _charges(site: Any) -> bool:
    return any(outlet["power_w"] > CHARGING_W for charger in site["chargers"] for outlet in charger["outlets"])


@pytest.mark.parametrize(("name", "window", "look"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
def test_a_car_that_charges(
    charging: tuple[Box, Any], open_page: OpenPage, name: str, window: dict[str, int], look: str
) -> None:
    box, site = charging
    more: dict[str, Any] = {"viewport": window | {"height": 1200}, "color_scheme": look, "device_scale_factor": 1}
    visit = open_page(box.url, lambda one: one.update(site), **more)
    expect(visit.field("glance")).to_contain_text("Charging 1")
    visit.quiet()
    assert visit.shot(f"readme-{name}").stat().st_size > 10_000
