"""What of the API needs the password, as OpenAPI has it: said of every operation alike."""

from __future__ import annotations

from typing import Any

OPEN = frozenset(("/api/v1/lock", "/api/v1/login", "/api/v1/logout", "/api/v1/password"))
"""Where nobody has to have proven anything: what is sent there is judged there."""

SECURITY_SCHEMES: dict[str, Any] = {
    "password": {"type": "http", "scheme": "basic", "description": "User `ctek` with the password of the box."},
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Ngair-Token",
        "description": "As `POST /api/v1/login` and `GET /api/v1/token` give it.",
    },
}


def secured(paths: dict[str, dict[str, Any]], problem: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The same operations with what they ask for, and with how the locks may refuse them.

    `problem` is the content of a refusal. Reading asks for nothing but by a setting.
    """
    refusals = {status: {"description": why, "content": problem} for status, why in _REFUSALS.items()}
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            operation["responses"] = {**refusals, **operation["responses"]}
            if path not in OPEN:
                operation["security"] = [*([{}] if method == "get" else []), {"password": []}, {"token": []}]
    return paths


_REFUSALS = {
    "400": "Not one Host header, or more than one Authorization header",
    "401": "Without the password where it is needed, or with a wrong one",
    "403": "Where the password is needed, the box has none yet, or takes it by HTTPS only",
    "421": "Sent to a name that is not the box's",
    "429": "Too many wrong passwords: `Retry-After` tells when to try again",
    "503": "Others wait for theirs to be checked",
}
