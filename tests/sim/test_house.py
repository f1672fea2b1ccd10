"""The house: what anybody who looks at its meter for a day would see, and that its meter counts honestly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.model.phases import ZERO_PHASES
from ngair.sim.dates import DAY_S
from ngair.sim.house import House
from ngair.sim.options import Options
from ngair.sim.state import HouseState

OPTIONS = st.builds(
    Options,
    seed=st.integers(0, 2**32 - 1),
    main_fuse_a=st.integers(16, 63),
    start_hour=st.floats(0, 23.9),
    solar_kwp=st.floats(0, 10),
    heat_pump_phases=st.sampled_from((1, 3)),
)
CURRENTS = st.tuples(*[st.floats(0, 32)] * 3)


@pytest.fixture(name="day", scope="module", params=[1, 7, 4_000_000_000])
def _day(request: pytest.FixtureRequest) -> list[HouseState]:
    """Every second of one day, from midnight, without a car."""
    house = House(Options(seed=request.param, start_hour=0))
    return [house.state, *(house.advance(1, ZERO_PHASES) for _ in range(DAY_S - 1))]


def test_the_kettle_boils_around_breakfast_and_supper(day: list[HouseState]) -> None:
    on = [state.time_s // 3600 for state in steps(day, phase=0, at_least_w=1800)]
    assert any(6 <= hour <= 8 for hour in on)
    assert any(16 <= hour <= 21 for hour in on)
    for minutes in kettle_minutes(day):
        assert 2 < minutes < 7


def kettle_minutes(day: list[HouseState]) -> Iterator[float]:
    started_s: int | None = None
    for before, after in pairwise(day):
        step_w = after.power_w[0] - before.power_w[0]
        if step_w > 1800:
            started_s = after.time_s
        elif step_w < -1800 and started_s is not None:
            yield (after.time_s - started_s) / 60
            started_s = None


def test_the_oven_switches_on_and_off_in_the_evening(day: list[HouseState]) -> None:
    heating = [state for state in steps(day, phase=2, at_least_w=2200) if state.time_s > 16 * 3600]
    assert len(heating) >= 5


def test_the_heat_pump_runs_longer_at_night_than_at_noon(day: list[HouseState]) -> None:
    starts = [after for before, after in pairwise(day) if all(gained(before, after, p) > 500 for p in (0, 1, 2))]
    assert 20 <= len(starts) <= 50
    night, noon = day[1 * 3600 : 5 * 3600], day[12 * 3600 : 15 * 3600]
    assert heating_share(night) > heating_share(noon) + 0.15


def heating_share(states: list[HouseState]) -> float:
    """By its compressor's reactive power, which neither sun nor kettle hides."""
    return mean(state.reactive_var[0] > 100 for state in states)


def test_a_one_phase_heat_pump_stays_on_its_phase() -> None:
    house = House(Options(heat_pump_phases=1, start_hour=1))
    night = [house.advance(1, ZERO_PHASES) for _ in range(3 * 3600)]
    assert max(state.power_w[1] for state in night) > 1500
    assert max(state.power_w[0] for state in night) < 500


def test_the_sun_exports_by_day_under_passing_clouds_and_never_at_night(day: list[HouseState]) -> None:
    exporting = [state.time_s / 3600 for state in day if state.net_w < 0]
    assert exporting
    assert min(exporting) > 6
    assert max(exporting) < 18.5
    assert day[-1].export_wh[1] > day[0].export_wh[1]
    dark = House(Options(seed=1, start_hour=0, solar_kwp=0))
    assert all(dark.advance(60, ZERO_PHASES).net_w > 0 for _ in range(24 * 60))


def test_phases_are_unequal(day: list[HouseState]) -> None:
    one, two, three = (mean(state.power_w[phase] for state in day) for phase in (0, 1, 2))
    assert min(abs(one - two), abs(two - three), abs(one - three)) > 10
    assert mean(max(state.power_w) - min(state.power_w) for state in day) > 100


def test_voltages_are_about_230_v_and_sag_with_load(day: list[HouseState]) -> None:
    assert all(222 < volts < 238 for state in day for volts in state.voltage_v)
    assert len({round(volts, 1) for state in day for volts in state.voltage_v}) > 20
    for before, after in pairwise(day):
        if after.power_w[0] - before.power_w[0] > 1800:
            assert after.voltage_v[0] < before.voltage_v[0] - 0.5


def test_tariffs_share_the_day(day: list[HouseState]) -> None:
    assert {state.tariff for state in day[: 7 * 3600]} == {1}
    assert {state.tariff for state in day[7 * 3600 : 23 * 3600]} == {2}
    assert {state.tariff for state in day[23 * 3600 :]} == {1}
    for before, after in pairwise(day):
        idle = 2 - after.tariff
        assert after.import_wh[idle] == before.import_wh[idle]


def test_the_weekend_is_low_tariff() -> None:
    house = House(Options(start_hour=12))
    week = [house.state, *(house.advance(DAY_S, ZERO_PHASES) for _ in range(6))]
    assert [state.tariff for state in week] == [2, 2, 2, 2, 2, 1, 1]


