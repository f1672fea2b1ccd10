"""The whole simulated world: the same bytes from the same seed, however time is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import ADVANCE_MAX_S, World

OPTIONS = st.builds(
    Options,
    seed=st.integers(0, 2**32 - 1),
    family=st.sampled_from(sorted(FAMILIES)),
    cars=st.integers(1, 3),
    start_hour=st.floats(0, 23.9),
)


@given(options=OPTIONS, steps_ms=st.lists(st.integers(0, 20_000), min_size=1, max_size=30))
@settings(max_examples=50)
def test_the_same_bytes_however_time_is_cut(options: Options, steps_ms: list[int]) -> None:
    in_pieces, at_once = World(options), World(options)
    telegrams = [telegram for ms in steps_ms for telegram in in_pieces.advance(ms / 1000)]
    assert telegrams == at_once.advance(sum(steps_ms) / 1000)
    assert in_pieces.state == at_once.state
    assert in_pieces.charge_boxes() == at_once.charge_boxes()


def test_ten_tenths_are_a_second() -> None:
    world = World(Options())
    assert [len(world.advance(0.1)) for _ in range(10)] == [0] * 9 + [1]


@pytest.mark.parametrize(("family", "count"), [("dsmr5", 60), ("se", 6)])
def test_telegrams_come_at_the_family_s_interval(family: str, count: int) -> None:
    world = World(Options(family=family))
    assert world.until_telegram_s() == FAMILIES[family].interval_s
    assert len(world.advance(60)) == count
    world.advance(1)
    assert world.until_telegram_s() == (1 if family == "dsmr5" else 9)


def test_midnight_passes_without_a_jump() -> None:
    world = World(Options(start_hour=23.99))
    states = []
    for _ in range(120):
        world.step()
        states.append(world.state)
    jumps = [abs(b.net_w - a.net_w) for a, b in pairwise(states)]
    assert states[-1].time_s > 86_400 > states[0].time_s
    assert sorted(jumps)[-10] < 50, "more than the odd appliance switched"


@pytest.mark.parametrize("dt_s", [-0.001, ADVANCE_MAX_S + 1, float("nan"), float("inf")])
def test_a_step_that_is_no_bounded_time_is_refused(dt_s: float) -> None:
    with pytest.raises(ValueError, match=f"dt_s={dt_s}: must be from 0 to {ADVANCE_MAX_S}"):
        World(Options()).advance(dt_s)


@pytest.mark.long
def test_a_month_runs_through_with_the_change_to_summer_time() -> None:
    world = World(Options(cars=3, family="se"))
    before = world.state
    for _ in range(30):
        world.advance(86_400)
        assert sum(before.import_wh) <= sum(world.state.import_wh)
        before = world.state
