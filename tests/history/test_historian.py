"""What happens to a site is what is written, when it has to be, and no more than a minute of it can be lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.model.charging import OutletState
from ngair.model.decision import Rule
from ngair.model.events import ChargerLost, ChargerSeen, TelegramReceived
from ngair.model.history import METER, Batch, EventKind
from ngair.model.prices import read_prices
from ngair.model.reading import HeldCurrent, Reading
from ngair.model.telegram import Telegram
from tests.history.box import Box, at
from tests.history.life import NOON, OUTLET, Life

PRICES = read_prices("2 SEK 22-06=0.5")


def test_readings_are_written_once_a_minute_and_events_at_once() -> None:
    life = Life()
    batches: list[tuple[float, Batch]] = []
    for second in range(300):
        life.reads((1, 1, 1), energy_wh=5000 + second)
        if second == 100:
            life.decides(10, Rule.FUSE)
        batch = life.historian.take(life.now_s, life.wall_s)
        if batch is not None:
            batches.append((second, batch))
        life.now_s += 1
        life.wall_s += 1
    assert life.batches + len(batches) == 6
    for sample in life.kept.samples.values():
        assert sample.at_s % 10 == 0
    minutes = sorted(start_s - NOON for step, start_s, _ in life.kept.stats if step == "minute")
    assert minutes == [0, 60, 120, 180]
    assert life.kept.count("minute") == 240
    life.kept.balance()


def test_a_minute_is_written_when_it_is_over_or_after_as_long() -> None:
    life = Life(wall_s=NOON + 30)
    for _ in range(31):
        life.reads()
        life.wait(1)
    assert life.kept.count("minute") == 30
    slow = Life()
    for _ in range(62):
        slow.reads()
        slow.now_s += 1  # and the wall clock stands still
        slow.take()
    slow.now_s += 1
    slow.wall_s += 10
    slow.now_s += 60
    slow.take()
    assert slow.kept.count("minute") == 62


def test_a_telegram_belongs_to_when_it_came() -> None:
    life = Life()
    life.wait(11)
    reading = Reading(ident="T", power_import_w=5)
    life.does(TelegramReceived(Telegram("", 0, reading), life.now_s - 3, 1))
    life.wait(60)
    assert min(at_s for at_s, _ in life.kept.samples) == NOON


def test_the_main_fuse_says_what_a_house_can_take() -> None:
    life = Life()
    for energy_wh in (10_000, 12_300, 12_301):
        life.reads(energy_wh=energy_wh)
        life.wait(10)
    assert [e.detail["to_wh"] for e in life.told(EventKind.COUNTER_JUMPED)] == [12_300]


def test_an_outlet_counts_once_for_each_time_it_tells_and_not_for_what_it_told_long_ago() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10)
    for _ in range(5):
        life.does(ChargerSeen(life.site.charge_boxes[0]))
    life.wait(120)
    times = [at_s - NOON for at_s, series in life.kept.samples if series == OUTLET]
    assert life.kept.count("minute", series=OUTLET) == 4
    assert times == [0, 10, 20, 30, 40]
    life.outlet(OutletState.CHARGING, 10)
    life.outlet(OutletState.CHARGING, 10, connected=False)
    life.wait(120)
    assert life.kept.count("minute", series=OUTLET) == 5


def test_a_batch_of_events_has_no_readings() -> None:
    life = Life()
    assert life.historian.take(life.now_s, life.wall_s) is not None
    life.historian.reading(Reading(ident="T", power_import_w=5), life.now_s + 1, life.wall_s + 1)
    before = life.kept
    life.now_s, life.wall_s = life.now_s + 2, life.wall_s + 2
    life.decides(10)
    assert before.setpoints
    assert not before.samples
    assert not before.stats
    assert life.historian.take(life.now_s, life.wall_s) is None


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(0, 59), st.integers(0, 59))
def test_a_kill_loses_at_most_a_minute_of_readings(gaps: list[int], offset: int, cut: int) -> None:
    box = Box(at("2026-05-04T10:00:00+02:00") + offset)
    told: list[float] = []
    for n, gap_s in enumerate(gaps):
        if n == cut:
            break
        for _ in range(gap_s):
            box.wait(1)
            box.take()
        box.read(1000 + n)
        told.append(box.wall_s)
    kept_n = box.kept.count("minute")
    assert box.kept.count("hour") == box.kept.count("day") == kept_n
    lost = told[kept_n:]
    assert all(box.wall_s - at_s <= 61 for at_s in lost)
    counted = sum(1 for at_s in told if any(s.at_s <= at_s < s.at_s + 10 for s in box.kept.samples.values()))
    assert counted >= kept_n


def test_a_stop_loses_nothing() -> None:
    life = Life()
    for second in range(95):
        life.reads(energy_wh=5000 + second)
        life.wait(1)
    life.stop()
    assert life.kept.count("minute") == life.kept.count("hour") == life.kept.count("day") == 95
    assert life.kept.counters["import"].booked_wh == 94
    assert life.kept.kinds()[-1] == EventKind.STOPPED
    assert sum(s for key, s in life.kept.covered_s.items() if key[0] == "day") == 95
    life.kept.balance()


def test_a_meter_that_falls_silent_leaves_a_gap() -> None:
    life = Life()
    for _ in range(30):
        life.reads()
        life.wait(1)
    life.wait(300)
    life.reads()
    life.wait(100)
    times = [at_s - NOON for at_s, series in life.kept.samples if series == METER]
    assert times == [0, 10, 20, 30, 40, 330, 340, 350, 360, 370]
    assert life.kept.count("minute") == 31


def test_held_currents_count_as_they_are_shown_and_what_is_unknown_does_not_count() -> None:
    life = Life()
    held = HeldCurrent(5, (10, None, 10), 0)
    reading = Reading(ident="T", current_a=(12, None, 11.5), voltage_v=(230.1, None, None), held_current=held)
    life.does(TelegramReceived(Telegram("", 0, reading), life.now_s, 1))
    life.wait(61)
    assert life.kept.samples[int(NOON), METER].values == (None, None, 12_000, None, 11_500, 2301, None, None)
    assert [stat[0] for stat in life.kept.stats["hour", int(NOON), METER]] == [0, 0, 1, 0, 1, 1, 0, 0]


def test_an_outlet_is_kept_with_its_setpoint_while_there_is_something_to_keep() -> None:
    life = Life()
    for _ in range(30):
        life.outlet(OutletState.AVAILABLE)
        life.wait(1)
    life.decides(13)
    for second in range(30):
        life.outlet(OutletState.CHARGING, 10, 1_000_000 + second)
        life.wait(1)
    for _ in range(200):
        life.outlet(OutletState.AVAILABLE, 0, 1_000_030)
        life.wait(1)
    times = [at_s - NOON for at_s, series in life.kept.samples if series == OUTLET]
    assert times == [30 + 10 * n for n in range(11)]
    sample = life.kept.samples[int(NOON) + 40, OUTLET]
    assert sample.values == (6900, 10_000, 10_000, 10_000, 13_000)
    assert (sample.state, sample.counters_wh) == (2, (1_000_019,))
    assert life.kept.counters[OUTLET].booked_wh == 30
    (session,) = life.kept.sessions.values()
    assert (session.energy_wh, session.charging_s, session.most_power_w) == (30, 30, 6900)
    life.kept.balance()


def test_an_outlet_that_tells_seldom_has_no_gaps_and_a_lost_one_is_unknown() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10)
    life.wait(25)
    life.outlet(OutletState.CHARGING, 10)
    life.wait(10)
    life.does(ChargerLost("CHARGER1"))
    life.wait(100)
    times = [at_s - NOON for at_s, series in life.kept.samples if series == OUTLET]
    assert times == [0, 10, 20, 30, 40]
    assert life.kept.samples[int(NOON), OUTLET].values == (6900, 10_000, 10_000, 10_000, None)


def test_a_counter_that_a_charger_has_not_told_yet_is_no_zero() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10, 0)
    life.wait(5)
    life.outlet(OutletState.CHARGING, 10, 1_000_000)
    life.wait(60)
    counter = life.kept.counters[OUTLET]
    assert (counter.first_wh, counter.booked_wh, counter.jumped_wh) == (1_000_000, 0, 0)
    new = Life()
    new.outlet(OutletState.CHARGING, 10, 0)
    new.wait(5)
    new.outlet(OutletState.CHARGING, 10, 120)
    new.wait(60)
    assert new.kept.counters[OUTLET].booked_wh == 120


def test_energy_costs_what_it_costs_when_it_flows() -> None:
    box = Box(at("2026-05-04T21:30:00+02:00"), prices=PRICES)
    box.read(10_000, 10_000)
    box.wait(3600)
    box.read(11_000, 12_000)
    box.flush()
    hour_s = int(at("2026-05-04T21:00:00+02:00"))
    assert box.kept.cost_micro["hour", hour_s, METER] == 1_000_000
    assert box.kept.cost_micro["hour", hour_s + 3600, METER] == 250_000
    assert box.kept.cost_micro["day", int(at("2026-05-04T00:00:00+00:00")), METER] == 1_250_000
    assert box.kept.cost_micro["minute", hour_s + 1800, METER] is None


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(-3_000_000, 9_000_000))
def test_what_hours_cost_is_what_days_cost_to_a_millionth(rises: list[int], micro: int) -> None:
    prices = replace(PRICES, micro_per_kwh=micro, ranges=())
    box = Box(at("2026-05-04T23:30:00+02:00"), prices=prices)
    value_wh = 10_000
    for rise_wh in rises:
        box.read(value_wh)
        box.wait(60)
        value_wh += rise_wh
    box.read(value_wh)
    box.stop()
    hours, days = (
        sum(cost or 0 for key, cost in box.kept.cost_micro.items() if key[0] == step) for step in ("hour", "day")
    )
    assert hours == days == (value_wh - 10_000) * micro // 1000


def test_without_prices_nothing_has_a_cost() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10, 1000)
    life.wait(10)
    life.outlet(OutletState.AVAILABLE, 0, 1020)
    life.wait(60)
    (session,) = life.kept.sessions.values()
    assert (session.energy_wh, session.cost_micro) == (20, None)
    assert set(life.kept.cost_micro.values()) == {None}


def test_a_session_costs_what_its_energy_costs() -> None:
    life = Life(PRICES, at("2026-05-04T21:59:30+02:00"))
    life.outlet(OutletState.CHARGING, 10, 1000)
    life.wait(60)
    life.outlet(OutletState.CHARGING, 10, 1100)
    life.wait(1)
    life.outlet(OutletState.AVAILABLE, 0, 1100)
    (session,) = life.kept.sessions.values()
    assert session.cost_micro == 50 * 2000 + 50 * 500


@settings(max_examples=30)
@given(st.lists(st.sampled_from(("set", "kill", "stop", "read", "read")), max_size=7), st.integers(-2000, 900))
def test_time_that_comes_again_is_covered_once(deeds: list[str], by_s: int) -> None:
    box = Box(NOON)
    for deed in deeds:
        for n in range(20):
            box.read(1000 + n)
            box.wait(10)
        if deed == "set":
            box.wall_s += by_s
        elif deed == "kill":
            box.kill(min(by_s, 5))
        elif deed == "stop":
            box.restart(min(by_s, 5))
    box.stop()
    longest_s = {"minute": 60, "hour": 3600, "day": 90_000}
    assert all(seconds <= longest_s[key[0]] for key, seconds in box.kept.covered_s.items())


def test_a_restart_does_not_lose_what_is_covered() -> None:
    life = Life()
    for n in range(3):
        for _ in range(60):
            life.reads()
            life.wait(1)
        if n < 2:
            life.stop()
            life.kill(1)
    life.stop()
    assert 138 <= sum(s for key, s in life.kept.covered_s.items() if key[0] == "day") <= 182


@settings(max_examples=20)
@given(st.sets(st.integers(0, 400), max_size=6), st.integers(0, 30))
def test_a_session_and_its_books_agree_after_any_kills(kills: set[int], down_s: int) -> None:
    life = Life(PRICES)
    energy_wh = 1_000_000
    for second in range(400):
        charging = 50 <= second < 200 or 230 <= second < 350
        energy_wh += 2 if charging else 0
        life.outlet(OutletState.CHARGING if charging else OutletState.SUSPENDED_BY_VEHICLE, 10, energy_wh)
        life.wait(1)
        if second in kills:
            life.kill(down_s)
    life.outlet(OutletState.AVAILABLE, 0, energy_wh)
    life.stop()
    (session,) = life.kept.sessions.values()
    first_wh = life.kept.counters[OUTLET].first_wh
    assert session.energy_wh == life.kept.counters[OUTLET].booked_wh == energy_wh - first_wh
    assert session.cost_micro is not None
    assert abs(session.cost_micro - session.energy_wh * 2000) <= len(kills) + 1
    assert session.unplugged_at_s is not None
    assert life.wall_s - 61 - down_s <= session.unplugged_at_s <= life.wall_s
    life.kept.balance()


def test_a_session_that_ended_while_the_box_was_off_ends_when_it_was_seen_last() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10)
    life.wait(10)
    life.outlet(OutletState.CHARGING, 10, 1_000_020)
    life.wait(120)
    life.kill(7200)
    life.outlet(OutletState.AVAILABLE, 0, 1_000_100)
    (session,) = life.kept.sessions.values()
    assert (session.unplugged_at_s, session.energy_wh) == (int(NOON) + 10, 100)
    assert life.told(EventKind.UNPLUGGED)[0].detail == {"energy_wh": 100}


@pytest.mark.parametrize("by_s", [-86_400 * 400, -30, 30, 86_400 * 20_000])
def test_a_clock_that_is_set_breaks_nothing(by_s: float) -> None:
    life = Life()
    for second in range(200):
        if second == 100:
            life.wall_s += by_s
        life.reads(energy_wh=5000 + second)
        life.outlet(OutletState.CHARGING, 10, 1_000_000 + second)
        life.wait(1)
    life.stop()
    assert life.kept.count("minute") == life.kept.count("day") == 200
    assert life.kept.counters["import"].booked_wh == 199
    assert sum(session.energy_wh for session in life.kept.sessions.values()) == 199
    assert len(life.told(EventKind.CLOCK_STEPPED)) == 1
    assert len(life.kept.sessions) == (2 if abs(by_s) > 3600 else 1)
    life.kept.balance()


@pytest.mark.parametrize("plugged", [False, True], ids=["plugged in meanwhile", "plugged in before"])
@pytest.mark.parametrize("gone", [False, True], ids=["still there", "gone"])
def test_what_a_car_was_given_while_the_box_was_off_is_its_own(plugged: bool, gone: bool) -> None:
    life = Life()
    life.outlet(OutletState.PREPARING if plugged else OutletState.AVAILABLE)
    life.wait(70)
    life.kill(down_s=7200)
    life.outlet(OutletState.AVAILABLE if gone else OutletState.CHARGING, 0 if gone else 10, 1_005_000)
    life.stop()
    booked_wh = life.kept.total_wh("hour", OUTLET)
    given = [session.energy_wh for session in life.kept.sessions.values()]
    assert booked_wh == 5000
    assert given == ([5000] if plugged or not gone else []), "a car that nobody saw has no session, only its energy"
