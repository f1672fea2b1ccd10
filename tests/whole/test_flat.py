"""Memory and descriptors of a box stay flat while simulated days go by; `scripts/bench month` measures a month."""

from __future__ import annotations

import pytest

from benchmarks.month import DAY_S, Look, growth_kb_a_day, lived

SHORT_S = 4.5 * 3600.0
EVERY_S = 1800.0
WARM_S = 2 * 3600.0
"""After it libraries are loaded and caches of pages and queries are begun."""
GROWTH_MAX_KB = 4_000
"""Of some hours, in which the store's caches are still filled; a kilobyte lost with each telegram would be 9 000."""


def test_some_hours_leave_nothing_behind() -> None:
    looks = list(lived(SHORT_S, EVERY_S))
    warm = [look for look in looks if look.at_s >= WARM_S]
    assert len(warm) >= 5
    assert max(look.memory_kb for look in warm) - warm[0].memory_kb < GROWTH_MAX_KB, looks
    _has_no_more_descriptors(looks)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_a_month_leaves_nothing_behind() -> None:
    looks = list(lived(30 * DAY_S))
    warm = [look for look in looks if look.at_s >= 10 * DAY_S]
    assert growth_kb_a_day(warm) < 100, warm
    _has_no_more_descriptors(looks)


def _has_no_more_descriptors(looks: list[Look]) -> None:
    """One or two come and go with questions and writes."""
    half = len(looks) // 2
    assert max(look.descriptors for look in looks[half:]) <= max(look.descriptors for look in looks[:half]) + 2, looks
    assert looks[-1].threads <= 8, looks
