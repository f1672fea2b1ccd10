"""`/api/v1/diagnostics`: the whole box in one document."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.api.box import box_document
from ngair.api.diagnostics import diagnostics_document
from ngair.api.settings_document import settings_document
from ngair.api.site import site_document
from ngair.api.telegram import NOTHING_LOOKED, LastInput, telegram_document
from ngair.model.history import EventKind, HistoryEvent, SetpointChange
from ngair.model.settings import Layer, resolve
from tests.api.houses import BOX, CHARGER, rejection, seen, site, telegram
from tests.api.test_box import FACTS, MACHINE

SECRETS = {"meter_key": "8f" * 16, "meter_auth_key": "9e" * 16}
LOG = (
    HistoryEvent(seq=8, at_s=1_767_225_590.5, kind=EventKind.STARTED, text="started", detail={"clean": True}),
    SetpointChange(seq=7, at_s=1_767_225_580, outlet="CB1/1", before_a=6, setpoint_a=0, rule="paused", text="Paused"),
)
NOW_S, WALL_S = 2.0, 1_767_225_599.9


def diagnostics(log_missing: str = "") -> bytes:
    house = site("1.0", (telegram(), rejection(), seen()))
    made = diagnostics_document(
        box_document(house, MACHINE, FACTS, (), NOW_S, WALL_S),
        settings_document(resolve([Layer("a test", SECRETS)])),
        site_document(house, NOW_S, WALL_S),
        [telegram_document("main", house.meter, LastInput(), NOTHING_LOOKED, NOTHING_LOOKED, NOW_S, WALL_S)],
        LOG,
        log_missing,
    )
    return msgspec.json.encode(made)


def shown(log_missing: str = "") -> Any:
    return msgspec.json.decode(diagnostics(log_missing))


def test_everything_is_in_it() -> None:
    document = shown()
    assert document["ngair_diagnostics"] == 1
    assert document["made_at"] == "2025-12-31T23:59:59Z"
    assert document["box"]["serial"] == BOX.serial
    assert document["site"]["chargers"][0]["serial"] == CHARGER.serial
    assert document["telegrams"][0]["rejected"] == {"check": 1}
    assert [entry["seq"] for entry in document["log"]] == [8, 7]
    assert document["log"][0]["kind"] == "started"
    assert document["log"][1]["detail"]["setpoint_a"] == 0
    assert document["settings"]["settings"]


def test_it_says_what_is_in_it_and_why_something_is_not() -> None:
    assert "serial numbers" in shown()["note"]
    assert shown("the disk is gone")["log_missing"] == "the disk is gone"


def test_keys_are_not_in_it() -> None:
    text = diagnostics().decode().lower()
    for secret in SECRETS.values():
        assert secret not in text
        assert repr(bytes.fromhex(secret))[2:-1].replace("\\", "\\\\") not in text