def test_reactive_power_has_both_signs(day: list[HouseState]) -> None:
    values = [var for state in day for var in state.reactive_var]
    assert min(values) < -20
    assert max(values) > 100
    assert day[-1].reactive_import_varh > day[0].reactive_import_varh
    assert day[-1].reactive_export_varh > day[0].reactive_export_varh


def test_gas_is_used_and_read_every_five_minutes(day: list[HouseState]) -> None:
    changes = [after.time_s for before, after in pairwise(day) if after.gas_l != before.gas_l]
    assert changes
    assert all(time_s % 300 == 0 for time_s in changes)
    assert 500 < day[-1].gas_l - day[0].gas_l < 5000


def test_registers_hold_the_integral_of_the_power(day: list[HouseState]) -> None:
    imported_ws = sum(max(0, state.net_w) for state in day[1:])
    exported_ws = sum(max(0, -state.net_w) for state in day[1:])
    assert sum(day[-1].import_wh) - sum(day[0].import_wh) == pytest.approx(imported_ws / 3600, abs=2)
    assert sum(day[-1].export_wh) - sum(day[0].export_wh) == pytest.approx(exported_ws / 3600, abs=2)


@given(options=OPTIONS, steps_s=st.lists(st.integers(1, 200_000), min_size=1, max_size=12), cars=CURRENTS)
@settings(max_examples=40)
def test_any_step_is_one_look_and_registers_never_go_back(
    options: Options, steps_s: list[int], cars: tuple[float, float, float]
) -> None:
    house = House(options)
    before = house.state
    for seconds in steps_s:
        after = house.advance(seconds, cars)
        assert after.time_s == before.time_s + seconds
        for name in ("import_wh", "export_wh"):
            pairs = zip(getattr(before, name), getattr(after, name), strict=True)
            assert all(was <= now for was, now in pairs)
        assert before.reactive_import_varh <= after.reactive_import_varh
        assert before.reactive_export_varh <= after.reactive_export_varh
        assert before.gas_l <= after.gas_l
        moved_wh = sum(after.import_wh) - sum(before.import_wh) + sum(before.export_wh) - sum(after.export_wh)
        assert moved_wh == pytest.approx(after.net_w * seconds / 3600, abs=2)
        before = after


@given(options=OPTIONS, steps_s=st.lists(st.integers(1, 100_000), min_size=1, max_size=6), cars=CURRENTS)
@settings(max_examples=40)
def test_what_flows_depends_on_seed_and_moment_alone(
    options: Options, steps_s: list[int], cars: tuple[float, float, float]
) -> None:
    by_steps, at_once = House(options), House(options)
    for seconds in steps_s:
        state = by_steps.advance(seconds, cars)
    other = at_once.advance(sum(steps_s), cars)
    for name in ("time_s", "power_w", "reactive_var", "current_a", "voltage_v", "tariff", "gas_l", "meter_id"):
        assert getattr(state, name) == getattr(other, name)


@given(options=OPTIONS, seconds=st.integers(1, 100_000), cars=CURRENTS)
@settings(max_examples=40)
def test_currents_follow_from_power_and_voltage(
    options: Options, seconds: int, cars: tuple[float, float, float]
) -> None:
    state = House(options).advance(seconds, cars)
    for phase in (0, 1, 2):
        apparent_va = hypot(state.power_w[phase], state.reactive_var[phase])
        assert state.current_a[phase] == pytest.approx(apparent_va / state.voltage_v[phase])


def test_a_car_shows_on_its_phases_with_its_own_current() -> None:
    house, with_car = House(Options(solar_kwp=0)), House(Options(solar_kwp=0))
    alone, together = house.advance(1, ZERO_PHASES), with_car.advance(1, (0, 16, 0))
    assert together.current_a[1] - alone.current_a[1] == pytest.approx(16, abs=0.5)
    assert together.power_w[0] == alone.power_w[0]


def test_seeds_differ() -> None:
    days = {
        tuple(house.advance(600, ZERO_PHASES).power_w for _ in range(100))
        for house in (House(Options(seed=seed)) for seed in range(5))
    }
    assert len(days) == 5


@pytest.mark.parametrize("seconds", [0, -1])
def test_time_only_goes_forward(seconds: int) -> None:
    with pytest.raises(ValueError, match=f"seconds={seconds}: must be 1 or more"):
        House(Options()).advance(seconds, ZERO_PHASES)


def steps(day: list[HouseState], phase: int, at_least_w: int) -> list[HouseState]:
    """The states in which a load has just come on, alone on its phase."""
    return [after for before, after in pairwise(day) if gained(before, after, phase) >= at_least_w]


def gained(before: HouseState, after: HouseState, phase: int) -> int:
    return after.power_w[phase] - before.power_w[phase]


def test_a_guest_s_oven_goes_on_once_for_five_minutes() -> None:
    plain, guest = House(Options(seed=5)), House(Options(seed=5, oven_after_s=60))
    more_w = [guest.advance(1, ZERO_PHASES).power_w[2] - plain.advance(1, ZERO_PHASES).power_w[2] for _ in range(600)]
    assert [second for second, watts in enumerate(more_w, 1) if watts] == list(range(60, 360))
    assert set(more_w) == {0, 3600}
