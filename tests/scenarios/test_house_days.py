"""Twenty house-days under our balancer and under the best policy of others, as `scripts/bench days` has them."""

from __future__ import annotations

import os

import pytest

from ngair.sim.days.many import OURS, simulate
from ngair.sim.days.report import Report

DAYS = 20
SEED = 1
BEST_OF_OTHERS = "max-hold"
"""Of the named policies that open nothing it makes the fewest changes."""


@pytest.fixture(name="ours", scope="module")
def _ours() -> Report:
    return simulate(SEED, DAYS, OURS, len(os.sched_getaffinity(0)))


@pytest.fixture(name="others", scope="module")
def _others() -> Report:
    return simulate(SEED, DAYS, BEST_OF_OTHERS, len(os.sched_getaffinity(0)))


def test_no_fuse_and_no_breaker_opens(ours: Report) -> None:
    assert ours.total.trips == 0


def test_true_bytes_come_to_the_same(ours: Report) -> None:
    assert (ours.total.bytes_days, ours.total.bytes_days_equal) == (1, 1)


def test_more_energy_in_fewer_changes(ours: Report, others: Report) -> None:
    """The seed is printed where it fails: the days are the same again with it."""
    assert ours.total.kwh / ours.total.kwh_optimum > others.total.kwh / others.total.kwh_optimum, f"seed {SEED}"
    assert ours.total.changes_per_hour < others.total.changes_per_hour, f"seed {SEED}"
