"""What holds for the documents of every house, whatever has happened to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.api.publisher import Publisher
from ngair.api.routes import ROUTES, Route
from ngair.model.events import Event
from ngair.model.limits import ENERGY_MAX_WH
from ngair.model.site import Profile, apply
from tests.api.houses import READING, site, telegram
from tests.api.strategies import HISTORIES, PROFILES, known_or_not

METER_KEYS = [
    "activePowerIn",
    "activePowerOut",
    "current",
    "voltage",
    "totalEnergyActiveImport",
    "totalEnergyActiveExport",
]


def documents(profile: Profile, events: list[Event]) -> dict[str, Any]:
    """Every document as a client gets it, by path."""
    publisher = Publisher()
    publisher.refresh(site(profile, events), 10.0, 1e9)
    return {route.path: msgspec.json.decode(publisher.pages[route.path].body) for route in ROUTES}


@given(PROFILES, HISTORIES)
def test_the_vendors_documents_never_have_null_and_always_their_keys(profile: Profile, events: list[Event]) -> None:
    shown = documents(profile, events)
    for path in ("/evse/", "/meter/", "/meterraw/", "/status/"):
        assert not has_null(shown[path]), path
    assert list(shown["/meter/"]) == METER_KEYS
    for key, value in shown["/meter/"].items():
        values = value if isinstance(value, list) else [value]
        assert len(values) == (3 if key in ("current", "voltage") else 1)
        assert all(type(number) in (int, float) and number >= 0 for number in values)
    assert isinstance(shown["/evse/"], list)
    assert ("chargeboxInfo" in shown["/status/"]) == bool(shown["/evse/"])


@given(PROFILES, HISTORIES)
def test_every_document_is_of_the_type_that_its_route_declares(profile: Profile, events: list[Event]) -> None:
    publisher = Publisher()
    publisher.refresh(site(profile, events), 10.0, 1e9)
    for route in ROUTES:
        body = publisher.pages[route.path].body
        decoded = msgspec.json.decode(body, type=route.schema[profile], strict=True)
        assert msgspec.json.decode(msgspec.json.encode(decoded)) == msgspec.json.decode(body)


@given(HISTORIES)
def test_the_profiles_differ_only_where_they_are_known_to(events: list[Event]) -> None:
    first, later = documents("1.0", events), documents("1.3", events)
    for key in METER_KEYS[2:]:
        assert later["/meter/"][key] == first["/meter/"][key]
    for key in METER_KEYS[:2]:
        assert Decimal(str(later["/meter/"][key])) == Decimal(str(first["/meter/"][key])) / 1000
    assert [without(element, "result") for element in later["/meterraw/"]] == [first["/meterraw/"]]
    for ours, theirs in zip(first["/evse/"], later["/evse/"], strict=True):
        assert theirs | {"evse": [without(outlet, "energy", "power") for outlet in theirs["evse"]]} == ours
    status = without(later["/status/"], "otaInfo", "wifiInfo")
    if "chargeboxInfo" in status:
        status["chargeboxInfo"] = without(status["chargeboxInfo"], "pinned")
    assert status == first["/status/"]


@given(PROFILES, HISTORIES)
def test_status_and_evse_agree_on_who_is_connected(profile: Profile, events: list[Event]) -> None:
    shown = documents(profile, events)
    for box in shown["/evse/"]:
        assert box["connection_status"] in ("Connected", "Disconnected")
    if shown["/evse/"]:
        assert shown["/status/"]["chargeboxInfo"]["state"] == shown["/evse/"][0]["connection_status"].lower()
        assert shown["/status/"]["chargeboxInfo"]["serial"] == shown["/evse/"][0]["cb_id"]


RISING = st.lists(known_or_not(ENERGY_MAX_WH // 20).filter(lambda wh: wh is None or wh > 0), max_size=20)


@given(PROFILES, RISING)
def test_energy_never_falls_back(profile: Profile, steps_wh: list[float | None]) -> None:
    """Meters count up; a telegram without the register must not look like a new meter."""
    house = site(profile)
    register_wh: float = 0
    before = 0
    for step_wh in steps_wh:
        register_wh += step_wh or 0
        reading = replace(READING, energy_import_wh=None if step_wh is None else register_wh)
        house = apply(house, telegram(reading))
        publisher = Publisher()
        publisher.refresh(house, 0.0, 0.0)
        energy = msgspec.json.decode(publisher.pages["/meter/"].body)["totalEnergyActiveImport"]
        assert energy >= before
        before = energy


@given(PROFILES, HISTORIES)
def test_made_step_by_step_is_what_is_made_at_once(profile: Profile, events: list[Event]) -> None:
    """What a document shows is named beside it; forgetting a part would leave an old one standing."""
    house = site(profile)
    growing = Publisher()
    growing.refresh(house, 10.0, 1e9)
    for event in events:
        house = apply(house, event)
        growing.refresh(house, 10.0, 1e9)
    at_once = Publisher()
    at_once.refresh(house, 10.0, 1e9)
    assert growing.pages.keys() == at_once.pages.keys()
    for path, page in growing.pages.items():
        assert msgspec.json.decode(page.body) == msgspec.json.decode(at_once.pages[path].body)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_paths_differ_by_the_last_slash_only(route: Route) -> None:
    with_slash, without_slash = sorted(route.paths, reverse=True)
    assert with_slash == without_slash + "/"
    assert route.path in route.paths


def has_null(value: Any) -> bool:
    """Whether there is a null anywhere within."""
    if isinstance(value, dict):
        return any(has_null(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_null(inner) for inner in value)
    return value is None


def without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}
