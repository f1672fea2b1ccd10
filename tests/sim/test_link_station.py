"""How a simulated charger behaves: setpoints, pauses, silence, its own balancing, restarts."""

from __future__ import annotations

import pytest

from ngair.model.charging import OutletState
from ngair.sim.station.outlet import PAUSE_CLOSING_S, PAUSE_OPEN_S, SERVED_WH
from ngair.sim.station.station import RESTART_S
from tests.sim.link import SERIAL, Bench, charging

CHARGING, CLOSING, PAUSED = OutletState.CHARGING, OutletState.SUSPENDED_BY_CHARGER, OutletState.SUSPENDED_BY_VEHICLE
CONTROL = f"ctek/ng-v2/controller/{SERIAL}/1/current"


def test_before_the_first_setpoint_it_gives_its_rating() -> None:
    assert charging().amps() == 16
    assert charging(fuse=10).amps() == 10
    assert charging(start_current=6).amps() == 6
    bench = charging(start_current=0)
    assert (bench.amps(), bench.states(1)) == (0, [CLOSING])


def test_a_setpoint_is_obeyed_after_the_car_s_delay_and_ramp() -> None:
    bench = charging()
    bench.send(9)
    bench.run(1.5)
    assert bench.amps() == 16
    bench.run(6)
    assert bench.amps() == 9
    bench.send(12)
    bench.run(10)
    assert bench.amps() == 12


def test_each_outlet_has_its_own() -> None:
    bench = charging(outlets=2)
    bench.send(7, outlet=2)
    bench.run(10)
    assert [outlet.setpoint_a for outlet in bench.station.outlets] == [16, 7]
    assert [max(outlet.current_a) for outlet in bench.station.outlets] == [16, 7]


@pytest.mark.parametrize("payload", [1, 5, b"", b"-6", b"6.5", b" 8", b"8 ", b"1e1", b"ten", b"null", b"\xff", b"9999"])
def test_what_is_no_setpoint_is_left_alone_and_remarked(payload: bytes | int) -> None:
    bench = charging()
    bench.send(12)
    bench.run(1)
    bench.send(payload)
    bench.run(10)
    assert bench.amps() == 12
    [remark] = bench.station.remarks
    assert remark.startswith("outlet 1 ignores ")


def test_more_than_its_rating_is_its_rating() -> None:
    bench = charging(start_current=6)
    bench.send(32)
    bench.run(20)
    assert bench.amps() == 16
    assert bench.station.remarks == ["outlet 1 takes 32 A for its fuse's 16 A"]


def test_remarks_that_nobody_reads_are_bounded() -> None:
    bench = Bench()
    for _ in range(500):
        bench.send(1)
        bench.run(0.01)
    assert len(bench.station.remarks) == 100


@pytest.mark.parametrize(("echo", "told"), [(True, [9] * 5), (False, [16] * 5)])
def test_the_setpoint_is_echoed_or_not(echo: bool, told: list[int]) -> None:
    bench = charging(echo=echo)
    bench.send(9)
    assert [update["MaxAllowedCurrent"] for update in bench.updates(5)] == told


def test_zero_pauses_in_three_steps() -> None:
    bench = charging()
    bench.send(0)
    opened, closing = [CHARGING] * PAUSE_OPEN_S, [CLOSING] * PAUSE_CLOSING_S
    assert bench.states(20) == [*opened, *closing, *[PAUSED] * (20 - PAUSE_OPEN_S - PAUSE_CLOSING_S)]
    assert bench.amps() == 0
    bench.send(10)
    assert set(bench.states(30)) == {CHARGING}
    assert bench.amps() == 10


def test_each_zero_begins_the_pause_anew() -> None:
    bench = charging()
    bench.send(0)
    bench.run(30)
    bench.send(0)
    assert bench.states(6) == [CHARGING, CHARGING, CLOSING, CLOSING, CLOSING, PAUSED]
    bench.send(0)
    assert bench.states(3) == [CHARGING, CHARGING, CLOSING]


def test_zeros_without_end_keep_the_car_charging() -> None:
    bench = charging()
    for _ in range(30):
        bench.send(0)
        assert set(bench.states(2)) == {CHARGING}
    assert bench.amps() >= 6


def test_zeros_again_and_again_make_a_quick_car_stop_and_start() -> None:
    bench = charging(car=("estate",))
    drawn = []
    for _ in range(5):
        bench.send(0)
        bench.run(3)
        drawn.append(bench.amps() > 0)
        bench.run(20)
        drawn.append(bench.amps() > 0)
    assert drawn == [True, False] * 5


def test_zero_may_mean_nothing() -> None:
    bench = charging(zero="ignore")
    bench.send(0)
    assert set(bench.states(30)) == {CHARGING}
    assert bench.amps() == 16
    assert bench.station.remarks == ["outlet 1 ignores 0"]


@pytest.mark.parametrize(
    ("on_silence", "amps"),
    [
        ("hold", {59: 14, 100: 14, 300: 14}),
        ("decay", {59: 14, 61: 13, 81: 11, 300: 6}),
        ("stop", {59: 14, 61: 0, 300: 0}),
    ],
)
def test_silence(on_silence: str, amps: dict[int, int]) -> None:
    bench = charging(on_silence=on_silence)
    bench.send(14)
    seen = {}
    for second in range(1, 301):
        bench.run(1)
        seen[second] = bench.station.outlets[0].setpoint_a
    assert {second: seen[second] for second in amps} == amps
    assert bench.amps() == amps[300]


