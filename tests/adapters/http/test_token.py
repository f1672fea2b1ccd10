"""Tokens: stand for a password that was proven; bounded in number and in time."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.http.token import HEADER, Tokens, carried
from ngair.model.limits import TOKEN_IDLE_S, TOKENS_MAX


def test_nobody_guesses_one() -> None:
    tokens = Tokens()
    issued = {tokens.issue(0) for _ in range(1000)}
    assert len(issued) == 1000
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in issued)


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_nothing_else_is_taken_for_one(values: list[bytes]) -> None:
    tokens = Tokens()
    token = tokens.issue(0).encode()
    assert not any(tokens.holds(value, 0) for value in values)
    headers = [(HEADER, value) for value in values]
    assert carried(headers) == (values[0] if len(values) == 1 else None)
    assert carried([*headers, (HEADER, token)]) == (None if values else token)
    assert tokens.holds(token, 0)


def test_one_that_nobody_uses_ends() -> None:
    tokens = Tokens()
    used, unused = tokens.issue(0).encode(), tokens.issue(0).encode()
    assert tokens.holds(used, TOKEN_IDLE_S)
    assert tokens.holds(used, 2 * TOKEN_IDLE_S)
    assert not tokens.holds(unused, TOKEN_IDLE_S + 1)
    assert not tokens.holds(unused, 0)


def test_the_longest_unused_goes_when_there_are_too_many() -> None:
    tokens = Tokens()
    first, second = tokens.issue(0).encode(), tokens.issue(1).encode()
    assert tokens.holds(first, 2)
    others = [tokens.issue(3 + number).encode() for number in range(TOKENS_MAX - 1)]
    assert not tokens.holds(second, 100)
    assert all(tokens.holds(token, 100) for token in (first, *others))


def test_they_can_be_dropped() -> None:
    tokens = Tokens()
    issued = [tokens.issue(0).encode() for _ in range(3)]
    tokens.drop(issued[0])
    tokens.drop(b"\xff")
    assert [tokens.holds(token, 0) for token in issued] == [False, True, True]
    tokens.drop_all()
    assert not any(tokens.holds(token, 0) for token in issued)
