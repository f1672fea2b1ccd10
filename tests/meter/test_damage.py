"""Whatever a line does to one telegram of any family, no wrong value comes of it, and the next good one is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.meter.examples import Example, as_text, examples
from tests.meter.telegrams import accepted

CHECKED = [pytest.param(example, id=example.name) for example in examples() if example.expected.checked]
END_BYTES = 6
"""A flag, or the check sum of an ASCII telegram with its CR and LF; without it the telegram looks like one of a meter
that sends none, which needs another that agrees before anybody acts on it."""
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
    assert readings[-2:] == [example.expected_text] * 2
    if len(readings) > 2:
        # What it lost is its end alone: the next one ends it, though perhaps without its check.
        assert cut >= len(data) - END_BYTES
        assert [unmarked(reading) for reading in readings[:-2]] == [unmarked(example.expected_text)]


@pytest.mark.parametrize("example", ALL)
@given(garbage=st.binary(max_size=300))
def test_garbage_before_it_costs_nothing(example: Example, garbage: bytes) -> None:
    readings = [as_text(telegram.reading) for telegram in accepted(example.decoded(garbage + example.data))]
    assert readings[-1:] == [example.expected_text]


def unmarked(reading: str) -> str:
    """A reading without whether it was checked."""
    return reading.replace('"checked": true', '"checked": false')
