"""Two batches as one, for when the first could not be written before the second came."""

from __future__ import annotations

from ngair.model.history import Batch, Bucket, Stat
from ngair.model.limits import HISTORY_PENDING_EVENTS_MAX, HISTORY_PENDING_SAMPLES_MAX, SAMPLE_S

MINUTES_MAX = HISTORY_PENDING_SAMPLES_MAX * SAMPLE_S // 60
"""Minutes that are held: of the same time as the samples."""


def merge(first: Batch, second: Batch) -> Batch:
    """What writing both, one after the other, would leave. Beyond the bounds the oldest samples, minutes, events and
    setpoint changes are left out; hours, days, counters and sessions never are.

    Merging more than two gives the same in whatever order they are put together.
    """
    return Batch(
        samples=(first.samples + second.samples)[-HISTORY_PENDING_SAMPLES_MAX:],
        buckets=_buckets(first.buckets + second.buckets),
        counters=tuple({c.name: c for c in first.counters + second.counters}.values()),
        events=(first.events + second.events)[-HISTORY_PENDING_EVENTS_MAX:],
        setpoints=(first.setpoints + second.setpoints)[-HISTORY_PENDING_EVENTS_MAX:],
        sessions=tuple({(s.outlet, s.plugged_at_s): s for s in first.sessions + second.sessions}.values()),
    )


def add(first: Bucket, second: Bucket) -> Bucket:
    """Two of the same step, begin and series."""
    return Bucket(
        step=first.step,
        start_s=first.start_s,
        series=first.series,
        stats=tuple(add_stats(a, b) for a, b in zip(first.stats, second.stats, strict=True)),
        energy_wh=_sums(first.energy_wh, second.energy_wh),
        cost_micro=_known_sum(first.cost_micro, second.cost_micro),
        covered_s=first.covered_s + second.covered_s,
    )


def add_stats(first: Stat, second: Stat) -> Stat:
    """Values of both."""
    if not first.n or not second.n:
        return first if first.n else second
    return Stat(
        first.n + second.n,
        first.total + second.total,
        _least(first.least, second.least),
        _most(first.most, second.most),
    )


def _buckets(buckets: tuple[Bucket, ...]) -> tuple[Bucket, ...]:
    """Each once, in order of time: what is kept of minutes must not depend on the order in which they came."""
    sums: dict[tuple[str, int, str], Bucket] = {}
    for bucket in buckets:
        key = (bucket.step, bucket.start_s, bucket.series)
        before = sums.get(key)
        sums[key] = bucket if before is None else add(before, bucket)
    minutes = sorted(key for key in sums if key[0] == "minute")[-MINUTES_MAX:]
    others = sorted(key for key in sums if key[0] != "minute")
    return tuple(sums[key] for key in (*minutes, *others))


def _sums(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    if not first or not second:
        return first or second
    return tuple(a + b for a, b in zip(first, second, strict=True))


def _known_sum(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _least(first: int | None, second: int | None) -> int | None:
    return min((v for v in (first, second) if v is not None), default=None)


def _most(first: int | None, second: int | None) -> int | None:
    return max((v for v in (first, second) if v is not None), default=None)
