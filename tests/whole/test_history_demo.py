"""The demo has a past, which its live house goes on from without a jump."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.program import ngair, running
from tests.whole.memory import is_charging, is_told, seconds


def test_the_demo_remembers_days_of_its_house() -> None:
    with running("demo", "--past", "3", "--speed", "20", "--time-zone", "Europe/Stockholm") as box:
        is_told(box, "up")
        is_charging(box)
        events = box.json("/api/v1/events?limit=500")["entries"]
        assert not {"counter jumped", "meter changed", "clock stepped"} & {event["kind"] for event in events}
        assert [event["detail"]["clean"] for event in events if event["kind"] == "started"] == [True, True]
        assert box.json("/api/v1/sessions")["currency"] == "SEK"
        assert len(box.json("/api/v1/sessions")["sessions"]) >= 3
        today = datetime.now(UTC).date()
        days = f"from={today - timedelta(5)}&to={today + timedelta(2)}"
        energy = box.json(f"/api/v1/history/energy?{days}&by=day")
        assert len([row for row in energy["rows"] if row["import_wh"]]) >= 3
        assert energy["total"]["charged_wh"] > 5_000
        assert energy["total"]["charged_cost"] > 5
        assert box.stop() == 0


def test_the_dates_of_a_fast_house_go_as_fast() -> None:
    with running("demo", "--speed", "600") as box:
        began_s, first = time.time(), seconds(box.json("/api/v1/site")["time"])
        assert abs(first - began_s) < 600 * 60, "it begins today"
        site = box.until("/api/v1/site", lambda site: seconds(site["time"]) - first >= 1800)
        assert site["meter"]["telegrams"] >= 1000, "in half an hour of the house there were so many"
        events = box.json("/api/v1/events?kinds=clock+stepped")["entries"]
        assert events == []


@pytest.mark.parametrize("days", ["-1", "401", "1.5", "all", "", "1\n", "٣", "9" * 5000])
def test_a_past_that_cannot_be_is_told(days: str) -> None:
    done = ngair("demo", f"--past={days}")
    assert done.returncode == 2
    assert b"must be a whole number from 0 to 400" in done.stderr
    assert len(done.stderr) < 1200
