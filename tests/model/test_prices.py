"""Prices as owners write them, and which one holds at a moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.prices import PRICES, RANGES_MAX, PriceRange, Prices, read_prices

EVENING = 22 * 60
MORNING = 6 * 60


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("1.95 SEK", Prices("SEK", 1_950_000)),
        ("0 €", Prices("€", 0)),
        ("-0.000001 kr", Prices("kr", -1)),
        ("  2   kr. ", Prices("kr.", 2_000_000)),
        ("1.95 SEK 22-06=1.20", Prices("SEK", 1_950_000, (PriceRange(EVENING, MORNING, 1_200_000),))),
        ("1 EUR 7:30-24=-0.5", Prices("EUR", 1_000_000, (PriceRange(450, 1440, -500_000),))),
        ("1000000 SEK", Prices("SEK", 10**12)),
    ],
)
def test_what_owners_write(text: str, prices: Prices) -> None:
    assert read_prices(text) == prices


@pytest.mark.parametrize(
    "text",
    [
        *("", "SEK", "1.95", "1,95 SEK", "SEK 1.95", "1.95 crowns", "1.95 <b>", "1000001 SEK", "1e3 SEK", "nan SEK"),
        *("1 SEK 22=1", "1 SEK 22-25=1", "1 SEK 24-6=1", "1 SEK 6-6=1", "1 SEK 22:60-6=1", "1 SEK 22-6", "1 SEK 22-6="),
        *("1 SEK 22-6=1.2.3", "1 SEK 22-6=-", "٥ SEK", "1 SEK ٢٢-6=1", "1.0000001 SEK", "1 SEK" + " 22-6=1" * 25),
    ],
)
def test_what_is_no_price_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_prices(text)
    assert str(refused.value) == PRICES


@pytest.mark.parametrize(
    ("minute", "micro"),
    [(0, 1_200_000), (MORNING - 1, 1_200_000), (MORNING, 1_950_000), (EVENING - 1, 1_950_000), (EVENING, 1_200_000)],
)
def test_a_range_over_midnight(minute: int, micro: int) -> None:
    assert read_prices("1.95 SEK 22-06=1.20").at(minute) == micro


def test_a_range_until_midnight() -> None:
    prices = read_prices("2 SEK 20-24=1")
    assert [prices.at(minute) for minute in (0, 20 * 60 - 1, 20 * 60, 1439)] == [2_000_000, 2_000_000, 10**6, 10**6]


def test_the_first_of_ranges_that_hold_counts() -> None:
    assert read_prices("3 SEK 6-12=2 10-14=1").at(11 * 60) == 2_000_000


@given(st.integers(0, 1439), st.integers(1, 1440).filter(lambda end: end > 0), st.integers(0, 1439))
def test_a_range_holds_for_its_minutes_alone(start: int, end: int, minute: int) -> None:
    if start == end:
        return
    text = f"5 SEK {start // 60}:{start % 60:02d}-{end // 60}:{end % 60:02d}=1"
    within = (minute - start) % 1440 < (end - start) % 1440 or (end - start) % 1440 == 0
    assert read_prices(text).at(minute) == (1_000_000 if within else 5_000_000)


@given(st.text(max_size=40))
def test_any_text_is_prices_or_refused(text: str) -> None:
    prices = prices_or_refusal(text)
    if isinstance(prices, str):
        assert prices == PRICES
    else:
        assert len(prices.ranges) <= RANGES_MAX
        assert isinstance(prices.at(0), int)


def prices_or_refusal(text: str) -> Prices | str:
    try:
        return read_prices(text)
    except ValueError as refused:
        return str(refused)
