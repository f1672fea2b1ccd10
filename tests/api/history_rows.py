"""Any row that a memory may have, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from ngair.model.history import (
    METER,
    Bucket,
    EventKind,
    HistoryEvent,
    Row,
    Sample,
    Session,
    SetpointChange,
    Stat,
    Step,
    counters,
    quantities,
)

NUMBERS = st.integers(-(2**40), 2**40)
TIMES = st.integers(0, 4_000_000_000)
SEQS = st.integers(0, 2**50)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
SERIALS = st.text(st.characters(codec="utf-8", exclude_characters="/", min_codepoint=32), min_size=1, max_size=20)
OUTLETS = st.builds("{}/{}".format, SERIALS, st.integers(0, 999))
SERIES = st.just(METER) | OUTLETS
DETAILS = st.dictionaries(TEXTS, st.none() | st.booleans() | NUMBERS | st.floats(-1e9, 1e9) | TEXTS, max_size=4)


@st.composite
def _stats(draw: st.DrawFn) -> Stat:
    values = draw(st.lists(NUMBERS, max_size=4))
    return Stat(len(values), sum(values), min(values), max(values)) if values else Stat()


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    series = draw(SERIES)
    known = st.none() | NUMBERS
    return Sample(
        seq=draw(SEQS),
        at_s=draw(TIMES),
        series=series,
        values=tuple(draw(known) for _ in quantities(series)),
        counters_wh=tuple(draw(known) for _ in counters(series)),
        state=draw(st.none() | st.integers(0, 9)),
    )


@st.composite
def _buckets(draw: st.DrawFn) -> Bucket:
    series = draw(SERIES)
    steps: list[tuple[Step, int]] = [("minute", 60), ("hour", 3600), ("day", 86400)]
    step, length_s = draw(st.sampled_from(steps))
    return Bucket(
        seq=draw(SEQS),
        step=step,
        start_s=draw(TIMES) // length_s * length_s,
        series=series,
        stats=tuple(draw(_stats()) for _ in quantities(series)),
        energy_wh=() if step == "minute" else tuple(draw(NUMBERS) for _ in counters(series)),
        cost_micro=draw(st.none() | NUMBERS),
        covered_s=draw(st.integers(0, length_s)),
    )


ROWS: st.SearchStrategy[Row] = st.one_of(
    _samples(),
    _buckets(),
    st.builds(
        HistoryEvent,
        seq=SEQS,
        at_s=st.floats(0, 4e9),
        kind=st.sampled_from(EventKind),
        subject=TEXTS,
        text=TEXTS,
        detail=DETAILS,
    ),
    st.builds(
        SetpointChange,
        seq=SEQS,
        at_s=st.floats(0, 4e9),
        outlet=OUTLETS,
        before_a=st.none() | st.integers(0, 80),
        setpoint_a=st.integers(0, 80),
        rule=TEXTS,
        fuse=st.none() | TEXTS,
        phase=st.none() | TEXTS,
        text=TEXTS,
    ),
    st.builds(
        Session,
        seq=SEQS,
        outlet=OUTLETS,
        plugged_at_s=TIMES,
        unplugged_at_s=st.none() | TIMES,
        charging_s=st.integers(0, 10**9),
        longest_pause_s=st.integers(0, 10**9),
        pauses=st.integers(0, 10**6),
        energy_wh=NUMBERS,
        cost_micro=st.none() | NUMBERS,
        most_power_w=NUMBERS,
        state=st.integers(0, 9),
        state_since_s=TIMES,
        seen_at_s=TIMES,
        plug_unseen=st.booleans(),
    ),
)
