"""Readings without a check sum: what is believed, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.gateway.agreement import Agreement
from ngair.model.limits import (
    AGREE_CURRENT_A,
    AGREE_ENERGY_RISE_W,
    AGREE_KINDS_MAX,
    AGREE_POWER_W,
    AGREE_SHARE,
    CURRENT_MAX_A,
    ENERGY_MAX_WH,
    POWER_MAX_W,
)
from ngair.model.reading import Reading
from ngair.model.telegram import Reason, Rejection, Telegram

HOUSE = Reading(
    ident="SIM3 no check",
    meter_id="1",
    power_import_w=3_000,
    power_export_w=0,
    current_a=(10, 2, 1),
    voltage_v=(230, 230, 230),
    energy_import_wh=5_000_000,
    energy_export_wh=70_000,
    phase_power_w=(2_300, 460, 240),
)


class Meter:
    """Sends readings ten seconds apart to an agreement."""

    def __init__(self, *before: Reading) -> None:
        self._agreement = Agreement()
        self._now_s = 1_000.0
        for reading in before:
            self.sends(reading)

    @property
    def kinds(self) -> int:
        """How many kinds of lists are remembered."""
        return len(self._agreement._kinds)

    def sends(self, reading: Reading, after_s: float = 10) -> str:
        """`accepted`, or why not."""
        self._now_s += after_s
        judged = self._agreement.judge(Telegram("", 100, reading), self._now_s)
        if isinstance(judged, Rejection):
            assert judged.size == 100
            return str(judged.reason)
        assert judged.reading is reading
        return "accepted"


def settled(reading: Reading = HOUSE) -> Meter:
    return Meter(reading, reading, reading)


def changed(**values: Any) -> Reading:
    return replace(HOUSE, **values)


def test_the_first_counts_when_the_second_agrees() -> None:
    meter = Meter()
    assert [meter.sends(HOUSE) for _ in range(3)] == [Reason.UNCONFIRMED, "accepted", "accepted"]


def test_two_that_contradict_each_other_at_the_start_are_both_refused() -> None:
    meter = Meter(HOUSE)
    assert meter.sends(changed(power_import_w=500)) == Reason.IMPLAUSIBLE
    assert meter.sends(changed(power_import_w=500)) == "accepted"


@pytest.mark.parametrize(
    "values",
    [
        {"power_import_w": 30_000},
        {"power_export_w": 100},
        {"current_a": (99, 2, 1)},
        {"phase_power_w": (2_300, 460, 20_000)},
        {"energy_import_wh": 5_000_900},
        {"power_import_w": 3_000 - AGREE_SHARE * 3_000},
        {"power_export_w": AGREE_POWER_W},
        {"current_a": (9, 1, 0)},
        {"voltage_v": (180, 260, 230)},
    ],
    ids=str,
)
def test_more_and_a_little_less_are_believed_at_once(values: dict[str, Any]) -> None:
    assert settled().sends(changed(**values)) == "accepted"


LESS: list[dict[str, Any]] = [
    {"power_import_w": 2_000},
    {"power_export_w": 8_000},
    {"current_a": (1, 2, 1)},
    {"current_a": (10, 2, 1), "phase_power_w": (-2_300, 460, 240)},
    {"energy_import_wh": 4_999_999},
    {"energy_export_wh": 0},
    {"energy_import_wh": 5_100_000},
    {"energy_export_wh": 80_000_000},
    {"meter_id": "2"},
    {"ident": "SIM3 no chick"},
    {"power_import_w": None},
    {"current_a": (None, 2, 1)},
    {"voltage_v": (None, 230, 230)},
    {"energy_export_wh": None},
]


@pytest.mark.parametrize("values", LESS, ids=str)
def test_one_that_says_less_waits_for_the_next(values: dict[str, Any]) -> None:
    once = settled()
    assert once.sends(changed(**values)) == Reason.IMPLAUSIBLE
    assert once.sends(HOUSE) == "accepted"
    assert once.sends(changed(**values)) == Reason.IMPLAUSIBLE, "what was refused before an agreeing one is forgotten"
    lasting = settled()
    assert [lasting.sends(changed(**values)) for _ in range(3)] == [Reason.IMPLAUSIBLE, "accepted", "accepted"]


def test_registers_may_rise_as_far_as_the_time_between_allows() -> None:
    day_wh = AGREE_ENERGY_RISE_W * 24
    assert settled().sends(changed(energy_import_wh=5_000_000 + day_wh), after_s=10) == Reason.IMPLAUSIBLE
    assert settled().sends(changed(energy_import_wh=5_000_000 + day_wh), after_s=86_400) == "accepted"


def test_a_meter_that_only_exports_is_judged_too() -> None:
    solar = changed(power_import_w=None, power_export_w=1_000)
    assert settled(solar).sends(replace(solar, power_export_w=5_000)) == Reason.IMPLAUSIBLE


def test_a_load_that_swings_is_followed_on_its_upper_side() -> None:
    meter = settled()
    low = changed(power_import_w=500, current_a=(1, 1, 1), phase_power_w=(200, 200, 100))
    assert [meter.sends(reading) for reading in (low, HOUSE, low, HOUSE, low, low)] == [
        *(Reason.IMPLAUSIBLE, "accepted") * 2,
        Reason.IMPLAUSIBLE,
        "accepted",
    ]


POWERS = Reading(ident="SIM3 no check", meter_id="1", power_import_w=3_000)
ENERGIES = Reading(ident="SIM3 no check", meter_id="1", energy_import_wh=5_000_000, energy_export_wh=70_000)


def test_lists_of_two_kinds_in_turn_are_each_believed_with_their_third() -> None:
    meter = Meter()
    sent = [POWERS, ENERGIES] * 5
    refused = [Reason.UNCONFIRMED, *[Reason.IMPLAUSIBLE] * 3]
    assert [meter.sends(reading, 5) for reading in sent] == [*refused, *["accepted"] * 6]


def test_lists_of_which_one_is_rare_are_believed() -> None:
    meter = settled()
    for _ in range(3):
        for _ in range(100):
            assert meter.sends(HOUSE) == "accepted"
        last = meter.sends(ENERGIES)
    assert last == "accepted"
    assert meter.sends(HOUSE) == "accepted"


def in_turn() -> Meter:
    return Meter(*[POWERS, ENERGIES] * 4)


def test_of_each_kind_one_that_says_less_waits_for_the_next_of_it() -> None:
    meter, lower = in_turn(), replace(POWERS, power_import_w=500)
    assert [meter.sends(reading) for reading in (lower, ENERGIES, lower)] == [
        Reason.IMPLAUSIBLE,
        "accepted",
        "accepted",
    ]
    meter, lower = in_turn(), replace(ENERGIES, energy_import_wh=4_000_000)
    assert [meter.sends(reading) for reading in (lower, POWERS, lower)] == [
        Reason.IMPLAUSIBLE,
        "accepted",
        "accepted",
    ]


def test_a_kind_must_not_say_less_than_another_just_did() -> None:
    both = replace(ENERGIES, power_import_w=3_000)
    meter = Meter(*[POWERS, both] * 4)
    assert meter.sends(replace(POWERS, power_import_w=9_000)) == "accepted"
    assert meter.sends(both) == Reason.IMPLAUSIBLE, "it agrees with its own kind's last, but that was before the rise"
    assert meter.sends(replace(POWERS, power_import_w=9_000)) == "accepted"
    assert meter.sends(both) == "accepted", "twice"


def test_what_one_kind_does_not_tell_is_not_taken_for_less() -> None:
    gives = replace(ENERGIES, power_import_w=0, power_export_w=5_000)
    meter = Meter(*[replace(POWERS, power_import_w=0), gives] * 4)
    assert [meter.sends(reading) for reading in (replace(POWERS, power_import_w=0), gives) * 2] == ["accepted"] * 4


def test_ever_new_damages_neither_grow_nor_drive_out_what_is_known() -> None:
    meter = in_turn()
    for number in range(100):
        assert meter.sends(replace(POWERS, ident=f"damaged {number}")) == Reason.IMPLAUSIBLE
    assert (meter.sends(POWERS), meter.sends(ENERGIES)) == ("accepted", "accepted")
    assert meter.kinds <= AGREE_KINDS_MAX


known_w = st.floats(0, POWER_MAX_W)
readings = st.builds(
    Reading,
    ident=st.sampled_from(["SIM3", "SIN3"]),
    meter_id=st.sampled_from([None, "1", "2"]),
    power_import_w=st.none() | known_w,
    power_export_w=st.none() | known_w,
    current_a=st.tuples(*[st.none() | st.floats(0, CURRENT_MAX_A)] * 3),
    voltage_v=st.tuples(*[st.none() | st.floats(0, 300)] * 3),
    energy_import_wh=st.none() | st.floats(0, ENERGY_MAX_WH),
    energy_export_wh=st.none() | st.floats(0, ENERGY_MAX_WH),
    phase_power_w=st.tuples(*[st.none() | st.floats(-POWER_MAX_W, POWER_MAX_W)] * 3),
)


@given(st.lists(st.tuples(readings, st.floats(0, 1e6)), max_size=40))
def test_whatever_comes_is_judged(sent: list[tuple[Reading, float]]) -> None:
    meter = Meter()
    for reading, after_s in sent:
        assert meter.sends(reading, after_s) in {"accepted", Reason.IMPLAUSIBLE, Reason.UNCONFIRMED}


@given(readings, st.lists(readings, max_size=20))
def test_a_new_truth_is_believed_with_its_second_telegram(truth: Reading, before: list[Reading]) -> None:
    meter = Meter(*before)
    first, second, third = (meter.sends(truth) for _ in range(3))
    assert (second, third) == ("accepted", "accepted"), first


@given(readings, readings)
def test_a_lone_reading_that_says_less_is_never_believed(truth: Reading, corrupt: Reading) -> None:
    assume(says_less(truth, corrupt))
    meter = settled(truth)
    assert meter.sends(corrupt) == Reason.IMPLAUSIBLE
    assert meter.sends(truth) == "accepted"


@given(st.lists(readings, min_size=1, max_size=3), readings)
def test_lone_damages_between_good_ones_never_lower_what_is_shown(corrupt: list[Reading], truth: Reading) -> None:
    meter = settled(truth)
    for damaged in corrupt:
        if meter.sends(damaged) == "accepted":
            assert not says_less(truth, damaged)
        for _ in range(2):
            last = meter.sends(truth)
        assert last == "accepted"


def says_less(truth: Reading, other: Reading) -> bool:
    """Whether a reading claims less load than the truth, beyond what counts as agreement."""

    def less(was: float | None, now: float | None, step: float) -> bool:
        return was is not None and now is not None and now < was - max(step, AGREE_SHARE * abs(was))

    def net(reading: Reading) -> float | None:
        if reading.power_import_w is None and reading.power_export_w is None:
            return None
        return (reading.power_import_w or 0) - (reading.power_export_w or 0)

    return less(net(truth), net(other), AGREE_POWER_W) or any(
        less(was, now, step)
        for step, before, after in (
            (AGREE_CURRENT_A, truth.current_a, other.current_a),
            (AGREE_POWER_W, truth.phase_power_w, other.phase_power_w),
        )
        for was, now in zip(before, after, strict=True)
    )
