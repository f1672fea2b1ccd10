"""What a reader of the live stream gets: every point once, the newest site, whoever went away for how long."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ngair.api.live import Live
from ngair.api.publisher import Publisher
from ngair.model.limits import SAMPLE_S, STREAM_POINTS_MAX
from ngair.model.site import Site, apply
from tests.api.houses import CHARGER, READING, lost, seen, site, telegram

WALL_S = 1_770_000_000.0


def parsed(frame: bytes) -> tuple[list[list[Any]], dict[str, Any] | None, str]:
    """Points, site and id of a frame."""
    points: list[list[Any]] = []
    document, event_id = None, ""
    for block in frame.decode("utf-8").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields.get("event") == "points":
            points += msgspec.json.decode(fields["data"])
        elif fields:
            assert fields["event"] == "site"
            document, event_id = msgspec.json.decode(fields["data"]), fields["id"]
    return points, document, event_id


def grown(house: Site, number: int) -> Site:
    """The house after another telegram, whose power is the number."""
    reading = msgspec.structs.replace(READING, power_import_w=number)
    return apply(house, telegram(reading, at_s=float(number)))


def test_nothing_before_the_first_site() -> None:
    assert Live().since(0) == (b"", 0)


def test_site_is_the_published_document() -> None:
    publisher = Publisher("run")
    publisher.refresh(site("1.0", [telegram(), seen()]), 1.0, WALL_S)
    frame, count = publisher.live.since(0)
    points, document, event_id = parsed(frame)
    assert document == msgspec.json.decode(publisher.pages["/api/v1/site"].body)
    assert count == len(points) == 1
    assert event_id == "run-1"


def test_a_point_has_what_the_reading_tells_in_its_order() -> None:
    publisher = Publisher()
    publisher.refresh(site("1.0", [telegram(), seen()]), 1.0, WALL_S + 0.5)
    [[at_ms, import_w, export_w, one, two, three, charging_w]], document, _ = parsed(publisher.live.since(0)[0])
    assert document is not None
    reading = document["meter"]["reading"]
    assert at_ms == int((WALL_S + 0.5) * 1000)
    assert (import_w, export_w) == (reading["power_import_w"], reading["power_export_w"])
    assert [one, two, three] == reading["current_a"]
    assert charging_w == sum(outlet["power_w"] for box in document["chargers"] for outlet in box["outlets"])


def test_unknown_is_null_never_zero() -> None:
    publisher = Publisher()
    publisher.refresh(site(), 1.0, WALL_S)
    [point], _, _ = parsed(publisher.live.since(0)[0])
    assert point[1:] == [None] * 6
    stale = site("1.0", [telegram(), seen(), lost()])
    publisher.refresh(stale, 1e6, WALL_S + 1e6)
    points, _, _ = parsed(publisher.live.since(0)[0])
    assert points[-1][1:] == [None] * 6, "a stale meter and a lost charger tell nothing"
    assert CHARGER.serial


def test_a_silent_meter_still_has_a_point_each_ten_seconds() -> None:
    publisher = Publisher()
    house = site("1.0", [telegram()])
    for second in range(3 * SAMPLE_S + 1):
        publisher.refresh(house, float(second), WALL_S + second)
    points, _, _ = parsed(publisher.live.since(0)[0])
    assert [(point[0] / 1000 - WALL_S) for point in points] == [0, SAMPLE_S, 2 * SAMPLE_S, 3 * SAMPLE_S]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_a_reader_who_looks_now_and_then_gets_each_point_once(steps: list[int]) -> None:
    publisher = Publisher("run")
    house, number, seen_count, got = site(), 0, 0, []
    for step in steps:
        for _ in range(step):
            number += 1
            house = grown(house, number)
            publisher.refresh(house, float(number), WALL_S + number)
        frame, seen_count = publisher.live.since(seen_count)
        points, document, event_id = parsed(frame)
        got += [point[1] for point in points]
        assert document is not None
        assert document["meter"]["reading"]["power_import_w"] == number
        assert publisher.live.seen(event_id) == seen_count
    assert got == list(range(1, number + 1))


def test_who_was_away_for_too_long_gets_the_latest_points() -> None:
    publisher = Publisher()
    house = site()
    for number in range(1, STREAM_POINTS_MAX + 51):
        house = grown(house, number)
        publisher.refresh(house, float(number), WALL_S + number)
    points, _, _ = parsed(publisher.live.since(7)[0])
    assert [point[1] for point in points] == list(range(51, STREAM_POINTS_MAX + 51))


@given(st.text(max_size=40) | st.from_regex(r"run-[0-9]{0,30}", fullmatch=True))
def test_any_last_event_is_survived(event_id: str) -> None:
    publisher = Publisher("run")
    publisher.refresh(site("1.0", [telegram()]), 1.0, WALL_S)
    count = publisher.live.seen(event_id)
    assert 0 <= count <= 1
    assert parsed(publisher.live.since(count)[0])[1] is not None


def test_another_runs_last_event_says_nothing() -> None:
    publisher = Publisher("this")
    publisher.refresh(site("1.0", [telegram()]), 1.0, WALL_S)
    assert publisher.live.seen("other-1") == 0
    assert publisher.live.seen("this-1") == 1