def test_a_setpoint_ends_what_silence_began() -> None:
    bench = charging(on_silence="stop")
    bench.run(120)
    assert bench.amps() == 0
    bench.send(8)
    bench.run(30)
    assert bench.amps() == 8


def test_setpoints_in_time_keep_it_from_being_silent() -> None:
    bench = charging(on_silence="stop", silence=20)
    for _ in range(20):
        bench.send(8)
        bench.run(15)
    assert bench.amps() == 8


def test_it_balances_by_itself_the_minimum_first_then_what_the_house_leaves() -> None:
    bench = charging(balances=True, house_fuse=25)
    published = []
    for _ in range(6):
        sent_s = bench.now_s
        bench.send_meterdata(12.0, 20.0, 11.0)
        own = [(at_s - sent_s, m.payload) for at_s, m in bench.run(10) if m.topic == CONTROL]
        assert all(0.1 <= after_s <= 0.3 for after_s, _ in own)
        published += [payload for _, payload in own]
    assert published == [b"6", b"6", b"6", b"11", b"16", b"16"]
    assert bench.amps() == 16


def test_its_own_target_never_falls_below_the_minimum() -> None:
    bench = charging(balances=True)
    for _ in range(6):
        bench.send_meterdata(60.0, 0.0, 0.0)
        bench.run(10)
    assert bench.amps() == 6


def test_the_last_setpoint_wins() -> None:
    bench = charging(balances=True)
    for _ in range(5):
        bench.send_meterdata(5.0, 5.0, 5.0)
        bench.run(5)
    bench.send(7)
    bench.send_meterdata(5.0, 5.0, 5.0)
    bench.run(0.05)
    assert bench.station.outlets[0].setpoint_a == 7
    bench.run(5)
    assert bench.station.outlets[0].setpoint_a == 16
    bench.send(7)
    bench.run(10)
    assert bench.amps() == 7


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"{}", b'{"current":[1,2]}', b'{"current":[1,2,null]}', b'{"current":[NaN,1,2]}', b"[" * 4000],
)
def test_meterdata_that_is_none_is_balanced_by_nobody(payload: bytes) -> None:
    bench = charging(balances=True)
    bench.station.receive(f"ctek/client/{SERIAL}/sma/meterdata", payload, bench.now_s)
    assert CONTROL not in {m.topic for _, m in bench.run(10)}


def test_without_balancing_meterdata_changes_nothing() -> None:
    bench = charging()
    bench.send_meterdata(60.0, 60.0, 60.0)
    assert CONTROL not in {m.topic for _, m in bench.run(10)}
    assert bench.amps() == 16


def test_two_outlets_share_what_the_house_leaves() -> None:
    bench = charging(balances=True, outlets=2)
    for _ in range(3):
        bench.send_meterdata(0.0, 0.0, 0.0)
        bench.run(10)
    bench.send_meterdata(19.0, 19.0, 19.0)
    bench.run(10)
    assert [outlet.setpoint_a for outlet in bench.station.outlets] == [9, 9]


def test_a_restart_is_silent_and_forgets() -> None:
    bench = charging(restart_every=100)
    bench.send(8)
    bench.run(39.5)
    up = [bench.station.is_up]
    assert bench.amps() == 8
    assert bench.run(RESTART_S) == []
    up.append(bench.station.is_up)
    assert bench.amps() == 0
    bench.send(10)
    bench.run(1)
    up.append(bench.station.is_up)
    assert up == [True, False, True]
    assert bench.station.outlets[0].setpoint_a == 16, "what it was sent meanwhile it did not hear"
    bench.run(40)
    assert bench.amps() == 16
    assert bench.station.remarks == ["restarts"]


def test_it_counts_on_after_a_restart() -> None:
    bench = charging(restart_every=100)
    before = bench.station.outlets[0].energy_wh
    bench.run(80)
    assert bench.station.outlets[0].energy_wh > before >= SERVED_WH[0]


def test_a_car_that_faults_is_told() -> None:
    bench = charging(car=("delicate",))
    for _ in range(3):
        bench.send(0)
        bench.run(30)
        bench.send(10)
        bench.run(60)
    assert bench.states(1) == [OutletState.FAULTED]


def test_a_car_that_wants_more_than_it_may_is_told() -> None:
    bench = charging(car=("van",))
    bench.send(7)
    bench.run(30)
    assert (bench.states(1), bench.amps()) == ([OutletState.SUSPENDED_BY_VEHICLE], 0)


def test_speed_is_the_cars_and_messages_keep_their_pace() -> None:
    bench = Bench(speed=3600)
    updates = bench.updates(24)
    assert len(updates) == 24
    states = {OutletState(update["State"]) for update in updates}
    assert states >= {OutletState.SUSPENDED_BY_VEHICLE, OutletState.AVAILABLE}, "a day of coming and going"


def test_slow_cars_have_slow_seconds() -> None:
    bench = Bench(speed=0.25)
    bench.run(60)
    assert bench.amps() < 1
    bench.run(180)
    assert bench.amps() == 16
