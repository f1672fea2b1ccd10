"""What the house is taken for between lists that come at different intervals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.meter.hold import LOWEST_V, Holder
from ngair.model.limits import FRESH_MAX_S
from ngair.model.phases import UNKNOWN_PHASES
from ngair.model.reading import Reading
from ngair.model.telegram import Origin, Telegram

UNTOLD_UNIT = Origin(port="HAN", framing="HDLC", dialect="made-up", energy_unit_told=False)


def power(import_w: float | None, **values: Any) -> Reading:
    """The list that comes every 2.5 s."""
    return Reading(ident="MADE_UP_V1", power_import_w=import_w, checked=True, **values)


def ten_seconds(import_w: float = 2300, export_w: float = 0, **values: Any) -> Reading:
    """The list that comes every 10 s."""
    told: dict[str, Any] = {"meter_id": "M1", "current_a": (4.0, 3.0, 3.0), "voltage_v": (230.0, 229.0, 231.0)}
    return power(import_w, power_export_w=export_w, **(told | values))


def hourly(energy_import_wh: float, import_w: float = 2300, energy_export_wh: float = 70, **values: Any) -> Reading:
    """The list that comes instead of it once an hour."""
    energies = {"energy_import_wh": energy_import_wh, "energy_export_wh": energy_export_wh}
    return ten_seconds(import_w, **(energies | values))


class Meter:
    """Sends lists to a holder, and tells what becomes of them."""

    def __init__(self, origin: Origin | None = None, energy_unit_wh: int | None = None, kept_wh: float = 0) -> None:
        self.now_s = 5_000.0
        self._origin = origin or Origin(port="HAN", framing="HDLC", dialect="made-up")
        self._holder = Holder(energy_unit_wh, kept_wh)

    def sends(self, reading: Reading, after_s: float = 2.5) -> Reading:
        """The reading of the completed telegram."""
        self.now_s += after_s
        sent = Telegram("7ea0", 2, reading, self._origin, b"body")
        told = self._holder.complete(sent, self.now_s)
        assert (told.data, told.wire_len, told.origin, told.body) == ("7ea0", 2, self._origin, b"body")
        assert told.reading.time == reading.time
        assert told.reading.checked == reading.checked
        return told.reading

    def settled(self, cycles: int = 3, **values: Any) -> Meter:
        """Has sent its lists for a while: power three times, then currents."""
        for _ in range(cycles):
            for _ in range(3):
                self.sends(power(2300))
            self.sends(ten_seconds(**values))
        return self


def test_a_meter_that_tells_all_each_time_is_left_alone() -> None:
    holder, at_s = Holder(), 0.0
    for import_w in (100, 200, None, 300):
        telegram = Telegram("", 0, hourly(5, current_a=(1, None, 2)) if import_w else hourly(4))
        at_s += 10
        assert holder.complete(telegram, at_s) is telegram


def test_power_between_is_completed_by_the_last_currents() -> None:
    told = Meter().settled().sends(power(2300))
    assert (told.current_a, told.voltage_v) == ((4.0, 3.0, 3.0), (230.0, 229.0, 231.0))
    assert told.estimated == ("power_export_w",), "an import says that nothing is given, which the list does not"
    assert told.power_export_w == 0
    assert told.held_current is not None
    assert (told.held_current.age_s, told.held_current.change_w) == (2.5, 0)


def test_before_the_first_list_with_them_nothing_is_known() -> None:
    told = Meter().sends(power(500))
    assert (told.current_a, told.power_export_w, told.energy_import_wh) == (UNKNOWN_PHASES, None, None)


def test_a_list_that_tells_currents_is_left_as_it_is() -> None:
    sent = ten_seconds(5000, current_a=(9.0, 8.0, 7.0))
    assert Meter().settled().sends(sent) is sent


def test_a_rise_counts_on_every_phase() -> None:
    meter = Meter().settled()
    told = meter.sends(power(2300 + 2290))
    assert told.current_a == pytest.approx((13.96, 13.0, 12.92))
    assert told.estimated == ("power_export_w", "current_a")
    assert told.held_current is not None
    assert (told.held_current.current_a, told.held_current.change_w) == ((4.0, 3.0, 3.0), 2290)
    assert meter.sends(power(100)).current_a == told.current_a, "only a list that tells currents lowers them"
    assert meter.sends(ten_seconds(100, current_a=(0.4, 0.1, 0.1))).current_a == (0.4, 0.1, 0.1)
    assert meter.sends(power(100)).current_a == (0.4, 0.1, 0.1)


@pytest.mark.parametrize(
    ("voltage_v", "by_v"),
    [((240.0, None, 0.0), (240, 240, 240)), (UNKNOWN_PHASES, (LOWEST_V,) * 3), ((231.0, 0.0, 229.0), (231, 229, 229))],
    ids=str,
)
def test_without_a_voltage_the_lowest_that_is_known_counts(voltage_v: Any, by_v: tuple[float, ...]) -> None:
    told = Meter().settled(voltage_v=voltage_v).sends(power(2300 + 1000))
    for current_a, before_a, volts in zip(told.current_a, (4, 3, 3), by_v, strict=True):
        assert current_a is not None
        assert before_a + 1000 / volts <= current_a <= before_a + 1000 / volts + 0.01


def test_a_phase_that_is_not_told_stays_unknown() -> None:
    told = Meter().settled(current_a=(4.0, None, 3.0)).sends(power(9000))
    assert told.current_a[1] is None


def test_turning_from_giving_to_taking_counts_from_what_was_given() -> None:
    meter = Meter().settled(import_w=0, export_w=2300)
    told = meter.sends(power(0))
    assert (told.power_export_w, told.current_a) == (2300, (4.0, 3.0, 3.0)), "nothing is taken: nothing says it rose"
    assert told.estimated == ("power_export_w",)
    told = meter.sends(power(2300))
    assert told.power_export_w == 0
    assert told.current_a[0] == 24


def test_a_meter_that_tells_both_ways_at_once_does_not_net() -> None:
    meter = Meter().settled(import_w=1000, export_w=300)
    assert meter.sends(power(1200)).power_export_w == 300


def test_held_currents_lose_a_direction_that_a_rise_may_have_turned() -> None:
    meter = Meter().settled(phase_power_w=(-900.0, 600.0, 700.0))
    assert meter.sends(power(2300)).phase_power_w == (-900, 600, 700)
    assert meter.sends(power(2301)).phase_power_w == (None, 600, 700)


def test_currents_whose_power_cannot_be_compared_are_not_believed() -> None:
    meter = Meter()
    apart = Reading(ident="", current_a=(4.0, 3.0, 3.0), checked=True)
    assert meter.sends(apart) is apart
    assert meter.sends(power(500)).current_a == UNKNOWN_PHASES
    assert meter.sends(apart).current_a == (4, 3, 3)
    assert meter.sends(power(730)).current_a == pytest.approx((5.12, 4.12, 4.12))


@pytest.mark.parametrize(("interval_s", "held_s"), [(4, 15), (10, 30), (18, 54), (40, 60)])
def test_currents_are_unknown_after_three_of_their_own_intervals(interval_s: float, held_s: float) -> None:
    meter = Meter()
    for _ in range(20):
        meter.sends(power(2300), interval_s - 1)
        meter.sends(ten_seconds(), 1)
    silent_s = 0.0
    while silent_s < 90:
        told = meter.sends(power(2300), 0.5)
        silent_s += 0.5
        expected = ((4.0, 3.0, 3.0), (230.0, 229.0, 231.0)) if silent_s <= held_s else (UNKNOWN_PHASES, UNKNOWN_PHASES)
        assert (told.current_a, told.voltage_v) == expected, silent_s
        assert (told.held_current is not None) == (silent_s <= held_s)


def test_lists_that_become_others_expire_too() -> None:
    meter = Meter()
    for _ in range(50):
        meter.sends(hourly(5000), 10)
    for second in range(1, 100):
        told = meter.sends(power(2300), 1)
        assert (told.current_a == UNKNOWN_PHASES) == (second > 30)


def test_energies_sent_apart_are_completed_by_power() -> None:
    meter = Meter()
    energies = Reading(ident="", meter_id="OTHER-NAME", energy_export_wh=2000, checked=True)
    for second in range(0, 50, 10):
        told = meter.sends(replace(energies, energy_import_wh=1000 + second), 5)
        sent = meter.sends(ten_seconds(3600), 5)
    assert (told.power_import_w, told.current_a, told.energy_import_wh) == (3600, (4, 3, 3), 1040)
    assert told.estimated == ()
    assert (sent.energy_import_wh, sent.energy_export_wh) == (1050, 2000), "ten seconds since it last told its power"
    assert sent.estimated == ("energy_import_wh", "energy_export_wh")


def test_of_another_meter_nothing_is_held() -> None:
    meter = Meter().settled()
    meter.sends(hourly(5_000_000))
    other = power(300, meter_id="M2")
    assert meter.sends(other) is other
    assert meter.sends(hourly(20, meter_id="M2")).energy_import_wh == 20


class TestEnergy:
    """Counters that are told once an hour."""

    def test_between_they_are_carried_on_and_marked(self) -> None:
        meter = Meter().settled()
        assert meter.sends(hourly(5_000)).energy_import_wh == 5_000
        for _ in range(720):
            told = meter.sends(power(2400))
        assert told.energy_import_wh == 5_000 + 2400 * 0.5 - 1
        assert told.energy_export_wh == 70
        assert {"energy_import_wh", "energy_export_wh"} <= set(told.estimated)

    def test_what_is_given_is_carried_on_by_the_lists_that_tell_it(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000, 0, export_w=3600))
        for _ in range(10):
            for _ in range(3):
                meter.sends(power(0))
            told = meter.sends(ten_seconds(0, 3600))
        assert (told.energy_import_wh, told.energy_export_wh) == (5_000, 170)

    def test_the_truth_stands_unmarked_where_it_is_above(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000))
        meter.sends(power(2400), 60)
        sent = hourly(5_100)
        assert meter.sends(sent, 60) is sent

    def test_what_was_told_stands_until_the_truth_has_passed_it(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000, 60_000))
        told = meter.sends(power(60_000), 60)
        assert told.energy_import_wh == 6_000
        told = meter.sends(hourly(5_500, 6_000), 10)
        assert told.energy_import_wh == 6_000
        assert "energy_import_wh" in told.estimated
        assert meter.sends(power(6_000), 60).energy_import_wh == 6_000
        told = meter.sends(hourly(6_091), 3600)
        assert (told.energy_import_wh, told.estimated) == (6_091, ())

    def test_an_hour_told_twice_takes_nothing_back(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000))
        for _ in range(60):
            told = meter.sends(power(1000), 60)
        assert told.energy_import_wh == 6_010
        told = meter.sends(hourly(5_000, 1000), 1)
        assert told.energy_import_wh == 6_011
        assert "energy_import_wh" in told.estimated
        assert meter.sends(power(1000), 36).energy_import_wh == 6_021

    def test_over_a_silence_nothing_is_added(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000))
        assert meter.sends(power(2400), FRESH_MAX_S + 1).energy_import_wh == 5_000
        assert meter.sends(power(2400), 30).energy_import_wh == 5_020

    def test_a_register_that_fell_is_believed_the_second_time(self) -> None:
        meter = Meter().settled()
        meter.sends(hourly(5_000))
        assert meter.sends(hourly(30), 3600).energy_import_wh == 5_000
        sent = hourly(40)
        assert meter.sends(sent, 3600) is sent


class TestUnit:
    """Registers of which nothing tells whether they count 1 Wh or 10 Wh."""

    def hours(self, meter: Meter, count: int, wh_of_hour: float, start: float = 80_000) -> list[Reading]:
        """Lists of that many hours at 1800 W; the register counts what it is told to."""
        told = []
        for hour in range(count):
            told.append(meter.sends(hourly(start + hour * wh_of_hour, 1800), 10))
            for _ in range(359):
                meter.sends(ten_seconds(1800), 10)
        return told

    def test_a_register_in_tens_is_left_as_it_is_read(self) -> None:
        told = self.hours(Meter(UNTOLD_UNIT), 3, 1800)
        assert [reading.energy_import_wh for reading in told] == [80_000, 81_800, 83_600]
        assert ["energy_import_wh" in reading.estimated for reading in told] == [True, False, False]

    def test_a_register_in_ones_is_found_out(self) -> None:
        told = self.hours(Meter(UNTOLD_UNIT), 4, 18_000)
        assert [reading.energy_import_wh for reading in told] == [80_000, 9_800, 11_600, 13_400]
        assert told[0].energy_export_wh == 70
        assert told[1].energy_export_wh == 7
        assert ["energy_import_wh" in reading.estimated for reading in told] == [True, False, False, False]

    def test_what_fits_neither_stays_as_it_is_read_and_marked(self) -> None:
        told = self.hours(Meter(UNTOLD_UNIT), 4, 5400)
        assert [reading.energy_import_wh for reading in told] == [80_000, 85_400, 90_800, 96_200]
        assert all("energy_import_wh" in reading.estimated for reading in told)

    @pytest.mark.parametrize(("unit_wh", "told_wh"), [(1, 8_000), (10, 80_000)])
    def test_a_setting_goes_before(self, unit_wh: int, told_wh: float) -> None:
        told = self.hours(Meter(UNTOLD_UNIT, unit_wh), 1, 0)
        assert (told[0].energy_import_wh, told[0].estimated) == (told_wh, ())

    def test_a_unit_that_is_changed_from_afar_is_followed(self) -> None:
        meter = Meter(UNTOLD_UNIT)
        told = self.hours(meter, 3, 1800, 20_000_000)
        told += self.hours(meter, 3, 18_000, 200_054_000)
        told += self.hours(meter, 2, 1800, 20_010_800)
        energies = [reading.energy_import_wh for reading in told]
        assert energies == [20_000_000 + 1800 * hour for hour in range(8)]
        assert ["energy_import_wh" in reading.estimated for reading in told] == [True, *[False] * 7]

    @pytest.mark.parametrize(
        ("kept_wh", "wh_of_hour", "told_wh"),
        [(8_000, 18_000, [8_000, 9_800, 11_600]), (80_000, 1800, [80_000, 81_800, 83_600]),
         (8_000, 1800, [8_000, 81_800, 83_600]), (80_000, 18_000, [80_000, 9_800, 11_600]),
         (1_000, 18_000, [80_000, 9_800, 11_600])],
        ids=["ones", "tens", "tens, kept wrongly", "ones, kept before they were known", "another meter's"],
    )  # fmt: skip
    def test_what_was_kept_says_what_it_is_taken_for(
        self, kept_wh: float, wh_of_hour: float, told_wh: list[float]
    ) -> None:
        told = self.hours(Meter(UNTOLD_UNIT, kept_wh=kept_wh), 3, wh_of_hour)
        assert [reading.energy_import_wh for reading in told] == told_wh
        assert ["energy_import_wh" in reading.estimated for reading in told] == [True, False, False], (
            "proven in an hour"
        )

    def test_little_energy_proves_nothing(self) -> None:
        meter = Meter(UNTOLD_UNIT)
        for step in range(10):
            told = meter.sends(hourly(80_000 + step, 1800), 10)
        assert "energy_import_wh" in told.estimated

    def test_a_silence_is_no_proof(self) -> None:
        meter = Meter(UNTOLD_UNIT)
        meter.sends(hourly(80_000, 1800), 10)
        for _ in range(100):
            meter.sends(ten_seconds(1800), 10)
        meter.sends(ten_seconds(1800), 3600)
        for _ in range(100):
            meter.sends(ten_seconds(1800), 10)
        assert "energy_import_wh" in meter.sends(hourly(90_000, 1800), 10).estimated


watts = st.integers(0, 20_000)
amps = st.none() | st.floats(0, 60)
volts = st.none() | st.floats(0, 260)
some_lists = st.one_of(
    st.builds(power, watts),
    st.builds(ten_seconds, watts, watts, current_a=st.tuples(amps, amps, amps), voltage_v=st.tuples(*[volts] * 3)),
    st.builds(Reading, ident=st.just(""), energy_import_wh=st.integers(0, 10**6), power_export_w=st.none() | watts),
    st.builds(Reading, ident=st.just(""), phase_power_w=st.tuples(*[st.none() | st.integers(-9000, 9000)] * 3)),
)  # fmt: skip
sent_lists = st.lists(st.tuples(some_lists, st.floats(0, 80)), max_size=40)


def rise_then_voltage(before_v: float, after_v: float | None) -> list[tuple[Reading, float]]:
    """Power rises at one voltage, then a list that tells no currents tells another one."""
    measured = ten_seconds(voltage_v=(before_v, None, None))
    return [(measured, 0), (power(7000), 2), (power(7000, voltage_v=(after_v, None, 0.0)), 2)]


@example(rise_then_voltage(195, 230))
@example(rise_then_voltage(195, None))
@given(sent_lists)
def test_currents_are_never_lowered_by_a_list_without_them(sent: list[tuple[Reading, float]]) -> None:
    meter = Meter()
    measured, told_a, measured_s = UNKNOWN_PHASES, UNKNOWN_PHASES, 0.0
    for reading, after_s in sent:
        told = meter.sends(reading, after_s)
        if reading.current_a != UNKNOWN_PHASES:
            assert told.current_a == reading.current_a
            assert told.held_current is None
            measured = told_a = reading.current_a
            measured_s = meter.now_s
            continue
        assert told.current_a == UNKNOWN_PHASES or meter.now_s - measured_s <= FRESH_MAX_S
        if told.current_a != UNKNOWN_PHASES:
            for now_a, before_a, first_a in zip(told.current_a, told_a, measured, strict=True):
                assert (now_a is None) == (first_a is None)
                assert now_a is None or now_a >= (before_a or 0)
            told_a = told.current_a


@given(sent_lists)
def test_what_a_list_tells_is_told(sent: list[tuple[Reading, float]]) -> None:
    meter = Meter()
    for reading, after_s in sent:
        told = meter.sends(reading, after_s)
        for name in ("power_import_w", "power_export_w", "voltage_v", "phase_power_w"):
            value = getattr(reading, name)
            if value not in (None, UNKNOWN_PHASES):
                assert getattr(told, name) == value or name == "phase_power_w"
        assert set(reading.estimated) <= set(told.estimated)


@given(st.lists(st.tuples(watts, st.floats(0, 80), st.none() | st.integers(0, 30_000)), max_size=60))
def test_energy_never_goes_back(sent: list[tuple[int, float, int | None]]) -> None:
    meter = Meter()
    true_wh, before_wh = 1_000, 0.0
    for import_w, after_s, rise_wh in sent:
        if rise_wh is None:
            told = meter.sends(power(import_w), after_s)
        else:
            true_wh += rise_wh
            told = meter.sends(hourly(true_wh, import_w), after_s)
            assert (told.energy_import_wh or 0) >= true_wh
            assert ("energy_import_wh" in told.estimated) == (told.energy_import_wh != true_wh)
        if told.energy_import_wh is not None:
            assert told.energy_import_wh >= before_wh
            before_wh = told.energy_import_wh


@given(st.lists(st.tuples(some_lists, st.floats(0, 80), st.booleans()), max_size=40))
def test_no_order_of_lists_is_too_much(sent: list[tuple[Reading, float, bool]]) -> None:
    holder, at_s = Holder(), 0.0
    for reading, after_s, unit_told in sent:
        at_s += after_s
        told = holder.complete(Telegram("", 0, reading, Origin(energy_unit_told=unit_told)), at_s).reading
        assert len(set(told.estimated)) == len(told.estimated)
