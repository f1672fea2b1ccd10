"""Currents with their direction, and readings that no house can have."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.balance.signed import is_possible, signed_current_a, signed_power_w, voltages_v
from ngair.model.phases import Phases
from ngair.model.reading import Reading

PLAIN = Reading(ident="TST5test", current_a=(5, 6, 7), voltage_v=(230, 230, 230))


def signed(current: float | None, power: float | None, voltage: float | None = 230) -> float | None:
    return signed_current_a(
        Reading(
            ident="TST5test",
            current_a=(current, None, None),
            phase_power_w=(power, None, None),
            voltage_v=(voltage, None, None),
        )
    )[0]


def test_a_current_without_a_direction_counts_as_import() -> None:
    assert signed_current_a(PLAIN) == (5, 6, 7)


def test_clearly_negative_power_is_export() -> None:
    assert signed(5, -1150) == -5
    assert signed(5, -1150, None) == -5


@pytest.mark.parametrize("power", [-30, -400, 0, 1150])
def test_a_little_export_beside_much_reactive_current_still_loads_the_fuse(power: float) -> None:
    assert signed(5, power) == 5


def test_a_current_that_is_not_told_is_derived_upward() -> None:
    derived = signed(None, 2300)
    assert derived is not None
    assert 10 < derived < 11
    assert signed(None, -2300) == -10


@pytest.mark.parametrize(("power", "voltage"), [(None, 230), (2300, None), (2300, 1)])
def test_what_nothing_tells_stays_unknown(power: float | None, voltage: float | None) -> None:
    assert signed(None, power, voltage) is None


@pytest.mark.parametrize("current", [(1e4, 0, 0), (0, float("nan"), 0), (0, 0, float("inf")), (-1e4, None, None)])
def test_impossible_currents(current: Phases) -> None:
    assert is_possible(PLAIN)
    assert not is_possible(replace(PLAIN, current_a=current))


def test_impossible_power() -> None:
    assert not is_possible(replace(PLAIN, phase_power_w=(float("nan"), 0, 0)))
    assert not is_possible(replace(PLAIN, power_import_w=1e9))


def test_the_power_of_all_is_the_meters_or_else_of_the_currents() -> None:
    assert signed_power_w(replace(PLAIN, power_import_w=100, power_export_w=400), (1, 1, 1)) == -300
    assert signed_power_w(PLAIN, (1, -2, 3)) == 460
    assert signed_power_w(PLAIN, (1, None, 3)) is None
    assert voltages_v(replace(PLAIN, voltage_v=(None, 1, 240))) == (230, 230, 240)
