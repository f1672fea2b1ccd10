"""`/api/v1/site`: unknown is null, and everything has its age."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ngair.api.charging import OutletDocument
from ngair.api.site import site_document
from ngair.model.events import (
    BoxAnnounced,
    ChargerLinkChanged,
    Event,
    MeterLinkChanged,
    NetworkChanged,
    UpdateChanged,
)
from ngair.model.limits import FRESH_MAX_S
from ngair.model.network import NetworkStatus, Wifi
from ngair.model.reading import ReadingDocument
from ngair.model.telegram import REMEDIES, Reason
from ngair.model.update import Update
from tests.api.houses import (
    CHARGER,
    NEVER_REACHED,
    READING,
    SILENT_READING,
    binary_telegram,
    decided,
    lost,
    rejection,
    seen,
    site,
    telegram,
    wished,
)


def document(*events: Event, now_s: float = 2.0, wall_s: float = 1_767_225_599.9) -> Any:
    return msgspec.json.decode(msgspec.json.encode(site_document(site("1.0", events), now_s, wall_s)))


def test_keys_in_order() -> None:
    shown = document(telegram(), seen())
    assert list(shown) == [
        *("time", "clock", "meter", "fuses", "chargers", "charger_links", "fail_safes"),
        *("memory", "update", "network", "box"),
    ]
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
        "found",
    ]
    assert list(shown["meter"]["reading"]) == list(ReadingDocument.__struct_fields__)
    assert list(shown["chargers"][0]["outlets"][0]) == list(OutletDocument.__struct_fields__)


def test_time_is_the_whole_second_in_utc() -> None:
    assert document()["time"] == "2025-12-31T23:59:59Z"


def test_before_the_first_telegram_all_is_unknown() -> None:
    shown = document()
    assert shown["meter"]["reading"] is None
    assert shown["meter"]["age_s"] is None
    assert shown["meter"]["fresh"] is False
    assert shown["meter"]["telegrams"] == 0
    assert shown["meter"]["info"] == {"vendor": "", "type": "P1", "id": ""}
    assert shown["meter"]["found"] is None
    assert [fuse["current_a"] for fuse in shown["fuses"]] == [[None] * 3] * 2
    assert [fuse["left_a"] for fuse in shown["fuses"]] == [[None] * 3] * 2
    assert shown["fail_safes"] == []
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


def test_what_a_charger_sent_and_was_refused_is_counted_by_reason() -> None:
    assert document(seen())["chargers"][0]["rejected"] == {}
    refused = replace(CHARGER, rejected={"value": 3, "retained": 1})
    assert document(seen(refused))["chargers"][0]["rejected"] == {"value": 3, "retained": 1}


def test_the_link_tells_why() -> None:
    shown = document(MeterLinkChanged("lost", "the cable is out"))
    assert (shown["meter"]["link"], shown["meter"]["link_detail"]) == ("lost", "the cable is out")


def test_what_was_found_of_the_meter() -> None:
    meter = document(MeterLinkChanged("up", "", line="2400 8E1"), binary_telegram())["meter"]
    assert meter["info"] == {"vendor": "ABC", "type": "HAN", "id": "M0000001"}
    assert meter["found"] == {
        "framing": "HDLC",
        "dialect": "made-up-han",
        "vendor": "ABC",
        "type": "Model 7",
        "ciphered": True,
        "line": "2400 8E1",
    }
    ascii_meter = document(telegram())["meter"]["found"]
    assert list(ascii_meter.values()) == ["P1", "made-up", "XYZ", "", False, ""]


def test_estimated_counters_are_named() -> None:
    reading = replace(READING, estimated=("energy_import_wh",))
    assert document(telegram(reading))["meter"]["reading"]["estimated"] == ["energy_import_wh"]


def test_an_outlet_tells_its_setpoint_and_the_reason() -> None:
    [charger] = document(seen(), decided(), now_s=2.0)["chargers"]
    first, second = charger["outlets"]
    assert (first["setpoint_a"], first["reason"], first["rule"]) == (6, "all that is left", "fuse")
    assert first["reason_detail"] == {
        "rule": "fuse",
        "fuse": "main",
        "phase": "L2",
        "age_s": 1.8,
        "countdown_s": 29.5,
    }
    assert (second["setpoint_a"], second["reason"], second["rule"], second["reason_detail"]) == (None,) * 4
    assert (first["state"], first["state_name"]) == (2, "Charging")


def test_an_outlet_tells_what_it_can_and_what_was_asked_for() -> None:
    [charger] = document(seen(), wished(), now_s=4.0)["chargers"]
    first, second = charger["outlets"]
    assert first["wish"] == {"max_a": 10, "priority": 3, "paused": True, "fallback_a": 0}
    assert second["wish"] == {"max_a": None, "priority": 0, "paused": False, "fallback_a": None}
    assert (first["fallback_a"], second["fallback_a"]) == (0, 6)
    assert (first["min_a"], first["max_a"], first["foreign_a"], first["age_s"]) == (6, 16, 10, 2.5)
    assert (first["phases"], first["car_phases"]) == ([True, True, True], [True, True, False])
    assert (second["foreign_a"], second["car_phases"]) == (None, None)


def test_a_countdown_ends_at_zero_and_no_age_is_negative() -> None:
    late = document(seen(), decided(), now_s=100.0)
    assert late["chargers"][0]["outlets"][0]["reason_detail"]["countdown_s"] == 0
    assert late["fail_safes"][0]["countdown_s"] == 0
    early = document(seen(), decided(), now_s=0.0)
    assert early["chargers"][0]["outlets"][0]["reason_detail"]["age_s"] == 0
    assert early["chargers"][0]["age_s"] == 0


def test_fail_safes_with_their_countdowns() -> None:
    assert document(decided(), now_s=2.0)["fail_safes"] == [
        {
            "kind": "meter silent",
            "subject": "main",
            "text": "plug it in again",
            "age_s": 1.0,
            "countdown_s": 10.0,
        },
        {
            "kind": "charger silent",
            "subject": "CB2",
            "text": "switch it on again",
            "age_s": 0.5,
            "countdown_s": None,
        },
    ]


def test_a_lost_charger_keeps_what_it_may_still_draw() -> None:
    [charger] = document(seen(), lost())["chargers"]
    assert charger["connected"] is False
    assert charger["outlets"][0]["current_a"] == list(CHARGER.outlets[0].current_a)
    assert charger["outlets"][0]["state_name"] == "Unavailable"
    assert charger["age_s"] == 0.5


def test_links_to_chargers_tell_why_they_are_not_up() -> None:
    shown = document(ChargerLinkChanged("mqtt://192.0.2.7:1883", "lost", "no route"))["charger_links"]
    assert shown == [{"name": "mqtt://192.0.2.7:1883", "link": "lost", "detail": "no route"}]


def test_a_charger_that_was_never_reached_is_unknown() -> None:
    [charger] = document(seen(NEVER_REACHED))["chargers"]
    assert (charger["connected"], charger["pinned"], charger["rotation"], charger["age_s"]) == (
        False,
        True,
        "STR",
        None,
    )
    [outlet] = charger["outlets"]
    assert outlet["current_a"] == [None, None, None]
    assert outlet["age_s"] is None
    assert outlet["state_name"] == "Unavailable"


def test_a_fuse_shows_what_flows_through_it() -> None:
    assert document(telegram(replace(READING, current_a=(1, None, 3))))["fuses"][0]["current_a"] == [1, None, 3]


def test_a_fuse_tells_what_it_has_left_and_what_limits_it() -> None:
    main, garage = document(telegram(), wished(), decided())["fuses"]
    assert (main["name"], main["under"], main["power_max_w"], main["meter"]) == ("main", None, None, None)
    assert (main["rating_a"], main["setting_a"]) == ([20, 20, 20], [25, 25, 25])
    assert (main["other_a"], main["left_a"]) == ([1.5, -4.25, None], [22.5, 28.25, None])
    assert (garage["name"], garage["under"], garage["power_max_w"]) == ("garage", "main", 9000)
    assert garage["rating_a"] == garage["setting_a"] == [16, 16, 20]
    assert garage["left_a"] == garage["current_a"] == [None, None, None]
    assert garage["meter"] is None


def test_a_sub_fuse_has_a_meter_of_its_own() -> None:
    reading = replace(READING, current_a=(7, 8, 9))
    shown = document(telegram(), telegram(reading, at_s=1.0, fuse="garage"))
    main, garage = shown["fuses"]
    assert main["current_a"] == [1.5, 2, 10.25]
    assert garage["current_a"] == [7, 8, 9]
    assert (garage["meter"]["age_s"], garage["meter"]["telegrams"]) == (1.0, 1)
    assert garage["meter"].keys() == shown["meter"].keys()


def test_the_box_tells_its_name_while_it_is_announced() -> None:
    assert document()["box"]["host_name"] is None
    assert document(BoxAnnounced("ctek-ng-air.local"))["box"]["host_name"] == "ctek-ng-air.local"


def test_firmware_on_its_way() -> None:
    assert document()["update"] == {
        "state": "idle",
        "version": "",
        "progress": 0,
        "reason": "",
        "detail": "",
        "holding": False,
    }
    update = Update(state="waiting", version="0.7.0", progress=100, detail="until no car charges", holding=True)
    assert document(UpdateChanged(update))["update"] == {
        "state": "waiting",
        "version": "0.7.0",
        "progress": 100,
        "reason": "",
        "detail": "until no car charges",
        "holding": True,
    }


def test_the_network_with_a_name_of_any_bytes() -> None:
    assert document()["network"] == {
        "managed": False,
        "connected": False,
        "ssid": "",
        "rssi_dbm": None,
        "addresses": [],
        "setup": "off",
        "detail": "",
    }
    wifi = Wifi(
        radio=True, configured=True, connected=True, ssid=b"At home\xff", rssi_dbm=-61, addresses=("192.0.2.5",)
    )
    shown = document(NetworkChanged(NetworkStatus(managed=True, wifi=wifi, setup="telling", detail="told")))["network"]
    assert shown == {
        "managed": True,
        "connected": True,
        "ssid": "At home\\xff",
        "rssi_dbm": -61,
        "addresses": ["192.0.2.5"],
        "setup": "telling",
        "detail": "told",
    }
