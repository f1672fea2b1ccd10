"""Options and their URL: what is wrong is said by name, value and what is allowed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.limits import CARS_MAX, SPEED_MAX
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.url import parse_url


def test_defaults() -> None:
    assert parse_url("sim:") == parse_url("sim:?") == Options()


def test_every_option_has_its_place_in_the_url() -> None:
    url = (
        "sim:?family=se&seed=3&speed=0.5&cars=2&main_fuse_a=20&start_hour=6.25&solar_kwp=0"
        "&heat_pump_phases=1&oven_after_s=90&lose_after_s=5&back_after_s=2.5"
    )
    assert parse_url(url) == Options(
        family="se",
        seed=3,
        speed=0.5,
        cars=2,
        main_fuse_a=20,
        start_hour=6.25,
        solar_kwp=0,
        heat_pump_phases=1,
        oven_after_s=90,
        lose_after_s=5,
        back_after_s=2.5,
    )
    assert all(f"{name}=" in url for name in Options.__struct_fields__)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("seed=-1", "seed=-1: must be from 0 to 4294967295"),
        ("seed=4294967296", "seed=4294967296: must be from 0"),
        ("seed=1.5", "seed=1.5: must be a whole number"),
        ("seed=", "seed=: must be a whole number"),
        ("seed", "seed=: must be a whole number"),
        ("speed=0", f"speed=0.0: must be above 0 and at most {SPEED_MAX}"),
        (f"speed={SPEED_MAX + 1}", f"speed={SPEED_MAX + 1}.0: must be above 0"),
        ("speed=nan", "speed=nan: must be above 0"),
        ("speed=fast", "speed=fast: must be a number"),
        ("family=morse", f"family=morse: must be one of {', '.join(sorted(FAMILIES))}"),
        ("cars=0", f"cars=0: must be from 1 to {CARS_MAX}"),
        ("cars=4", f"cars=4: must be from 1 to {CARS_MAX}"),
        ("main_fuse_a=10", "main_fuse_a=10: must be from 16 to 63"),
        ("start_hour=24", "start_hour=24.0: must be from 0 to below 24"),
        ("solar_kwp=11", "solar_kwp=11.0: must be from 0 to 10"),
        ("heat_pump_phases=2", "heat_pump_phases=2: must be 1 or 3"),
        ("lose_after_s=-1", "lose_after_s=-1.0: must be 0 or more"),
        ("lose_after_s=inf", "lose_after_s=inf: must be 0 or more"),
        ("back_after_s=3", "back_after_s=3.0: must be given only together with lose_after_s"),
        ("colour=red", "colour is not an option; there are seed, speed, family"),
        ("cars=1&cars=2", "cars is given twice"),
    ],
)
def test_errors_name_option_value_and_remedy(query: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_url(f"sim:?{query}")
    assert str(caught.value).startswith(f"sim:?{query}: {message}")


@pytest.mark.parametrize("url", ["sim://host", "sim:path", "sim:/path", "sim:#part", "tcp://host:1", "", "sim"])
def test_what_is_no_sim_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sim:"):
        parse_url(url)


@given(text=st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ValueError):
        parse_url(f"sim:?{text}")


@given(cars=st.integers(1, CARS_MAX), main_fuse_a=st.integers(16, 63))
def test_the_chargers_own_limit_is_one_a_car_can_follow(cars: int, main_fuse_a: int) -> None:
    assert 6 <= Options(cars=cars, main_fuse_a=main_fuse_a).charger_limit_a <= 10
