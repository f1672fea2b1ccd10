"""The policies to compare with do what is told of them, each with the strength and the failing that it is known for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.phases import KnownPhases
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.site import BoxInfo, Meter, Site
from ngair.sim.days.controller import Controller
from ngair.sim.days.plan import house_plan
from ngair.sim.days.policies import POLICIES, GainOne, MaxHold, TimeAligned

SITE = Site(
    box=BoxInfo(serial="S", firmware="", mac=""),
    fuses=(Fuse(name=MAIN_FUSE, rating_a=(25, 25, 25)),),
)


def site(total_a: KnownPhases, received_at_s: float, *cars_a: KnownPhases, power_w: KnownPhases | None = None) -> Site:
    """A house that draws so much in all, and cars on all phases that draw their part of it."""
    reading = Reading(
        ident="", current_a=total_a, phase_power_w=power_w or (total_a[0] * 230, total_a[1] * 230, total_a[2] * 230)
    )
    outlets = tuple(
        Outlet(id=number, state=OutletState.CHARGING, current_a=car_a) for number, car_a in enumerate(cars_a, 1)
    )
    return replace(
        SITE,
        meter=Meter(reading=reading, received_at_s=received_at_s),
        charge_boxes=(ChargeBox(serial="CB", identity="CB", outlets=outlets),),
    )


def amps(controller: Controller, seen: Site, now_s: float) -> list[int]:
    return [setpoint.setpoint_a for setpoint in controller.decide(seen, now_s).setpoints]


@pytest.mark.parametrize("name", POLICIES)
def test_each_leaves_the_margin_and_rounds_down(name: str) -> None:
    controller = POLICIES[name](house_plan(1, 1))
    assert amps(controller, site((14.3, 2, 2), 0, (0, 0, 0)), 0) == [9]


@pytest.mark.parametrize("name", POLICIES)
def test_each_stops_below_the_least_current(name: str) -> None:
    controller = POLICIES[name](house_plan(1, 1))
    assert amps(controller, site((20.5, 2, 2), 0, (0, 0, 0)), 0) == [0]


@pytest.mark.parametrize("name", POLICIES)
def test_each_shares_equally_and_lets_the_last_wait(name: str) -> None:
    both = POLICIES[name](house_plan(1, 1))
    assert amps(both, site((4, 4, 4), 0, (0, 0, 0), (0, 0, 0)), 0) == [10, 10]
    one = POLICIES[name](house_plan(1, 1))
    assert amps(one, site((14, 4, 4), 0, (0, 0, 0), (0, 0, 0)), 0) == [10, 0]


def test_gain_one_takes_a_ramp_for_the_house() -> None:
    """The meter still shows 16 A of the car, which draws 9 A by now: seven amperes of a house that is not there."""
    controller = GainOne()
    assert amps(controller, site((20, 16, 16), 0, (16, 16, 16)), 0) == [16]
    assert amps(controller, site((20, 16, 16), 10, (9, 9, 9)), 10) == [13]


def test_time_aligned_knows_better() -> None:
    controller = TimeAligned(delay_s=5)
    amps(controller, site((20, 16, 16), 0, (16, 16, 16)), 0)
    for second in range(1, 10):
        amps(controller, site((20, 16, 16), 0, (16, 16, 16) if second < 8 else (9, 9, 9)), second)
    assert amps(controller, site((20, 16, 16), 10, (9, 9, 9)), 10) == [16]


def test_nothing_is_decided_between_telegrams() -> None:
    controller = GainOne()
    assert amps(controller, site((4, 4, 4), 0, (0, 0, 0)), 0) == [16]
    assert amps(controller, site((24, 4, 4), 0, (0, 0, 0)), 1) == [16]


def test_max_hold_sheds_at_once_and_raises_late() -> None:
    controller = MaxHold()
    given = [
        amps(controller, site((14 if 20 <= second < 30 else 4, 4, 4), second, (0, 0, 0)), second)[0]
        for second in range(0, 120, 10)
    ]
    assert given[:2] == [16, 16]
    assert given[2] == 10
    assert given[3:8] == [10] * 5, "held for 30 s, then 30 s more"
    assert given[-1] == 16


def test_max_hold_restarts_later_still() -> None:
    controller = MaxHold()
    given = {
        second: amps(controller, site((22 if 20 <= second < 30 else 4, 4, 4), second, (0, 0, 0)), second)[0]
        for second in range(0, 240, 10)
    }
    assert given[20] == 0
    assert next(second for second in given if second > 20 and given[second] == 16) == 20 + 40 + 90


def test_export_is_negative() -> None:
    controller = GainOne()
    exporting = site((10, 4, 4), 0, (0, 0, 0), power_w=(-2300, 900, 900))
    assert amps(controller, exporting, 0) == [16]
