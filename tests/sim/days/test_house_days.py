"""House-days are drawn from the seed, fit their fuse, and leave cars short for a good part of the time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.reading import Reading
from ngair.model.telegram import Rejection, Telegram
from ngair.sim.dates import DAY_S
from ngair.sim.days.faults import Fate, draw_faults
from ngair.sim.days.loads import house_currents
from ngair.sim.days.meter import ByteMeter, DirectMeter
from ngair.sim.days.plan import FUSES_A, HousePlan, house_plan

REGISTERS = {"energy_import_wh", "energy_export_wh", "meter_id"}
"""What only true telegrams have: no setpoint depends on it."""
PLANS = [house_plan(3, day) for day in range(40)]


def test_the_seed_alone_decides() -> None:
    assert house_plan(3, 7) == PLANS[7]
    assert house_plan(4, 7) != PLANS[7]
    assert house_currents(PLANS[7]) == house_currents(PLANS[7])
    assert draw_faults(PLANS[7]) == draw_faults(PLANS[7])


def test_there_are_all_kinds_of_houses() -> None:
    """Few houses have three cars."""
    plans = [house_plan(3, day) for day in range(400)]
    assert {plan.fuse_a for plan in plans} == set(FUSES_A)
    assert {len(house_plan(3, day).cars) for day in range(200)} == {1, 2, 3}
    assert {plan.meter.cadence_s for plan in plans} == {1, 10}
    assert {plan.meter.family for plan in plans} == {"dsmr5", "se"}
    assert {plan.meter.latency_s for plan in plans} >= {0, 10}
    assert {car.model.phases for plan in plans for car in plan.cars} == {1, 2, 3}
    assert {plan.faulty for plan in plans} == {True, False}


def test_there_are_all_kinds_of_faults() -> None:
    faults = [draw_faults(plan) for plan in PLANS]
    assert {fate for fault in faults for fate in fault.fates.values()} == {Fate.LOST, Fate.CORRUPT, Fate.DOUBLED}
    for name in ("stalls", "link_gone", "suspended", "restarts", "jumps_s"):
        assert any(getattr(fault, name) for fault in faults), name
    assert not any(fault.fates for fault, plan in zip(faults, PLANS, strict=True) if not plan.faulty)


@pytest.mark.parametrize("plan", PLANS[:12], ids=lambda plan: f"day-{plan.day}")
def test_the_house_alone_stays_below_the_fuse_at_every_moment(plan: HousePlan) -> None:
    phases_a = house_currents(plan)
    assert [len(phase) for phase in phases_a] == [DAY_S] * 3
    assert max(max(map(abs, phase)) for phase in phases_a) < plan.fuse_a
    assert sum(abs(b - a) > 2 for phase in phases_a for a, b in pairwise(phase)) > 20, "appliances come and go"


@given(
    st.sampled_from(PLANS),
    st.integers(0, DAY_S - 1),
    st.tuples(*[st.floats(-40, 90).map(lambda amps: round(amps, 4))] * 3),
)
def test_a_direct_reading_is_what_the_true_telegram_decodes_to(
    plan: HousePlan, second: int, current_a: tuple[float, float, float]
) -> None:
    (direct,) = DirectMeter(plan).receive(second, current_a, Fate.GOOD)
    (decoded,) = ByteMeter(plan).receive(second, current_a, Fate.GOOD)
    assert isinstance(direct, Telegram)
    assert isinstance(decoded, Telegram)
    for name in set(Reading.__struct_fields__) - REGISTERS:
        assert getattr(direct.reading, name) == getattr(decoded.reading, name), name


@pytest.mark.parametrize("fate", Fate)
def test_both_meters_lose_and_double_alike(fate: Fate) -> None:
    kinds = [
        [type(item) for item in meter.receive(10, (1.0, 2.0, 3.0), fate)]
        for meter in (DirectMeter(PLANS[0]), ByteMeter(PLANS[0]))
    ]
    assert kinds[0] == kinds[1]
    assert (
        kinds[0]
        == {
            Fate.GOOD: [Telegram],
            Fate.LOST: [],
            Fate.CORRUPT: [Rejection],
            Fate.DOUBLED: [Telegram, Telegram],
        }[fate]
    )
