"""Versions are in the order in which installers have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from ngair.device.image.version import is_older, order

NUMBERS = st.integers(0, 12).map(str)
VERSIONS = st.builds(
    "".join,
    st.tuples(
        st.lists(NUMBERS, min_size=1, max_size=4).map(".".join),
        st.just("") | st.builds("{}{}".format, st.sampled_from(["a", "b", "rc"]), NUMBERS),
        st.just("") | NUMBERS.map(".dev{}".format),
    ),
)


@given(VERSIONS, VERSIONS)
def test_the_order_is_that_of_installers(one: str, other: str) -> None:
    assert is_older(one, other) == (Version(one) < Version(other))
    assert (order(one) == order(other)) == (Version(one) == Version(other))


@pytest.mark.parametrize(
    ("older", "newer"),
    [("0.9.9", "0.10"), ("1.0.dev3", "1.0a1"), ("1.0a1.dev1", "1.0a1"), ("1.0rc2", "1.0"), ("1.0", "1.0.1")],
)
def test_what_came_before(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1",
        "1.",
        ".1",
        "1..2",
        "1.0-1",
        "1.0+local",
        "1!2",
        "1.0.post1",
        "1.0a",
        "１.0",
        "1.0\n",
        "9" * 10,
        "1." * 9 + "1",
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a version is numbers"):
        order(text)


@given(st.text(max_size=60))
def test_any_text_is_a_version_or_refused(text: str) -> None:
    try:
        order(text)
    except ValueError:
        return
    Version(text)
