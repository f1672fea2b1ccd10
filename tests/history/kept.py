"""What a store keeps, as dictionaries: batches are added up by the words of `Batch` and `Bucket`, by other code."""

from __future__ import annotations

from ngair.model.history import (
    METER,
    Batch,
    Bucket,
    Counter,
    EventKind,
    HistoryEvent,
    Remembered,
    Sample,
    Session,
    SetpointChange,
    counters,
)

Gain = list[tuple[int, int, int | None, int | None]]


class Kept:
    """Everything that was written."""

    def __init__(self) -> None:
        self.samples: dict[tuple[int, str], Sample] = {}
        self.stats: dict[tuple[str, int, str], Gain] = {}
        self.energy_wh: dict[tuple[str, int, str], list[int]] = {}
        self.cost_micro: dict[tuple[str, int, str], int | None] = {}
        self.covered_s: dict[tuple[str, int, str], int] = {}
        self.counters: dict[str, Counter] = {}
        self.events: list[HistoryEvent] = []
        self.setpoints: list[SetpointChange] = []
        self.sessions: dict[tuple[str, int], Session] = {}
        self.last_at_s: float | None = None

    def write(self, batch: Batch | None) -> None:
        """Add a batch."""
        if batch is None:
            return
        assert not batch.is_empty
        for sample in batch.samples:
            self.samples[sample.at_s, sample.series] = sample
        for bucket in batch.buckets:
            self._add(bucket)
        for counter in batch.counters:
            assert counter.value_wh == counter.first_wh + counter.booked_wh + counter.jumped_wh
            self.counters[counter.name] = counter
        self.events += batch.events
        self.setpoints += batch.setpoints
        for session in batch.sessions:
            self.sessions[session.outlet, session.plugged_at_s] = session
        times = [float(sample.at_s) for sample in batch.samples] + [event.at_s for event in batch.events]
        self.last_at_s = max([*times, self.last_at_s or 0.0], default=None) or None

    def remembered(self) -> Remembered:
        """What a program that starts now is told."""
        return Remembered(
            counters=tuple(self.counters.values()),
            sessions=tuple(s for s in self.sessions.values() if s.unplugged_at_s is None),
            begins=tuple(self.sessions),
            setpoints=tuple({change.outlet: change for change in self.setpoints}.values()),
            last_event=self.events[-1] if self.events else None,
            last_at_s=self.last_at_s,
        )

    def total_wh(self, step: str, series: str = METER, place: int = 0) -> int:
        """Energy of all buckets of a step."""
        return sum(energy[place] for key, energy in self.energy_wh.items() if key[0] == step and key[2] == series)

    def count(self, step: str, quantity: int = 0, series: str = METER) -> int:
        """How many values went into the buckets of a step."""
        return sum(gain[quantity][0] for key, gain in self.stats.items() if key[0] == step and key[2] == series)

    def kinds(self) -> list[EventKind]:
        """Of the events, in their order."""
        return [event.kind for event in self.events]

    def balance(self) -> None:
        """The books: hours and days hold what the counters say was booked, to the Wh."""
        for counter in self.counters.values():
            series, place = (METER, 0) if counter.name == "import" else (METER, 1)
            if counter.name not in ("import", "export"):
                series, place = counter.name, 0
            assert self.total_wh("hour", series, place) == counter.booked_wh
            assert self.total_wh("day", series, place) == counter.booked_wh

    def _add(self, bucket: Bucket) -> None:
        key = (bucket.step, bucket.start_s, bucket.series)
        assert len(bucket.energy_wh) == (0 if bucket.step == "minute" else len(counters(bucket.series)))
        new: Gain = [(s.n, s.total, s.least, s.most) for s in bucket.stats]
        old = self.stats.get(key, [(0, 0, None, None)] * len(new))
        self.stats[key] = [
            (
                a[0] + b[0],
                a[1] + b[1],
                min((v for v in (a[2], b[2]) if v is not None), default=None),
                max((v for v in (a[3], b[3]) if v is not None), default=None),
            )
            for a, b in zip(old, new, strict=True)
        ]
        if bucket.energy_wh:
            before = self.energy_wh.get(key, [0] * len(bucket.energy_wh))
            self.energy_wh[key] = [a + b for a, b in zip(before, bucket.energy_wh, strict=True)]
        costs = [c for c in (self.cost_micro.get(key), bucket.cost_micro) if c is not None]
        self.cost_micro[key] = sum(costs) if costs else None
        self.covered_s[key] = self.covered_s.get(key, 0) + bucket.covered_s
