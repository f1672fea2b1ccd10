"""The OpenAPI description, made from the same table and types that the documents are made from."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.api.acts import ACTS, COMMON, Act
from ngair.api.problems import Problem
from ngair.api.queries import ENDPOINTS, Endpoint
from ngair.api.resources import CHANGES, REFUSALS, RESOURCES, Change, Nothing
from ngair.api.routes import ROUTES
from ngair.api.securing import SECURITY_SCHEMES, secured
from ngair.api.setup import SETUP_ACTS, SETUP_ENDPOINTS
from ngair.model.site import Profile


def openapi(profile: Profile, version: str) -> bytes:
    """The description of everything that is served, as JSON (OpenAPI 3.1.0)."""
    types = [
        *(route.schema[profile] for route in ROUTES),
        *(resource.schema for resource in RESOURCES),
        *(document for row in _READ for document in row.content.values() if document is not None),
        *(change.body for change in CHANGES),
        *(document for act in _ASKED for document in (act.body, act.answer)),
        Problem,
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    of_each = iter(schemas)
    problem = {"application/problem+json": {"schema": schemas[-1]}}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths[route.path] = {"get": _document(route.summary, next(of_each))}
    for resource in RESOURCES:
        paths[resource.path] = _parameters(resource.path) | {"get": _part(resource.summary, next(of_each), problem)}
    for row in _READ:
        content = {kind: {"schema": _STRING if one is None else next(of_each)} for kind, one in row.content.items()}
        paths[row.path] = {"get": _asked(row, content, problem)}
    for change in CHANGES:
        answer = paths[change.answer.path]["get"]["responses"]["200"]["content"]
        operations = paths.setdefault(change.path, _parameters(change.path))
        operations[change.method.lower()] = _change(change, next(of_each), answer, problem)
    for act in _ASKED:
        paths[act.path] = {"post": _act(act, next(of_each), next(of_each), problem)}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "ngair",
                "version": version,
                "description": "The Local API of a Nanogrid Air (`/evse/`, `/meter/`, `/meterraw/`, `/status/`, "
                f"`/ssid/`, `/upload/`; profile {profile}), and this program's own API below `/api/v1/`.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": secured(
                {
                    **paths,
                    "/upload/{filepath}": {"post": _upload(problem)},
                },
                problem,
            ),
            "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
        }
    )


def _document(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    tag = {"schema": _STRING, "description": "Send back as If-None-Match: 304 if nothing changed."}
    date = {"schema": _STRING, "description": "When the document last changed."}
    answers = {
        "200": {
            "description": summary,
            "headers": {"ETag": tag, "Last-Modified": date},
            "content": {"application/json": {"schema": schema}},
        },
        "304": {"description": "Not changed"},
    }
    return {"summary": summary, "responses": answers}


def _part(summary: str, schema: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    operation = _document(summary, schema)
    operation["responses"]["404"] = {"description": "There is none", "content": problem}
    return operation


def _asked(row: Endpoint, content: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    refusals = {status: {"description": why, "content": problem} for status, why in row.refusals.items()}
    operation: dict[str, Any] = {"summary": row.summary}
    if row.description:
        operation["description"] = row.description
    if row.params.__struct_fields__:
        operation["parameters"] = query_parameters(row)
    return operation | {"responses": {"200": {"description": row.summary, "content": content}, **refusals}}


def query_parameters(row: Endpoint) -> list[dict[str, Any]]:
    """What may stand behind the question mark, as OpenAPI has it. Every one may be left out."""
    _, components = msgspec.json.schema_components([row.params])
    described = []
    for name, schema in components[row.params.__name__]["properties"].items():
        [kind] = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
        known = {key: value for key, value in kind.items() if key != "description"}
        if schema.get("default") is not None:
            known["default"] = schema["default"]
        parameter = {"name": name, "in": "query", "description": schema["description"], "schema": known}
        if "examples" in schema:
            parameter["example"] = schema["examples"][0]
        described.append(parameter)
    return described


def _change(change: Change, body: dict[str, Any], answer: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    refusals = {status: {"description": why, "content": problem} for status, why in REFUSALS.items()}
    return {
        "summary": change.summary,
        "description": "Taken as `application/json`, by the box's address or a name of its own, with the "
        "password or a token, and never from pages of other sites. Applied at once, and answered when it is kept.",
        "requestBody": {"required": change.body is not Nothing, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "As it has become",
                "content": answer,
            },
            **refusals,
        },
    }


def _act(act: Act, body: dict[str, Any], answer: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    refusals = {status: {"description": why, "content": problem} for status, why in {**COMMON, **act.refusals}.items()}
    return {
        "summary": act.summary,
        **({"description": act.description} if act.description else {}),
        "requestBody": {
            "required": bool(act.body.__struct_fields__),
            "content": {"application/json": {"schema": body}},
        },
        "responses": {
            str(act.status): {"description": "Done", "content": {"application/json": {"schema": answer}}},
            **refusals,
        },
    }


def _parameters(path: str) -> dict[str, Any]:
    described = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _PATH_SCHEMAS.items()
        if "{" + name + "}" in path
    ]
    return {"parameters": described} if described else {}


def _upload(problem: dict[str, Any]) -> dict[str, Any]:
    image = {"schema": {"type": "string", "format": "binary"}}
    taken = {"application/json": {"schema": {"type": "object", "properties": {"version": _STRING}}}}
    return {
        "summary": "Upload firmware: a signed image, as it is",
        "parameters": [{"name": "filepath", "in": "path", "required": True, "schema": _STRING}],
        "requestBody": {"required": True, "content": {"application/octet-stream": image}},
        "responses": {
            "202": {"description": "It is sound, and is being installed", "content": taken},
            **{status: {"description": why, "content": problem} for status, why in _NO_FIRMWARE.items()},
        },
    }


_NO_FIRMWARE = {
    "400": "Not one Host header, or no name of an image",
    "403": "The box takes no firmware, or not this one, or has no password yet",
    "404": "There is no such place",
    "405": "Not with this method",
    "408": "Too slow",
    "409": "Another upload is on its way",
    "411": "There is no image in it",
    "413": "Too large",
    "415": "No image",
    "422": "The image is not for this box, or not sound",
    "500": "The disk does not take it",
    "507": "The disk is full",
}
_READ = (*ENDPOINTS, *SETUP_ENDPOINTS)
_ASKED = (*ACTS, *SETUP_ACTS)
_STRING = {"type": "string"}
_PATH_SCHEMAS = {"serial": _STRING, "id": {"type": "integer", "minimum": 0, "maximum": 999}}
