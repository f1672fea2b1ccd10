"""Every Wh by which a counter moves is energy in hours and days, or a jump that is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.history import METER, EventKind
from tests.history.box import ZONES, Box, at

WINTER = at("2026-03-28T22:10:00+01:00")
"""A few hours before summer time in Europe."""
AUTUMN = at("2026-10-24T22:10:00+02:00")
FIRST_WH = 5_000_000

Deed = tuple[str, int]

honest = st.one_of(
    st.tuples(st.just("rise"), st.integers(0, 150)),
    st.tuples(st.just("gap"), st.integers(1, 200_000)),
    st.tuples(st.just("kill"), st.integers(1, 100_000)),
    st.tuples(st.just("restart"), st.integers(1, 100_000)),
    st.tuples(st.just("step"), st.integers(-40_000, 400_000)),
    st.tuples(st.just("estimate"), st.integers(-5, 5)),
    st.tuples(st.just("bad"), st.sampled_from((-(10**6), -1, 10**6, 10**9))),
)
"""Whatever may happen to a meter that counts all the time."""
hostile = st.one_of(
    honest,
    st.tuples(st.just("set"), st.sampled_from((0, 1, 17, 10**6, FIRST_WH, 9_999_990, 10**9, 10**12))),
    st.tuples(st.just("meter"), st.integers(0, 2)),
)


class House:
    """A meter that counts honestly, and what may be done to it."""

    def __init__(self, wall_s: float, zone: tzinfo) -> None:
        self.box = Box(wall_s, zone)
        self.value_wh = FIRST_WH
        self.meter_id = "M0"
        self.tell()

    def tell(self, offset_wh: int = 0, estimated: tuple[str, ...] = ()) -> None:
        value_wh = max(0, self.value_wh + offset_wh)
        self.box.read(value_wh, value_wh // 2, meter_id=self.meter_id, estimated=estimated)

    def do(self, deed: Deed) -> None:
        what, much = deed
        self.box.wait(10)
        if what == "rise":
            self.value_wh += much
        elif what == "gap":
            self.box.wait(much)
            self.value_wh += much // 3
        elif what == "kill":
            self.box.kill(much)
            self.value_wh += much // 3
        elif what == "restart":
            self.box.restart(much)
            self.value_wh += much // 3
        elif what == "step":
            self.box.wall_s = max(0.0, self.box.wall_s + much)
        elif what == "estimate":
            self.tell(much, ("energy_import_wh", "energy_export_wh"))
            return
        elif what == "bad":
            self.tell(much)
            self.box.wait(10)
        elif what == "set":
            self.value_wh = much
        elif what == "meter":
            self.meter_id = f"M{much}"
        self.tell()


starts = st.sampled_from((WINTER, AUTUMN, 100.0, at("2026-06-01T00:00:00+00:00")))


@given(st.lists(honest, max_size=40), starts, st.sampled_from(ZONES))
def test_what_a_house_uses_is_booked_to_the_wh_whatever_happens_to_the_box(
    deeds: list[Deed], start_s: float, zone: tzinfo
) -> None:
    house = House(start_s, zone)
    for deed in deeds:
        house.do(deed)
        house.box.kept.balance()
    for _ in range(2):
        house.do(("rise", 1))
    house.box.stop()
    kept = house.box.kept
    kept.balance()
    for name, value_wh in (("import", house.value_wh), ("export", house.value_wh // 2)):
        counter = kept.counters[name]
        assert counter.value_wh == value_wh
        assert counter.jumped_wh == 0
    assert kept.total_wh("hour") == house.value_wh - kept.counters["import"].first_wh


@given(st.lists(hostile, max_size=40), starts, st.sampled_from(ZONES))
def test_books_balance_whatever_a_meter_tells(deeds: list[Deed], start_s: float, zone: tzinfo) -> None:
    house = House(start_s, zone)
    for deed in deeds:
        house.do(deed)
        house.box.kept.balance()
    for _ in range(3):
        house.do(("rise", 1))
    house.box.stop()
    house.box.kept.balance()
    assert house.box.kept.counters["import"].value_wh == house.value_wh
    assert all(min(energy) >= 0 for energy in house.box.kept.energy_wh.values())


def test_a_kill_loses_nothing_of_the_counters() -> None:
    box = Box(WINTER)
    for second in range(300):
        box.wait(1)
        box.read(FIRST_WH + second)
    taken = box.kept.total_wh("hour")
    assert 200 < taken < 300
    box.kill(3600)
    box.read(FIRST_WH + 1000)
    box.flush()
    box.kept.balance()
    assert box.kept.total_wh("hour") == 1000
    assert box.kept.counters["import"].jumped_wh == 0


def test_energy_of_a_gap_goes_evenly_to_its_hours() -> None:
    box = Box(at("2026-05-04T10:30:00+02:00"))
    box.read(FIRST_WH)
    box.wait(4 * 3600)
    box.read(FIRST_WH + 4000)
    box.flush()
    hours = {start_s: energy[0] for (step, start_s, _), energy in box.kept.energy_wh.items() if step == "hour"}
    first_s = int(at("2026-05-04T10:00:00+02:00"))
    assert {start_s: wh for start_s, wh in hours.items() if wh} == {
        first_s: 500,
        **{first_s + 3600 * n: 1000 for n in (1, 2, 3)},
        first_s + 4 * 3600: 500,
    }


@pytest.mark.parametrize(
    ("start", "hours"),
    [("2026-03-29T00:00:00+01:00", 23), ("2026-10-25T00:00:00+02:00", 25), ("2026-05-04T00:00:00+02:00", 24)],
)
def test_local_days_have_as_many_hours_as_they_have(start: str, hours: int) -> None:
    box = Box(at(start))
    box.read(FIRST_WH)
    box.wait(48 * 3600)
    box.read(FIRST_WH + 48_000)
    box.flush()
    date_s = int(at(f"{start[:10]}T00:00:00+00:00"))
    assert box.kept.energy_wh["day", date_s, METER][0] == hours * 1000


def test_a_day_of_kolkata_begins_at_half_past_an_utc_hour() -> None:
    zone = next(zone for zone in ZONES if zone.key == "Asia/Kolkata")
    box = Box(at("2026-05-04T18:00:00+00:00"), zone)
    box.read(0)
    box.wait(3600)
    box.read(1000)
    box.flush()
    first_s = int(at("2026-05-04T00:00:00+00:00"))
    assert box.kept.energy_wh["day", first_s, METER][0] == 500
    assert box.kept.energy_wh["day", first_s + 86_400, METER][0] == 500
    assert box.kept.energy_wh["hour", int(at("2026-05-04T18:00:00+00:00")), METER][0] == 1000
    box.kept.balance()


def test_a_clock_that_is_set_books_energy_to_the_time_that_passed() -> None:
    box = Box(100.0)
    box.read(FIRST_WH)
    box.wait(10)
    box.wall_s = at("2026-05-04T10:30:00+02:00")
    box.read(FIRST_WH + 30)
    box.flush()
    assert {key[1] for key, energy in box.kept.energy_wh.items() if key[0] == "hour" and energy[0]} == {
        int(at("2026-05-04T10:00:00+02:00"))
    }


def _tell_twice(box: Box, value_wh: int, **how: str) -> None:
    for _ in range(2):
        box.wait(10)
        box.read(value_wh, **how)  # type: ignore[arg-type]  # only a meter's id is ever given
    box.flush()


@pytest.mark.parametrize(
    ("change", "kind", "booked_wh"),
    [
        (lambda box: _tell_twice(box, 12), EventKind.METER_CHANGED, 0),
        (lambda box: _tell_twice(box, 90_000_000, meter_id="M2"), EventKind.METER_CHANGED, 0),
        (lambda box: _tell_twice(box, 90_000_000), EventKind.COUNTER_JUMPED, 2),
    ],
    ids=["began anew", "another meter", "impossible"],
)
def test_a_jump_is_told_and_only_what_flowed_is_booked(
    change: Callable[[Box], None], kind: EventKind, booked_wh: int
) -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    change(box)
    counter = box.kept.counters["import"]
    assert (counter.first_wh, counter.booked_wh) == (FIRST_WH, booked_wh)
    assert counter.jumped_wh == counter.value_wh - FIRST_WH - booked_wh
    (event,) = [e for e in box.kept.events if e.kind in (EventKind.METER_CHANGED, EventKind.COUNTER_JUMPED)]
    assert event.kind == kind
    assert (event.detail["counter"], event.detail["from_wh"]) == ("import", FIRST_WH)
    assert event.detail["to_wh"] == counter.value_wh
    assert event.detail.get("booked_wh", 0) == booked_wh
    box.kept.balance()


@pytest.mark.parametrize("last_wh", [9_999_995, 99_999_995, 999_999_995])
def test_a_counter_that_rolls_over_goes_on(last_wh: int) -> None:
    box = Box(WINTER)
    box.read(last_wh)
    _tell_twice(box, 7)
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (12, 7 - last_wh - 12)
    assert EventKind.COUNTER_JUMPED in box.kept.kinds()
    box.kept.balance()


@pytest.mark.parametrize(
    ("last_wh", "off_s"),
    [(99_995, 10), (60_000_000, 300 * 3600), (9_999_995, 10)],
    ids=["too short", "not at its end", "too much"],
)
def test_a_counter_that_begins_anew_elsewhere_has_not_rolled_over(last_wh: int, off_s: int) -> None:
    box = Box(WINTER)
    box.read(last_wh)
    box.wait(off_s)
    _tell_twice(box, 7 if last_wh != 9_999_995 else 50_000)
    assert box.kept.counters["import"].booked_wh == 0
    assert EventKind.METER_CHANGED in box.kept.kinds()
    box.kept.balance()


def test_two_strangers_prove_nothing_of_each_other() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    for meter_id in ("M2", "M3", "M2", "M3"):
        box.wait(10)
        box.read(90_000_000, meter_id=meter_id)
    box.read(FIRST_WH + 1)
    box.flush()
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (1, 0)


def test_another_meter_after_an_hour_books_nothing_though_it_counts_on() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    box.wait(3600)
    _tell_twice(box, FIRST_WH + 500, meter_id="M2")
    counter = box.kept.counters["import"]
    assert (counter.device, counter.booked_wh, counter.jumped_wh) == ("M2", 0, 500)


def test_power_tells_nothing_of_a_silence() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH, power_w=1200)
    box.wait(3600)
    _tell_twice(box, 90_000_000)
    assert box.kept.counters["import"].booked_wh == 1200 * 30 // 3600


def test_a_counter_that_stands_still_is_seen_to() -> None:
    box = Box(WINTER)
    for _ in range(130):
        box.read(FIRST_WH)
        box.wait(60)
    assert box.kept.counters["import"].at_s > box.wall_s - 3700


def test_a_value_that_is_bad_once_is_no_jump() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    for bad_wh in (0, 10**10, FIRST_WH - 1):
        box.wait(10)
        box.read(bad_wh)
        box.wait(10)
        box.read(FIRST_WH + 5)
    box.flush()
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (5, 0)
    assert box.kept.kinds() == [EventKind.STARTED]


def test_an_estimate_is_not_booked_and_the_next_true_value_is() -> None:
    box = Box(at("2026-05-04T10:00:00+02:00"))
    box.read(FIRST_WH)
    for second in range(1, 3600):
        box.wait(1)
        box.read(FIRST_WH + second // 3, estimated=("energy_import_wh",))
    assert box.kept.counters["import"].booked_wh == 0
    box.wait(1)
    box.read(FIRST_WH + 1190)
    box.flush()
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (1190, 0)
    assert box.kept.energy_wh["hour", int(at("2026-05-04T10:00:00+02:00")), METER][0] == 1190


def test_a_meter_may_use_two_names_in_turn() -> None:
    box = Box(WINTER)
    for n in range(20):
        box.read(FIRST_WH + n, meter_id=f"M{n % 2}")
        box.wait(2.5)
    box.flush()
    assert box.kept.counters["import"].booked_wh == 19
    assert box.kept.kinds() == [EventKind.STARTED]


def test_a_fraction_of_a_wh_is_left_off() -> None:
    box = Box(WINTER)
    box.read(10.9, 0.2)
    box.wait(10)
    box.read(12.1, 0.9)
    box.flush()
    assert box.kept.counters["import"].booked_wh == 2
    assert box.kept.counters["export"].booked_wh == 0


def test_a_box_that_was_off_for_weeks_and_lost_its_clock_still_books() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    box.flush()
    box.kill(1)
    _tell_twice(box, FIRST_WH + 600_000)
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (600_000, 0)
    assert EventKind.COUNTER_JUMPED not in box.kept.kinds()


def test_what_is_bad_just_after_a_start_is_not_booked() -> None:
    box = Box(WINTER)
    box.read(FIRST_WH)
    box.flush()
    box.kill(1)
    box.read(FIRST_WH + 600_000)
    _tell_twice(box, FIRST_WH + 3)
    counter = box.kept.counters["import"]
    assert (counter.booked_wh, counter.jumped_wh) == (3, 0)


def test_days_are_local_dates() -> None:
    box = Box(at("2026-05-05T00:30:00+02:00"))
    box.read(FIRST_WH)
    box.flush()
    (day_s,) = [key[1] for key in box.kept.stats if key[0] == "day"]
    assert datetime.fromtimestamp(day_s, ZONES[2]).isoformat() == "2026-05-05T00:00:00+00:00"
