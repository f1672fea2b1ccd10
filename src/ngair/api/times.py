"""Moments and local days as requests name them and as documents show them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

DAY_S = 86_400
HOUR_S = 3_600
YEARS = range(1970, 2200)
"""Years that a request may name: a bound for slips, beyond any box's life."""


class UnfitError(ValueError):
    """A request that cannot be answered as it stands. The text says what is allowed."""


def moment_s(name: str, text: str, zone: tzinfo) -> float:
    """Wall seconds of a moment that a request names: ISO 8601, or seconds since 1970 UTC. Raises `UnfitError`.

    Without an offset it is the box's local time. The space into which a `+` that was not escaped turns is taken for it.
    """
    try:
        if _NUMBER.fullmatch(text):
            at_s = float(text)
            moment = datetime.fromtimestamp(at_s, UTC)
        else:
            moment = datetime.fromisoformat(_EATEN_PLUS.sub(r"\1+\2", text))
            at_s = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UnfitError(f"{name}: a time such as 2026-11-01T13:00:00Z, or seconds since 1970 UTC.") from None
    if moment.year not in YEARS:
        raise UnfitError(f"{name}: a time from {YEARS[0]} to {YEARS[-1]}.")
    return at_s


def day(name: str, text: str) -> date:
    """The local date that a request names. Raises `UnfitError`."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise UnfitError(f"{name}: a local date such as 2026-11-01.") from None
    if found.year not in YEARS:
        raise UnfitError(f"{name}: a date from {YEARS[0]} to {YEARS[-1]}.")
    return found


def local_day(at_s: float, zone: tzinfo) -> date:
    """The local date of a moment."""
    return datetime.fromtimestamp(at_s, zone).date()


def midnight_s(of: date, zone: tzinfo) -> float:
    """When a local day begins."""
    return datetime(of.year, of.month, of.day, tzinfo=zone).timestamp()


def day_key_s(of: date) -> int:
    """A local day as buckets of days have it."""
    return (of - _EPOCH).days * DAY_S


def day_of_key(start_s: int) -> date:
    """The local day of a bucket of a day."""
    return _EPOCH + timedelta(days=start_s // DAY_S)


ROUNDED_S = 0.0005
"""By so much may a time that is told be before what it is told of."""


def utc(at_s: float) -> str:
    """ISO 8601 with Z, to the millisecond where there are any."""
    moment = datetime.fromtimestamp(round(at_s, 3), UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def local(at_s: float, zone: tzinfo) -> str:
    """ISO 8601 in local time with its offset, to the second."""
    return datetime.fromtimestamp(int(at_s // 1), zone).isoformat(timespec="seconds")


def zone_name(zone: tzinfo) -> str:
    """A zone's name (IANA), or as it calls itself where it has none."""
    return str(getattr(zone, "key", None) or zone)


_EPOCH = date(1970, 1, 1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_EATEN_PLUS = re.compile(r"(:[0-9]{2}(?:\.[0-9]+)?) ([0-9]{2}:?[0-9]{2})$", re.ASCII)
