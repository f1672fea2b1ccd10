"""Everything that the description allows, and much that it does not, asked of the whole program: never a failure.

Every answer is one that is described, with a body that its schema allows, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.program import Box, running

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
ENDLESS = ("/api/v1/stream", "/api/v1/export")
"""Answered by streams, which have tests of their own."""
SHUTS = ("/api/v1/password", "/api/v1/logout")
"""Done last, for what follows has to be let in."""


def everything(box: Box, headers: dict[str, str], examples: int) -> int:
    """Ask for everything with so many examples of each; how many were asked."""
    described = msgspec.json.decode(box.get("/openapi.json", headers=box.proof).body)
    operations = [result.ok() for result in _operations(described)]
    asked = 0

    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        # Without what the tool itself would prove: who asks is told by the test alone.
        case.headers.pop("Authorization", None)
        case.headers.pop("X-Ngair-Token", None)
        response = case.call(base_url=box.url.rstrip("/"), headers=headers, timeout=30)
        case.validate_response(response, checks=CHECKS)
        _judge(described, case, response)

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for operation in sorted(operations, key=lambda operation: operation.path in SHUTS):
            if operation.path not in ENDLESS and (mode is GenerationMode.POSITIVE or _can_be_wrong(operation)):
                drawn(operation.as_strategy(generation_mode=mode), ask, examples)
    return asked


def _operations(described: Any) -> Iterator[Any]:
    return iter(schemathesis.openapi.from_dict(described).get_all_operations())


def _can_be_wrong(operation: Any) -> bool:
    """Whether anything is sent that could be."""
    parts = (operation.path_parameters, operation.query, operation.headers, operation.body)
    return any(len(part) for part in parts)


def _judge(described: Any, case: Any, response: Any) -> None:
    """Hold a body against its schema: the tool's own check takes no tuples of JSON Schema 2020-12."""
    if not response.content:
        return
    answer = described["paths"][case.operation.path][case.operation.method]["responses"][str(response.status_code)]
    schema = answer["content"][response.headers["content-type"][0].partition(";")[0]]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": described["components"]}).validate(response.json())


def drawn(strategy: Any, ask: Callable[[Any], None], examples: int) -> None:
    """Ask with examples of a strategy, the same ones each time."""
    bounded: Callable[[Any], Any] = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    examples_of: Any = given(strategy)
    bounded(examples_of(ask))()


def asked_of(examples: int, *, proven: bool, **environment: str) -> int:
    with running("demo", env={f"NGAIR_{name}": value for name, value in environment.items()}) as box:
        headers = box.proof if proven else {}
        asked = everything(box, headers, examples)
        assert box.get("/status/", headers=headers).status == (200 if proven or not environment else 401)
        assert not [line for line in box.errors if "Traceback" in line or " ERROR " in line]
        assert box.password not in "".join(box.errors)
        assert box.stop() == 0
    return asked


@pytest.mark.parametrize("proven", [False, True], ids=["a stranger", "with the password"])
def test_no_request_fails(proven: bool) -> None:
    assert asked_of(15, proven=proven) > 400


def test_no_request_of_a_stranger_fails_behind_the_read_lock() -> None:
    assert asked_of(5, proven=False, READ_LOCK="on") > 100


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize("environment", [{}, {"READ_LOCK": "on"}, {"PROFILE": "1.3"}])
def test_no_request_fails_at_length(proven: bool, environment: dict[str, str]) -> None:
    assert asked_of(150, proven=proven, **environment) > 5000
