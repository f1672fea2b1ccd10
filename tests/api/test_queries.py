"""What may be asked: every row of the table keeps its promises, whatever stands behind the question mark."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.api.openapi import openapi, query_parameters
from ngair.api.queries import ENDPOINTS, QUERIES, Endpoint, Query, asked, endpoint_at
from ngair.api.times import UnfitError
from tests.api.pasts import OUTLET, STOCKHOLM, at_s, hours, kept, lively, sources

BEGIN = "2026-05-01T00:00:00"
DESCRIPTION: Any = msgspec.json.decode(openapi("1.0", "1.2.3"))
EACH = pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.path)
EACH_QUERY = pytest.mark.parametrize("row", QUERIES, ids=lambda row: row.path)
NAMES = sorted({name for row in ENDPOINTS for name in row.params.__struct_encode_fields__})
VALUES = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "500", "501", "hour", "day", "10s", "auto", "csv", "all", "null", "true", "1e9"]
    ),
    st.sampled_from([BEGIN, "2026-05-01", "2026-05-02", "1970-01-01", "2199-12-31", "1777593600", "limit,setpoint"]),
    st.sampled_from([OUTLET, "meter", "a/1", "\0", "\ud7ff", "0001-01-01T00:00:00+14:00", "9999-12-31"]),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text(max_size=20),
)
PAIRS = st.lists(st.tuples(st.sampled_from([*NAMES, "other"]), VALUES), max_size=4, unique_by=lambda pair: pair[0])


@pytest.fixture(name="reader", scope="module")
def _reader(tmp_path_factory: pytest.TempPathFactory) -> SqliteReader:
    folder: Path = tmp_path_factory.mktemp("past")
    return kept(folder, lively(at_s(BEGIN)), hours("2026-05-02T00:00:00", 48, STOCKHOLM, charged=True))


def validator(row: Query) -> jsonschema.Draft202012Validator:
    answers = DESCRIPTION["paths"][row.path]["get"]["responses"]
    schema = answers["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": DESCRIPTION["components"]}
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


VALIDATORS = {row.path: validator(row) for row in QUERIES}


@EACH
def test_it_is_found_in_both_forms_of_its_path(row: Endpoint) -> None:
    assert endpoint_at(row.path) is endpoint_at(row.path + "/") is row
    assert endpoint_at(row.path + "/x") is None


OF_THE_LOCKS = ("400", "401", "403", "421", "429", "503")
"""How any operation may be refused before it is looked at."""


@EACH
def test_it_is_described(row: Endpoint) -> None:
    described = DESCRIPTION["paths"][row.path]["get"]
    assert described["summary"] == row.summary
    assert set(described["responses"]) == {"200", *row.refusals, *OF_THE_LOCKS}
    assert set(described["responses"]["200"]["content"]) == set(row.content)
    parameters = described.get("parameters", [])
    assert [one["name"] for one in parameters] == list(row.params.__struct_encode_fields__)
    for one in parameters:
        assert one["description"]
        assert one["in"] == "query"
        jsonschema.Draft202012Validator.check_schema(one["schema"])


@EACH
def test_without_parameters_it_has_its_defaults(row: Endpoint) -> None:
    defaults = asked(row, b"")
    for one in query_parameters(row):
        field = row.params.__struct_fields__[row.params.__struct_encode_fields__.index(one["name"])]
        assert getattr(defaults, field) == one["schema"].get("default")


@EACH
@pytest.mark.parametrize(
    "query", [b"<b>=1", b"limit=1&limit=1", b"from=%ff", b"\xff", b"&".join(b"a%d=1" % n for n in range(99)), b"=1"]
)
def test_what_is_no_parameter_is_refused_with_what_is(row: Endpoint, query: bytes) -> None:
    with pytest.raises(UnfitError) as told:
        asked(row, query)
    assert "<b>" not in str(told.value)
    for name in row.params.__struct_encode_fields__:
        assert name in str(told.value)


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/api/v1/events", "limit=0", "limit: a whole number from 1 to 500."),
        ("/api/v1/events", "limit=501", "limit: a whole number from 1 to 500."),
        ("/api/v1/events", "limit=ten", "limit: a whole number from 1 to 500."),
        ("/api/v1/events", "limit=1.5", "limit: a whole number from 1 to 500."),
        ("/api/v1/events", "before=0", "before: a whole number from 1"),
        ("/api/v1/history/power", "step=<b>", "step: one of 10s, auto, day, hour, minute."),
        ("/api/v1/history/power", "outlet=CB1", "SERIAL/ID"),
        ("/api/v1/history/energy", "by=week", "by: one of day, hour, month, year."),
        ("/api/v1/export", "format=xml", "format: one of csv, json."),
        ("/api/v1/export", "what=all%00", "what: one of all"),
        ("/api/v1/why", "at=" + "1" * 99, "at: When: ISO 8601"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(path: str, query: str, told: str) -> None:
    row = endpoint_at(path)
    assert row is not None
    with pytest.raises(UnfitError) as error:
        asked(row, query.encode())
    assert told in str(error.value)
    assert "<b>" not in str(error.value)


@EACH_QUERY
def test_answers_fit_their_description(row: Query, reader: SqliteReader) -> None:
    for now in ("2026-05-01T01:00:00", "2026-05-04T00:00:00", "2030-01-01T00:00:00"):
        document = row.answer(sources(reader, now), asked(row, b""))
        VALIDATORS[row.path].validate(msgspec.json.decode(msgspec.json.encode(document)))


@EACH_QUERY
@given(pairs=PAIRS, now=st.sampled_from(["1970-01-01T00:00:00", "2026-05-03T12:00:00", "2199-12-31T00:00:00"]))
@example(pairs=[("from", "1970-01-01"), ("to", "2199-12-31")], now="2199-12-31T00:00:00")
def test_whatever_is_asked_is_answered_or_refused(
    row: Query, reader: SqliteReader, pairs: list[tuple[str, str]], now: str
) -> None:
    query = urlencode(pairs, quote_via=quote, errors="replace").encode("ascii")
    with contextlib.suppress(UnfitError):
        document = row.answer(sources(reader, now), asked(row, query))
        VALIDATORS[row.path].validate(msgspec.json.decode(msgspec.json.encode(document)))


@EACH
@given(query=st.binary(max_size=60))
def test_any_bytes_are_parameters_or_refused(row: Endpoint, query: bytes) -> None:
    with contextlib.suppress(UnfitError):
        assert isinstance(asked(row, query), row.params)
