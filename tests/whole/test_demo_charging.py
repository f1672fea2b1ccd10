"""What somebody sees who tries the demo: the oven goes on, the car gives way and says why, and it comes back."""

from __future__ import annotations

from typing import Any

from tests.program import running

SPEED = 20
"""The oven is on for some five minutes of the house's time."""


def test_the_car_gives_way_to_the_oven_and_comes_back() -> None:
    with running("demo", "--speed", str(SPEED)) as box:
        box.until("/api/v1/site", lambda site: outlet(site)["setpoint_a"] == 16 and min(drawn_a(site)) >= 15)
        site = box.until("/api/v1/site", lambda site: outlet(site)["rule"] == "fuse")
        assert 6 <= outlet(site)["setpoint_a"] < 16
        assert "L3" in outlet(site)["reason"]
        assert outlet(site)["reason_detail"]["phase"] == "L3"
        assert site["fuses"][0]["left_a"][2] < 16
        box.until("/api/v1/site", lambda site: max(drawn_a(site)) <= outlet(site)["setpoint_a"])
        site = box.until("/api/v1/site", lambda site: outlet(site)["setpoint_a"] == 16)
        assert site["fuses"][0]["left_a"][2] >= 16
        box.until("/api/v1/site", lambda site: min(drawn_a(site)) > 8)
        assert box.stop() == 0


def outlet(site: Any) -> Any:
    """The first; before it is there, one that nothing is known of."""
    chargers = site["chargers"]
    return chargers[0]["outlets"][0] if chargers else {"setpoint_a": 0, "current_a": [None] * 3}


def drawn_a(site: Any) -> list[float]:
    return [amps or 0 for amps in outlet(site)["current_a"]]
