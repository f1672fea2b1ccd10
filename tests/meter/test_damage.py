"""Whatever a line does to one telegram of any family, no wrong value comes of it, and the next good one is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.meter.examples import Example, as_text, examples
from tests.meter.telegrams import accepted

CHECKED = [pytest.param(example, id=example.name) for example in examples() if example.expected.checked]
END_BYTES = 2
"""CR and LF, or a flag: what the next telegram begins with ends this one as well."""
ALL = [pytest.param(example, id=example.name) for example in examples()]


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, int, int]:
    """What happens, where (as a share of the telegram in 1/65536), and a number for how."""
    kind = draw(st.sampled_from(["bit", "byte", "drop", "double"]))
    return kind, draw(st.integers(0, 65535)), draw(st.integers(0, 255))


def damaged(data: bytes, damage: tuple[str, int, int]) -> bytes:
    """One bit flipped, or one byte changed, dropped or doubled."""
    kind, share, how = damage
    at = share * len(data) >> 16
    byte = data[at]
    middle = {
        "bit": bytes([byte ^ 1 << how % 8]),
        "byte": bytes([how]),
        "drop": b"",
        "double": bytes([byte, byte]),
    }[kind]
    return data[:at] + middle + data[at + 1 :]


@pytest.mark.parametrize("example", CHECKED)
@given(damage=damages())
def test_one_damage_never_gives_a_wrong_value(example: Example, damage: tuple[str, int, int]) -> None:
    out = example.decoded(damaged(example.data, damage))
    assert [as_text(telegram.reading) for telegram in accepted(out)] in ([], [example.expected_text])


@pytest.mark.parametrize("example", CHECKED)
@given(damage=damages())
def test_the_telegram_behind_a_damaged_one_is_read(example: Example, damage: tuple[str, int, int]) -> None:
    data = example.data
    readings = [as_text(telegram.reading) for telegram in accepted(example.decoded(damaged(data, damage) + data))]
    assert readings in ([example.expected_text], [example.expected_text] * 2)


@pytest.mark.parametrize("example", ALL)
@given(share=st.integers(0, 65535))
def test_a_telegram_that_the_next_one_cuts_costs_itself_alone(example: Example, share: int) -> None:
    data = example.data
    cut = share * len(data) >> 16
    readings = [as_text(telegram.reading) for telegram in accepted(example.decoded(data[:cut] + data + data))]
    complete_but_for_its_end = cut >= len(data) - END_BYTES
    assert readings in ([example.expected_text] * 2, [example.expected_text] * (2 + complete_but_for_its_end))


@pytest.mark.parametrize("example", ALL)
@given(garbage=st.binary(max_size=300))
def test_garbage_before_it_costs_nothing(example: Example, garbage: bytes) -> None:
    readings = [as_text(telegram.reading) for telegram in accepted(example.decoded(garbage + example.data))]
    assert readings[-1:] == [example.expected_text]
