"""The balancer against named policies on the same seeded house-days, and all of them against who knows the future.

`NGAIR_BENCH_DAYS` says how many days ours is run on (20; 1000 for the long answer); the policies on the first 250.
"""

from __future__ import annotations

import os
import sys

from benchmarks.row import Row, row
from ngair.sim.days.many import CONTROLLERS, OURS, simulate
from ngair.sim.days.plan import SLOW_CADENCE_S
from ngair.sim.days.report import Report
from ngair.sim.days.result import DayResult, Total, total

SEED = 1
DAYS = 20
POLICY_DAYS_MAX = 250
GOAL_RATIO = 0.95
GOAL_SPEED = 50_000
OPTIMUM = "clairvoyant optimum"


def measure() -> list[Row]:
    """Ours on all days, the policies on the first of them; every policy is compared on the days that both had."""
    days = int(os.environ.get("NGAIR_BENCH_DAYS", str(DAYS)))
    jobs = len(os.sched_getaffinity(0))
    ours = simulate(SEED, days, OURS, jobs)
    policies = {
        name: simulate(SEED, min(days, POLICY_DAYS_MAX), name, jobs).total for name in CONTROLLERS if name != OURS
    }
    same = total(ours.days[:POLICY_DAYS_MAX])
    _tell_worst(ours)
    return [
        *_openings(ours.total, same, policies),
        *_energy(ours.total, same, policies),
        *_changes(same, policies),
        *_excess(same, policies),
        _speed(ours),
    ]


def _openings(ours: Total, same: Total, policies: dict[str, Total]) -> list[Row]:
    rows = [
        row(
            f"fuses and breakers opened in {ours.days_done} days",
            ours.trips,
            "none",
            0,
            "openings",
            goal="none",
            met=ours.trips == 0,
        )
    ]
    return rows + [
        row(f"  in {same.days_done} days", same.trips, name, policy.trips, "openings")
        for name, policy in policies.items()
    ]


def _energy(ours: Total, same: Total, policies: dict[str, Total]) -> list[Row]:
    ratio = ours.ratio or 0
    goal = f">= {GOAL_RATIO}"
    return [
        row(
            "energy while cars want more",
            ours.kwh,
            OPTIMUM,
            ours.kwh_optimum,
            "kWh",
            goal=goal,
            met=ratio >= GOAL_RATIO,
        ),
        row("  with the optimum sharing as fairly", ours.kwh, f"{OPTIMUM}, fair", ours.kwh_fair, "kWh"),
        row("  in the hours limited by the fuse", *_limited(ours), "kWh"),
        row(
            "  hours limited by the fuse",
            ours.limited_hours,
            "hours in which a car wants more",
            ours.counted_hours,
            "h",
        ),
        *(
            row(f"  energy of the optimum, {same.days_done} days", same.ratio or 0, name, policy.ratio or 0, "share")
            for name, policy in policies.items()
        ),
    ]


def _limited(ours: Total) -> tuple[float, str, float]:
    return ours.limited_kwh, OPTIMUM, ours.limited_kwh_optimum


def _changes(same: Total, policies: dict[str, Total]) -> list[Row]:
    """The goal is against the steadiest policy that opens nothing."""
    safe = {name: policy.changes_per_hour for name, policy in policies.items() if policy.trips == 0}
    best = min(safe, key=lambda name: safe[name], default=None)
    rows = []
    for name, policy in policies.items():
        is_best = name == best
        rows.append(
            row(
                f"setpoint changes, {same.days_done} days",
                same.changes_per_hour,
                f"{name}, the best that opens nothing" if is_best else name,
                policy.changes_per_hour,
                "changes/h",
                goal="fewer" if is_best else "",
                met=same.changes_per_hour < policy.changes_per_hour if is_best else None,
            )
        )
        rows.append(row("  stops", same.stops_per_hour, name, policy.stops_per_hour, "stops/h"))
    return rows


def _excess(same: Total, policies: dict[str, Total]) -> list[Row]:
    return [
        row(f"over the fuse, {same.days_done} days", same.ampere_seconds_over, name, policy.ampere_seconds_over, "As")
        for name, policy in policies.items()
    ]


def _speed(ours: Report) -> Row:
    speed = ours.speed(SLOW_CADENCE_S) or 0
    return row(
        "simulated days, meters each 10 s, one core",
        speed,
        "real time",
        1,
        "x",
        goal=f">= {GOAL_SPEED}x",
        met=speed >= GOAL_SPEED,
    )


def _tell_worst(ours: Report) -> None:
    for day in ours.worst_days:
        print(f"  day {day.day}: {_day(day)}", file=sys.stderr)


def _day(day: DayResult) -> str:
    return (
        f"{day.ratio:.1%} of the optimum, {day.trips} openings, {day.changes_per_hour:.1f} changes/h; "
        f"{day.fuse_a} A, {' '.join(day.cars)}, {day.meter}{', faults' if day.faults else ''}"
    )
