"""Sub-fuses: a tree of fuses as people write it, and what no tree is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.limits import FUSES_MAX
from ngair.model.rules import Fuse
from ngair.model.sub_fuses import checked_tree, sub_fuse


def test_a_fuse_with_everything() -> None:
    written = "garage?rating=20,20,16&under=house&chargers=CB01,CB02/2&power_max_w=11000&reserve_a=2"
    fuse = Fuse(
        name="garage",
        rating_a=(20, 20, 16),
        under="house",
        chargers=("CB01", "CB02/2"),
        power_max_w=11000,
        reserve_a=(2, 2, 2),
    )
    assert sub_fuse(written) == fuse
    table = {"name": "garage", "rating": [20, 20, 16], "under": "house", "chargers": ["CB01", "CB02/2"]}
    assert sub_fuse(table | {"power_max_w": 11000, "reserve_a": 2}) == fuse


def test_the_url_of_a_meter_keeps_its_own_options() -> None:
    assert sub_fuse("shed?rating=16&meter=file:///a.txt?speed=2%26loop=1").meter == "file:///a.txt?speed=2&loop=1"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("garage?rating=20&colour=red", "'colour' is no option"),
        ("garage?rating=500", r"rating='500': A a phase from 1 to 200"),
        ("garage?chargers=CB01", "a name and a rating"),
        ({"name": "garage", "rating": 20, "chargers": "CB01/3"}, "SERIAL/OUTLET with outlet 1 or 2"),
        ("garage?rating=20&reserve_a=2&meter=tcp://192.0.2.7:1", "not both"),
    ],
)
def test_what_is_wrong_is_told(raw: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        sub_fuse(raw)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a?rating=9&under=b"], "a is under b, which there is not"),
        (["a?rating=9&under=b", "b?rating=9&under=a"], "under itself"),
        (["a?rating=9&under=a"], "under itself"),
        (["a?rating=9", "a?rating=8"], "each name once"),
        (["main?rating=9"], "none is main"),
        (["a?rating=9&chargers=CB01", "b?rating=9&chargers=CB01"], "CB01 hangs at two fuses"),
        (["a?rating=9&chargers=CB01", "b?rating=9&chargers=CB01/2"], "CB01/2 hangs at two fuses"),
        ([f"a{number}?rating=9" for number in range(FUSES_MAX + 1)], f"at most {FUSES_MAX}"),
    ],
)
def test_what_makes_no_tree_is_told(texts: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        checked_tree([sub_fuse(text) for text in texts])


def test_a_tree_in_any_order() -> None:
    checked_tree([sub_fuse(text) for text in ("a?rating=9&under=b", "b?rating=9&under=c", "c?rating=9")])


@given(st.text() | st.dictionaries(st.text(), st.text()) | st.none() | st.integers())
def test_anything_is_a_fuse_or_told(raw: object) -> None:
    try:
        fuse = sub_fuse(raw)
    except ValueError:
        return
    assert fuse.under
