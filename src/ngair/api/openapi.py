"""The OpenAPI description, made from the same table and types that the documents are made from."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.api.problems import Problem
from ngair.api.routes import ROUTES, Route
from ngair.model.site import Profile


def openapi(profile: Profile, version: str) -> bytes:
    """The description of everything that is served, as JSON (OpenAPI 3.1.0)."""
    types = [route.schema[profile] for route in ROUTES]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template="#/components/schemas/{name}")
    problem = {"application/problem+json": {"schema": schemas[-1]}}
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
            "paths": {
                **{route.path: _document(route, schema) for route, schema in zip(ROUTES, schemas[:-1], strict=True)},
                "/ssid/": {"get": _refused("Wi-Fi networks in reach; served in setup mode only", problem)},
                "/upload/{filepath}": {
                    "post": _refused("Upload firmware; refused until this box can take it", problem)
                    | {"parameters": [{"name": "filepath", "in": "path", "required": True, "schema": _STRING}]},
                },
            },
            "components": {"schemas": components},
        }
    )


def _document(route: Route, schema: dict[str, Any]) -> dict[str, Any]:
    answers = {
        "200": {
            "description": route.summary,
            "headers": {
                "ETag": {"schema": _STRING, "description": "Send back as If-None-Match: 304 if nothing changed."},
                "Last-Modified": {"schema": _STRING, "description": "When the document last changed."},
            },
            "content": {"application/json": {"schema": schema}},
        },
        "304": {"description": "Not changed"},
    }
    return {"get": {"summary": route.summary, "responses": answers}}


def _refused(summary: str, problem: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": {"403": {"description": "Not in this mode", "content": problem}}}


_STRING = {"type": "string"}
