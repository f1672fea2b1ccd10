"""The simulated calendar: seconds since `START`, in normal time (UTC+1, no summer time) all year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

DAY_S = 86_400

START = datetime(2026, 3, 2, tzinfo=UTC)
"""Midnight of a Monday in early spring, when a house heats and the sun already exports.

Fixed, so that a seed alone decides what happens. The zone is a label: read it as normal time.
"""

LOW_TARIFF = 1
NORMAL_TARIFF = 2


def normal_time(time_s: int) -> datetime:
    """The moment on a clock that knows no summer time."""
    return START + timedelta(seconds=time_s)


def is_summer_time(moment: datetime) -> bool:
    """Whether clocks show an hour more: between the last Sundays of March and October (Directive 2000/84/EC)."""
    begins, ends = _summer_of_year(moment.year)
    return begins <= moment < ends


def tariff(time_s: int) -> int:
    """Tariff in force, as Dutch grid operators number them: 1 low at night and on weekends, 2 normal."""
    day, second = divmod(time_s, DAY_S)
    weekend = (day + START.weekday()) % 7 >= 5
    return LOW_TARIFF if weekend or not 7 * 3600 <= second < 23 * 3600 else NORMAL_TARIFF


def day_of_year(day: int) -> int:
    """1 to 366, for a day counted from `START`."""
    return (START + timedelta(days=day)).timetuple().tm_yday


@lru_cache(maxsize=4)
def _summer_of_year(year: int) -> tuple[datetime, datetime]:
    """Both switches are at 1:00 UTC, which is 2:00 normal time."""
    return _last_sunday(year, 3), _last_sunday(year, 10)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 2, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
