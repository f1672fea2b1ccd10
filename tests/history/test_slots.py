"""Readings at any cadence become samples and minutes: each counts once, a peak is not lost, a gap is a gap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ngair.history.scale import register_wh, whole
from ngair.history.slots import Slots
from ngair.model.history import METER, METER_QUANTITIES, Sample, Stat

Values = tuple[int | None, ...]
START = 1_767_225_600


def values(power_w: int | None) -> Values:
    return (power_w, *[None] * (len(METER_QUANTITIES) - 1))


def powers(samples: list[Sample]) -> dict[int, int | None]:
    return {sample.at_s - START: sample.values[0] for sample in samples}


def test_a_sample_is_the_mean_of_its_ten_seconds_and_a_minute_keeps_the_peak() -> None:
    slots = Slots(METER)
    for second in range(60):
        slots.add(values(9000 if second == 33 else 1000), (second, None), START + second, 15)
    samples, minutes = slots.take(START + 60)
    assert powers(samples) == {0: 1000, 10: 1000, 20: 1000, 30: 1800, 40: 1000, 50: 1000}
    assert samples[-1].counters_wh == (59, None)
    assert minutes[START].tally.stats()[0] == Stat(60, 68_000, 1000, 9000)
    assert minutes[START].tally.stats()[1] == Stat()
    assert minutes[START].covered_s == 60


def test_half_a_unit_is_rounded_up() -> None:
    slots = Slots(METER)
    for power_w in (1, 2):
        slots.add(values(power_w), (None, None), START, 15)
    assert powers(slots.take(START + 10)[0]) == {0: 2}


def test_a_slot_that_a_slow_meter_skips_gets_the_last_reading_while_it_is_fresh() -> None:
    slots = Slots(METER)
    slots.add(values(1), (None, None), START + 9.9, 30)
    slots.add(values(2), (None, None), START + 20.1, 30)
    slots.add(values(3), (None, None), START + 100, 30)
    samples, minutes = slots.take(START + 110)
    assert powers(samples) == {0: 1, 10: 1, 20: 2, 30: 2, 40: 2, 50: 2, 100: 3}
    assert sum(minute.tally.stats()[0].n for minute in minutes.values()) == 3
    assert minutes[START].covered_s == 50 - 9
    assert minutes[START + 60].covered_s == 10


def test_a_late_reading_opens_no_slot_that_was_given_away() -> None:
    slots = Slots(METER)
    slots.add(values(1), (None, None), START + 55, 30)
    first, _ = slots.take(START + 60.1)
    slots.add(values(5), (None, None), START + 59.9, 30)
    second, _ = slots.take(START + 70)
    assert powers(first) == {50: 1}
    assert powers(second) == {60: 5}


def test_time_that_repeats_opens_its_slots_again() -> None:
    slots = Slots(METER)
    slots.add(values(1), (None, None), START + 3605, 30)
    slots.break_off()
    slots.add(values(2), (None, None), START + 5, 30)
    samples, minutes = slots.take(START + 10)
    assert powers(samples) == {3600: 1, 0: 2}
    assert set(minutes) == {START, START + 3600}


readings = st.lists(
    st.tuples(st.floats(0, 90), st.one_of(st.none(), st.integers(-5, 20_000)), st.booleans(), st.integers(15, 60))
)


@given(readings)
def test_each_reading_counts_once_and_time_is_covered_once(told: list[tuple[float, int | None, bool, int]]) -> None:
    slots, at_s = Slots(METER), float(START)
    taken: list[Sample] = []
    counted: list[int | None] = []
    covered: dict[int, int] = {}
    n = total = 0
    for gap_s, power_w, takes, fresh_for_s in told:
        at_s += gap_s
        slots.add(values(power_w), (None, None), at_s, fresh_for_s)
        counted.append(power_w)
        for instant_s in (at_s,) if takes else ():
            samples, minutes = slots.take(instant_s)
            taken += samples
            for start_s, minute in minutes.items():
                stat = minute.tally.stats()[0]
                n, total = n + stat.n, total + stat.total
                covered[start_s] = covered.get(start_s, 0) + minute.covered_s
    slots.break_off()
    samples, minutes = slots.take(at_s)
    taken += samples
    for start_s, minute in minutes.items():
        stat = minute.tally.stats()[0]
        n, total = n + stat.n, total + stat.total
        covered[start_s] = covered.get(start_s, 0) + minute.covered_s
    known = [power_w for power_w in counted if power_w is not None]
    assert (n, total) == (len(known), sum(known))
    assert len({sample.at_s for sample in taken}) == len(taken)
    assert all(sample.at_s % 10 == 0 for sample in taken)
    assert all(0 <= seconds <= 60 for seconds in covered.values())
    assert sum(covered.values()) <= at_s - START + 1


def test_what_cannot_be_is_unknown() -> None:
    for odd in (float("nan"), float("inf"), -float("inf"), 1e300, None):
        assert whole(odd) is None
        assert register_wh(odd) is None
    assert (whole(1.5, 1000), whole(230.14, 10), register_wh(7.99), register_wh(-1)) == (1500, 2301, 7, None)
