"""The token of changes: told to the box's own page and to programs, another one each time, compared whole."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.http.token import HEADER, carries, new_token
from tests.adapters.http.serving import Serving
from tests.adapters.http.wire import is_problem

TOKEN = "0123456789abcdef" * 2


def test_nobody_guesses_it() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_nothing_else_is_taken_for_it(values: list[bytes]) -> None:
    headers = [(HEADER, value) for value in values]
    assert carries(headers, TOKEN) is (values == [TOKEN.encode()])
    assert carries([*headers, (HEADER, TOKEN.encode())], TOKEN) is (not values)


@pytest.mark.parametrize("path", ["/api/v1/token", "/api/v1/token/"])
def test_it_is_told(server: Serving, path: str) -> None:
    with server.wire() as wire:
        answer = wire.ask(path)
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert re.fullmatch("[0-9a-f]{32}", msgspec.json.decode(answer.body)["token"])
        assert wire.ask(path).body == answer.body, "it stays for as long as the box runs"
        assert wire.ask(path, "HEAD").body == b""
        own = b"Sec-Fetch-Site: same-origin"
        assert wire.ask(path, "GET", b"Origin: http://127.0.0.1", own).status == 200


@pytest.mark.parametrize("header", [b"Origin: http://evil.example", b"Origin: null", b"Sec-Fetch-Site: same-site"])
def test_it_is_not_told_to_pages_of_others(server: Serving, header: bytes) -> None:
    with server.wire() as wire:
        assert is_problem(wire.ask("/api/v1/token", "GET", header), 403)
