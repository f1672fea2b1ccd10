"""Merging batches is writing them one after the other, in whatever order they are put together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.history.merging import MINUTES_MAX, merge
from ngair.model.history import (
    METER,
    METER_QUANTITIES,
    OUTLET_QUANTITIES,
    Batch,
    Bucket,
    Counter,
    EventKind,
    HistoryEvent,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
)
from ngair.model.limits import HISTORY_PENDING_EVENTS_MAX, HISTORY_PENDING_SAMPLES_MAX
from tests.history.kept import Kept

OUTLET = "CHARGER1/1"
WIDTH = {METER: len(METER_QUANTITIES), OUTLET: len(OUTLET_QUANTITIES)}


@st.composite
def _stat(draw: st.DrawFn) -> Stat:
    known = draw(st.lists(st.integers(-5, 30_000), max_size=3))
    return Stat(len(known), sum(known), min(known, default=None), max(known, default=None))


steps: st.SearchStrategy[Step] = st.sampled_from(("minute", "hour", "day"))


@st.composite
def _bucket(draw: st.DrawFn) -> Bucket:
    series = draw(st.sampled_from((METER, OUTLET)))
    step = draw(steps)
    books = 0 if step == "minute" else 2 if series == METER else 1
    return Bucket(
        step=step,
        start_s=draw(st.integers(0, 3)) * 86_400,
        series=series,
        stats=tuple(draw(_stat()) for _ in range(WIDTH[series])),
        energy_wh=tuple(draw(st.lists(st.integers(0, 900), min_size=books, max_size=books))),
        cost_micro=None if step == "minute" else draw(st.one_of(st.none(), st.integers(-10, 10**6))),
        covered_s=draw(st.integers(0, 60)),
    )


def _sample(at_s: int, power_w: int | None = None) -> Sample:
    return Sample(at_s=at_s * 10, series=METER, values=(power_w,) * WIDTH[METER], counters_wh=(power_w, None))


def _event(n: int) -> HistoryEvent:
    return HistoryEvent(at_s=n, kind=EventKind.FAULT, subject=f"s{n}", text="")


def _setpoint(n: int) -> SetpointChange:
    return SetpointChange(at_s=n, outlet=OUTLET, before_a=None, setpoint_a=n, rule="free", text="")


def _counter(n: int) -> Counter:
    return Counter(name="import", device="", first_wh=0, value_wh=n, at_s=n, booked_wh=n)


def _session(n: int) -> Session:
    return Session(outlet=OUTLET, plugged_at_s=n % 2, energy_wh=n)


batches = st.builds(
    Batch,
    samples=st.lists(st.builds(_sample, st.integers(0, 5), st.one_of(st.none(), st.integers(0, 9))), max_size=3).map(
        tuple
    ),
    buckets=st.lists(_bucket(), max_size=3).map(tuple),
    counters=st.lists(st.builds(_counter, st.integers(0, 9)), max_size=2).map(tuple),
    events=st.lists(st.builds(_event, st.integers(0, 9)), max_size=3).map(tuple),
    setpoints=st.lists(st.builds(_setpoint, st.integers(6, 16)), max_size=3).map(tuple),
    sessions=st.lists(st.builds(_session, st.integers(0, 9)), max_size=2).map(tuple),
)


@given(st.lists(batches, min_size=1, max_size=4))
def test_it_is_the_same_as_writing_both(parts: list[Batch]) -> None:
    apart, together = Kept(), Kept()
    merged = Batch()
    for part in parts:
        if not part.is_empty:
            apart.write(part)
        merged = merge(merged, part)
    if not merged.is_empty:
        together.write(merged)
    assert vars(apart) == vars(together)


@given(batches, batches, batches)
def test_the_order_of_merging_does_not_matter(one: Batch, two: Batch, three: Batch) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


_BOTH: tuple[Step, ...] = ("minute", "hour")


def _long(n: int, first_s: int) -> Batch:
    """More than the bounds allow, by itself or with another."""
    return Batch(
        samples=tuple(_sample(first_s + i) for i in range(n)),
        buckets=tuple(
            Bucket(step=step, start_s=(first_s + i) * 60, series=METER, stats=(Stat(1, i, i, i),) * WIDTH[METER])
            for i in range(n)
            for step in _BOTH
        ),
        events=tuple(_event(first_s + i) for i in range(n)),
        setpoints=tuple(_setpoint(first_s + i) for i in range(n)),
    )


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 500)), min_size=3, max_size=3))
def test_it_is_bounded_and_keeps_every_hour(sizes: list[tuple[int, int]]) -> None:
    one, two, three = (_long(n, first_s) for n, first_s in sizes)
    left, right = merge(merge(one, two), three), merge(one, merge(two, three))
    assert left == right
    assert len(left.samples) == min(HISTORY_PENDING_SAMPLES_MAX, sum(n for n, _ in sizes))
    assert len(left.events) == len(left.setpoints) == min(HISTORY_PENDING_EVENTS_MAX, sum(n for n, _ in sizes))
    minutes = [bucket.start_s for bucket in left.buckets if bucket.step == "minute"]
    hours = sum(bucket.stats[0].n for bucket in left.buckets if bucket.step == "hour")
    every = {(first_s + i) * 60 for n, first_s in sizes for i in range(n)}
    assert minutes == sorted(every)[-MINUTES_MAX:]
    assert hours == sum(n for n, _ in sizes)
