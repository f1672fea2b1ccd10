"""The description fits what is served: every document in every state is valid by its schema, nothing is left out."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given

from ngair.api import openapi as module
from ngair.api.acts import ACTS
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.api.queries import ENDPOINTS
from ngair.api.resources import CHANGES, REFUSALS, RESOURCES
from ngair.api.routes import ROUTES, Route
from ngair.api.setup import SETUP_ACTS, SETUP_ENDPOINTS
from ngair.model.events import Event
from ngair.model.site import Profile
from tests.api.houses import STATES, seen, site, telegram
from tests.api.strategies import HISTORIES, PROFILES

PROBLEM = "application/problem+json"
BOTH: tuple[Profile, ...] = ("1.0", "1.3")
DESCRIPTIONS: dict[Profile, Any] = {profile: msgspec.json.decode(openapi(profile, "1.2.3")) for profile in BOTH}


def validator(profile: Profile, path: str) -> jsonschema.Draft202012Validator:
    """Judges a document by the schema of its answer; OpenAPI 3.1 schemas are JSON Schema 2020-12."""
    description = DESCRIPTIONS[profile]
    schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": description["components"]}
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


VALIDATORS = {(profile, route.path): validator(profile, route.path) for profile in BOTH for route in ROUTES}


def served(profile: Profile, events: list[Event]) -> dict[str, Any]:
    publisher = Publisher()
    publisher.refresh(site(profile, events), 10.0, 1e9)
    return {route.path: msgspec.json.decode(publisher.pages[route.path].body) for route in ROUTES}


@pytest.mark.parametrize("profile", BOTH)
@pytest.mark.parametrize("state", STATES)
def test_documents_are_valid_in_every_state(state: str, profile: Profile) -> None:
    for path, document in served(profile, list(STATES[state])).items():
        VALIDATORS[profile, path].validate(document)


@given(PROFILES, HISTORIES)
def test_documents_are_valid_whatever_happened(profile: Profile, events: list[Event]) -> None:
    for path, document in served(profile, events).items():
        VALIDATORS[profile, path].validate(document)


@pytest.mark.parametrize("profile", BOTH)
def test_the_schemas_tell_a_wrong_document(profile: Profile) -> None:
    """Guards the tests above: a schema that takes everything proves nothing."""
    for path, document in served(profile, [telegram(), seen()]).items():
        judge = VALIDATORS[profile, path]
        first = document[0] if isinstance(document, list) else document
        for key, value in list(first.items()):
            if key != "chargeboxInfo":
                del first[key]
                assert not judge.is_valid(document), f"{path} without {key}"
            first[key] = None
            assert not judge.is_valid(document), f"{path} with {key} null"
            first[key] = value
        assert judge.is_valid(document)


def test_the_profiles_are_told_apart() -> None:
    first, later = served("1.0", [telegram(), seen()]), served("1.3", [telegram(), seen()])
    for path in ("/meterraw/", "/status/", "/evse/"):
        assert not VALIDATORS["1.3", path].is_valid(first[path])
    assert not VALIDATORS["1.0", "/meterraw/"].is_valid(later["/meterraw/"])


def test_without_a_charger_its_key_is_not_required() -> None:
    for profile in BOTH:
        document = served(profile, [])["/status/"]
        assert "chargeboxInfo" not in document
        VALIDATORS[profile, "/status/"].validate(document)


@pytest.mark.parametrize("profile", BOTH)
def test_everything_is_described(profile: Profile) -> None:
    description = DESCRIPTIONS[profile]
    assert description["openapi"] == "3.1.0"
    assert description["info"]["version"] == "1.2.3"
    assert f"profile {profile}" in description["info"]["description"]
    described = {route.path for route in ROUTES} | {resource.path for resource in RESOURCES}
    described |= {change.path for change in CHANGES} | {row.path for row in (*ENDPOINTS, *SETUP_ENDPOINTS)}
    described |= {act.path for act in (*ACTS, *SETUP_ACTS)}
    assert set(description["paths"]) == described | {"/ssid/", "/upload/{filepath}"}
    for path, operations in description["paths"].items():
        named = [parameter["name"] for parameter in operations.get("parameters", [])]
        for operation in (one for key, one in operations.items() if key != "parameters"):
            assert operation["summary"]
            assert set(re.findall(r"{(\w+)}", path)) == {
                *named,
                *(one["name"] for one in operation.get("parameters", []) if one["in"] == "path"),
            }


@pytest.mark.parametrize("profile", BOTH)
def test_every_change_is_described_with_what_is_sent_and_answered(profile: Profile) -> None:
    for change in CHANGES:
        operation = DESCRIPTIONS[profile]["paths"][change.path][change.method.lower()]
        assert operation["requestBody"]["content"].keys() == {"application/json"}
        assert set(operation["responses"]) == {"200", "401", "429", *REFUSALS}
        assert operation["security"] == [{"password": []}, {"token": []}]
        answer = DESCRIPTIONS[profile]["paths"][change.answer.path]["get"]["responses"]["200"]
        assert operation["responses"]["200"]["content"] == answer["content"]


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({}, True),
        ({"max_a": 10, "priority": 9, "paused": True, "fallback_a": 0}, True),
        ({"max_a": None, "priority": None, "fallback_a": None}, True),
        ({"max_a": "10"}, False),
        ({"max_a": 10.5}, False),
        ({"priority": 10}, False),
        ({"paused": None}, False),
        ({"setpoint_a": 16}, False),
    ],
)
def test_the_schema_of_a_change_tells_what_may_be_sent(body: dict[str, Any], valid: bool) -> None:
    description = DESCRIPTIONS["1.0"]
    schema = description["paths"]["/api/v1/outlets/{serial}/{id}"]["patch"]["requestBody"]["content"]
    whole = {**schema["application/json"]["schema"], "components": description["components"]}
    assert jsonschema.Draft202012Validator(whole).is_valid(body) is valid


@pytest.mark.parametrize("profile", BOTH)
def test_references_lead_somewhere(profile: Profile) -> None:
    components = DESCRIPTIONS[profile]["components"]["schemas"]
    references = set(find_references(DESCRIPTIONS[profile]))
    assert references == {f"#/components/schemas/{name}" for name in components}


@pytest.mark.parametrize("profile", BOTH)
def test_refused_paths_are_described_as_problems(profile: Profile) -> None:
    description = DESCRIPTIONS[profile]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                for status, answer in operation["responses"].items():
                    assert status in ("200", "202", "304") or list(answer["content"]) == [PROBLEM], (path, method)
                assert "401" in operation["responses"]


def test_a_new_route_is_described_without_a_second_place(monkeypatch: pytest.MonkeyPatch) -> None:
    class Example(msgspec.Struct):
        number: int

    route = Route(
        path="/example/",
        summary="An example",
        build=lambda site, now_s, wall_s: Example(1),
        shows=lambda site: 1,
        schema={"1.0": Example, "1.3": Example},
    )
    monkeypatch.setattr(module, "ROUTES", (*ROUTES, route))
    description = msgspec.json.decode(openapi("1.0", "0"))
    assert description["paths"]["/example/"]["get"]["summary"] == "An example"
    assert "Example" in description["components"]["schemas"]


def find_references(value: Any) -> list[str]:
    """Every `$ref` within a description."""
    if isinstance(value, dict):
        found = [value["$ref"]] if "$ref" in value else []
        return found + [reference for inner in value.values() for reference in find_references(inner)]
    if isinstance(value, list):
        return [reference for inner in value for reference in find_references(inner)]
    return []
