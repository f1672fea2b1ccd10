"""Which hour, local day and price a moment has, in zones that jump, lie on the half hour, or never change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.history.calendar import QUARTER_S, Calendar
from ngair.model.prices import PriceRange, Prices
from tests.history.box import ZONES, Box, at

ODD_ZONES = (*ZONES, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns"))
minutes = st.integers(0, 1439)
ranges = st.builds(PriceRange, minutes, st.integers(1, 1440), st.integers(-(10**6), 10**7))
prices = st.builds(
    Prices,
    st.just("SEK"),
    st.integers(0, 10**7),
    st.lists(ranges.filter(lambda r: r.from_minute != r.to_minute), max_size=3).map(tuple),
)
moments = st.one_of(
    st.integers(0, 2_000_000_000),
    st.integers(-90_000, 90_000).map(lambda s: int(at("2026-03-29T02:00:00+01:00")) + s),
    st.integers(-90_000, 90_000).map(lambda s: int(at("2026-10-25T02:00:00+01:00")) + s),
)


@given(st.sampled_from(ODD_ZONES), prices, st.lists(moments, min_size=1, max_size=20))
def test_a_moment_has_the_date_and_price_of_its_local_time(zone: ZoneInfo, tariff: Prices, times: list[int]) -> None:
    calendar = Calendar(zone, tariff)
    for at_s in times:
        cell = calendar.cell(at_s)
        assert cell.start_s <= at_s < cell.end_s <= cell.start_s + QUARTER_S
        assert cell.hour_s == at_s - at_s % 3600
        if at_s < at("1990-01-01T00:00:00+00:00"):
            continue  # offsets of seconds and of minutes are of the past
        for moment_s in (cell.start_s, at_s, cell.end_s - 1):
            local = datetime.fromtimestamp(moment_s, zone)
            assert cell.day_s == at(f"{local.date()}T00:00:00+00:00")
            assert cell.micro_per_kwh == tariff.at(local.hour * 60 + local.minute)


@given(
    st.sampled_from(ODD_ZONES),
    prices,
    moments,
    st.one_of(st.integers(0, 100), st.integers(0, 200_000)),
    st.integers(0, 10**6),
)
def test_parts_of_an_amount_are_whole_and_even(
    zone: ZoneInfo, tariff: Prices, start_s: int, span_s: int, amount: int
) -> None:
    parts = list(Calendar(zone, tariff).spread(amount, start_s, start_s + span_s))
    assert sum(part for _, part in parts) == amount
    starts = [cell.start_s for cell, _ in parts]
    assert starts == sorted(set(starts))
    for cell, part in parts:
        overlap_s = min(cell.end_s, start_s + span_s) - max(cell.start_s, start_s)
        assert span_s == 0 or abs(part - amount * overlap_s / span_s) <= 1


@pytest.mark.parametrize("years", [2, 50])
def test_energy_is_spread_over_a_year_at_most(years: int) -> None:
    box = Box(at("1975-01-01T00:00:00+00:00"))
    box.read(1_000_000)
    box.flush()
    box.kill(timedelta(days=365 * years).total_seconds())
    box.read(2_000_000)
    box.stop()
    hours = [key for key, energy in box.kept.energy_wh.items() if key[0] == "hour" and energy[0]]
    assert len(hours) <= 366 * 24 + 1
    assert box.kept.counters["import"].booked_wh == 1_000_000
    box.kept.balance()
