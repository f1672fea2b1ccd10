"""`/api/v1/site`: unknown is null, and everything has its age."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ngair.api.site import site_document
from ngair.model.events import BoxAnnounced, Event, MeterLinkChanged
from ngair.model.limits import FRESH_MAX_S
from ngair.model.reading import ReadingDocument
from ngair.model.telegram import REMEDIES, Reason
from tests.api.houses import CHARGER, READING, SILENT_READING, lost, rejection, seen, site, telegram


def document(*events: Event, now_s: float = 2.0, wall_s: float = 1_767_225_599.9) -> Any:
    return msgspec.json.decode(msgspec.json.encode(site_document(site("1.0", events), now_s, wall_s)))


def test_keys_in_order() -> None:
    shown = document(telegram(), seen())
    assert list(shown) == ["time", "meter", "fuses", "chargers", "box"]
    assert list(shown["meter"]) == [
        "reading",
        "age_s",
        "fresh",
        "link",
        "link_detail",
        "rejected",
        "remedies",
        "telegrams",
        "info",
    ]
    assert list(shown["meter"]["reading"]) == list(ReadingDocument.__struct_fields__)
    assert list(shown["chargers"][0]["outlets"][0]) == [
        "id",
        "state",
        "state_name",
        "current_a",
        "setpoint_a",
        "reason",
        "energy_wh",
        "power_w",
    ]


def test_time_is_the_whole_second_in_utc() -> None:
    assert document()["time"] == "2025-12-31T23:59:59Z"


def test_before_the_first_telegram_all_is_unknown() -> None:
    shown = document()
    assert shown["meter"]["reading"] is None
    assert shown["meter"]["age_s"] is None
    assert shown["meter"]["fresh"] is False
    assert shown["meter"]["telegrams"] == 0
    assert shown["meter"]["info"] == {"vendor": "", "type": "P1", "id": ""}
    assert shown["fuses"] == [{"name": "main", "rating_a": 25, "current_a": [None, None, None]}]
    assert shown["chargers"] == []


def test_a_reading_in_base_units() -> None:
    reading = document(telegram())["meter"]["reading"]
    assert reading["power_import_w"] == 2345
    assert reading["energy_import_wh"] == 123456789
    assert reading["current_a"] == [1.5, 2, 10.25]
    assert reading["checked"] is True


def test_what_the_last_telegram_did_not_say_is_null_not_held() -> None:
    reading = document(telegram(), telegram(SILENT_READING, at_s=2))["meter"]["reading"]
    assert reading["power_import_w"] is None
    assert reading["energy_import_wh"] is None
    assert reading["voltage_v"] == [None, None, None]


def test_age_is_since_the_last_telegram() -> None:
    assert document(telegram(at_s=1.5), now_s=4.04)["meter"]["age_s"] == 2.5
    assert document(telegram(at_s=1.5), now_s=1.0)["meter"]["age_s"] == 0


@pytest.mark.parametrize(("age_s", "fresh"), [(0, True), (FRESH_MAX_S, True), (FRESH_MAX_S + 1, False)])
def test_an_old_reading_is_not_fresh(age_s: float, fresh: bool) -> None:
    assert document(telegram(at_s=1.5), now_s=1.5 + age_s)["meter"]["fresh"] is fresh


def test_refused_input_is_counted_by_reason() -> None:
    shown = document(rejection(), rejection(Reason.NOISE), rejection())
    assert shown["meter"]["rejected"] == {"check": 2, "noise": 1}
    assert shown["meter"]["remedies"] == {"check": REMEDIES[Reason.CHECK], "noise": REMEDIES[Reason.NOISE]}


def test_the_link_tells_why() -> None:
    shown = document(MeterLinkChanged("lost", "the cable is out"))
    assert (shown["meter"]["link"], shown["meter"]["link_detail"]) == ("lost", "the cable is out")


def test_an_outlet_tells_its_setpoint_and_the_reason() -> None:
    [charger] = document(seen())["chargers"]
    first, second = charger["outlets"]
    assert (first["setpoint_a"], first["reason"]) == (6, "all that is left")
    assert (second["setpoint_a"], second["reason"]) == (None, None)
    assert (first["state"], first["state_name"]) == (2, "Charging")


def test_a_lost_charger_keeps_what_it_may_still_draw() -> None:
    [charger] = document(seen(), lost())["chargers"]
    assert charger["connected"] is False
    assert charger["outlets"][0]["current_a"] == list(CHARGER.outlets[0].current_a)
    assert charger["outlets"][0]["state_name"] == "Unavailable"


def test_a_fuse_shows_what_flows_through_it() -> None:
    assert document(telegram(replace(READING, current_a=(1, None, 3))))["fuses"][0]["current_a"] == [1, None, 3]


def test_the_box_tells_its_name_while_it_is_announced() -> None:
    assert document()["box"]["host_name"] is None
    assert document(BoxAnnounced("ctek-ng-air.local"))["box"]["host_name"] == "ctek-ng-air.local"
