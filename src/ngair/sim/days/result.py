"""What a house-day came to, and many of them together."""

from __future__ import annotations

import msgspec

WORST_DAYS = 10


class Trips(msgspec.Struct, frozen=True):
    """Openings of what may stand as the main fuse; `protection` says by which curves."""

    gg: int = 0
    b: int = 0
    c: int = 0


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    """One house-day. Hours are car-hours: two cars that want more for an hour count two."""

    day: int
    fuse_a: int
    cars: tuple[str, ...]
    """Their kinds, with the number of phases that they draw on."""
    meter: str
    cadence_s: int
    """Of the meter."""
    faults: bool
    kwh: float
    """Charged in the seconds that count: a car wants more, and the optimum would not have filled it yet."""
    kwh_optimum: float
    """The most that any controller could have charged in the same seconds."""
    kwh_fair: float
    """The most that one could have charged that shares max-min fairly; the same with one car at a time."""
    ratio: float | None
    """`kwh` of `kwh_optimum`; `None` where no car wanted any."""
    wanting_hours: float
    """In which a car was plugged in and wanted more."""
    counted_hours: float
    """Of these the hours that count for the energy."""
    limited_hours: float
    """Of these the hours in which the fuse was the limit."""
    limited_kwh: float
    limited_kwh_optimum: float
    trips: int
    trips_of: Trips
    wear: float
    """How near the quickest device came to opening; 1 is the limit."""
    seconds_over: int
    """In which any phase was over the fuse."""
    depth_a: float
    """The most by which it was."""
    ampere_seconds_over: float
    """Over the fuse, all phases together."""
    changes: int
    """Of setpoints of cars that wanted more."""
    stops: int
    """Of these from a current to 0."""
    changes_per_hour: float
    stops_per_hour: float
    full_after_s: tuple[int | None, ...]
    """For each time a car was plugged in: until the cars together drew nine tenths of what the optimum gave."""
    fairness: float | None
    """Jain's index of the mean currents of cars while several want more; 1 is equal. `None` with one at a time."""
    decisions: int
    rejected: int
    reasons: dict[str, int]
    """Car-seconds that each rule held a setpoint while its car wanted more."""
    bytes_equal: bool | None = None
    """Whether the day came out the same through true telegram bytes; `None` where it was not tried."""


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Many house-days together."""

    days_done: int
    kwh: float
    kwh_optimum: float
    kwh_fair: float
    ratio: float | None
    ratio_fair: float | None
    """`kwh` of `kwh_fair`."""
    wanting_hours: float
    counted_hours: float
    limited_hours: float
    limited_share: float | None
    """Of the hours that count, those in which the fuse was the limit."""
    limited_kwh: float
    limited_kwh_optimum: float
    limited_ratio: float | None
    trips: int
    trips_of: Trips
    seconds_over: int
    depth_a: float
    ampere_seconds_over: float
    changes_per_hour: float
    stops_per_hour: float
    full_after_s: float | None
    """Median."""
    never_full: int
    """Times a car was plugged in and left, or was full, before the cars drew what was to be had."""
    fairness: float | None
    """Mean over the days with several cars at once."""
    bytes_days: int
    """Days tried through true bytes too."""
    bytes_days_equal: int


def total(days: list[DayResult]) -> Total:
    """Sums, and quotients of sums."""
    hours = sum(day.wanting_hours for day in days)
    counted_hours = sum(day.counted_hours for day in days)
    limited_hours = sum(day.limited_hours for day in days)
    full = sorted(s for day in days for s in day.full_after_s if s is not None)
    fair = [day.fairness for day in days if day.fairness is not None]
    tried = [day for day in days if day.bytes_equal is not None]
    kwh, kwh_optimum = sum(d.kwh for d in days), sum(d.kwh_optimum for d in days)
    kwh_fair = sum(d.kwh_fair for d in days)
    limited_kwh, limited_kwh_optimum = sum(d.limited_kwh for d in days), sum(d.limited_kwh_optimum for d in days)
    return Total(
        days_done=len(days),
        kwh=round(kwh, 3),
        kwh_optimum=round(kwh_optimum, 3),
        kwh_fair=round(kwh_fair, 3),
        ratio=share(kwh, kwh_optimum),
        ratio_fair=share(kwh, kwh_fair),
        wanting_hours=round(hours, 3),
        counted_hours=round(counted_hours, 3),
        limited_hours=round(limited_hours, 3),
        limited_share=share(limited_hours, counted_hours),
        limited_kwh=round(limited_kwh, 3),
        limited_kwh_optimum=round(limited_kwh_optimum, 3),
        limited_ratio=share(limited_kwh, limited_kwh_optimum),
        trips=sum(d.trips for d in days),
        trips_of=Trips(
            gg=sum(d.trips_of.gg for d in days),
            b=sum(d.trips_of.b for d in days),
            c=sum(d.trips_of.c for d in days),
        ),
        seconds_over=sum(d.seconds_over for d in days),
        depth_a=max((d.depth_a for d in days), default=0.0),
        ampere_seconds_over=round(sum(d.ampere_seconds_over for d in days), 1),
        changes_per_hour=per_hour(sum(d.changes for d in days), hours),
        stops_per_hour=per_hour(sum(d.stops for d in days), hours),
        full_after_s=float(full[len(full) // 2]) if full else None,
        never_full=sum(s is None for day in days for s in day.full_after_s),
        fairness=round(sum(fair) / len(fair), 4) if fair else None,
        bytes_days=len(tried),
        bytes_days_equal=sum(day.bytes_equal is True for day in tried),
    )


def worst(days: list[DayResult]) -> list[DayResult]:
    """The ten worst days: first those on which something opened, then those that charged the least of the optimum."""
    told = [day for day in days if day.ratio is not None]
    return sorted(told, key=lambda day: (-day.trips, day.ratio, day.day))[:WORST_DAYS]


def share(part: float, whole: float) -> float | None:
    """A quotient to four places; `None` of nothing."""
    return round(part / whole, 4) if whole else None


def per_hour(count: int, hours: float) -> float:
    """A rate to three places; 0 in no time."""
    return round(count / hours, 3) if hours else 0.0
