"""The wire of a simulated charger: late, lossy, nonsense; and that nothing breaks it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.phases import KnownPhases
from ngair.sim.station.messages import Publish
from ngair.sim.station.options import StationOptions
from ngair.sim.station.station import Station
from ngair.sim.station.wire import FAULTY_SHARE, NONSENSE, QUEUE_MAX
from tests.sim.link import SERIAL, Bench, charging

UPDATE = f"ctek/ng-v2/client/{SERIAL}/1/update"


def test_a_lag_delays_what_it_hears_and_tells() -> None:
    bench = charging(lag=4.5)
    assert {at_s % 1 for at_s, _ in bench.run(10)} == {0.5}
    bench.send(9)
    bench.run(4)
    assert bench.station.outlets[0].setpoint_a == 16
    bench.run(1)
    assert bench.station.outlets[0].setpoint_a == 9


def test_a_lag_keeps_the_order() -> None:
    bench = charging(lag=2)
    for amps in (9, 12, 7):
        bench.send(amps)
    bench.run(3)
    assert bench.station.outlets[0].setpoint_a == 7


def test_messages_get_lost_both_ways_and_the_seed_decides_which() -> None:
    def lost(seed: int) -> tuple[int, int]:
        bench = Bench(drop=0.3, seed=seed)
        told = sum(message.topic == UPDATE for _, message in bench.run(1000))
        heard = 0
        for _ in range(500):
            bench.send(1)
            bench.run(0.01)
            heard += len(bench.station.remarks)
            bench.station.remarks.clear()
        return told, heard

    told, heard = lost(1)
    assert told == pytest.approx(700, abs=60)
    assert heard == pytest.approx(350, abs=45)
    assert lost(1) == (told, heard)
    assert lost(2) != (told, heard)


def test_a_wire_that_loses_all_loses_all_but_announcements() -> None:
    bench = Bench(drop=1.0)
    assert bench.run(100) == []
    assert bench.station.announcements() != []


def test_one_update_in_twenty_is_nonsense() -> None:
    class Update(msgspec.Struct):
        State: int
        EvUsesPhase: tuple[int, int, int]
        MaxAllowedCurrent: int
        Current: KnownPhases

    def is_good(payload: bytes) -> bool:
        try:
            update = msgspec.json.decode(payload, type=Update)
        except msgspec.DecodeError:
            return False
        return payload not in NONSENSE and update.State in range(9)

    bench = charging(faulty_updates=True)
    updates = [message.payload for _, message in bench.run(4000) if message.topic == UPDATE]
    bad = {payload for payload in updates if not is_good(payload)}
    assert len(updates) == 4000
    assert sum(payload in bad for payload in updates) == pytest.approx(4000 * FAULTY_SHARE, rel=0.3)
    assert len(bad) >= len(NONSENSE) - 2


def test_what_waits_on_the_wire_is_bounded() -> None:
    bench = Bench(lag=60)
    for _ in range(QUEUE_MAX + 500):
        bench.send(1)
    bench.run(61)
    assert bench.station.due_s > bench.now_s
    assert bench.run(120) != []


def test_a_payload_without_end_is_not_even_kept() -> None:
    bench = charging()
    bench.send(b"8" * 10_000_000)
    bench.run(1)
    assert bench.station.remarks == []


OPTIONS: list[dict[str, Any]] = [
    {},
    {"balances": True, "outlets": 2, "lag": 0.37, "drop": 0.2, "faulty_updates": True},
    {"restart_every": 40, "on_silence": "decay", "speed": 7.3, "echo": True, "car": ("delicate",)},
]


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "wire", "restarts"])
@given(cuts=st.lists(st.floats(0.001, 30), max_size=20))
def test_however_time_is_cut_it_says_the_same(options: dict[str, Any], cuts: list[float]) -> None:
    def said(steps: list[float]) -> list[Publish]:
        bench = Bench(**options)
        bench.send_meterdata(3.0, 2.0, 1.0)
        bench.send(8)
        told: list[Publish] = []
        for until_s in [*sorted({step for step in steps if step < 100}), 100.0]:
            told += bench.station.step(until_s)
        return told

    moments = [sum(cuts[: index + 1]) for index in range(len(cuts))]
    assert said(moments) == said([])


topics = st.sampled_from(
    [
        *(f"ctek/ng-v2/controller/{SERIAL}/{outlet}/current" for outlet in (1, 2, 3)),
        f"ctek/client/{SERIAL}/sma/meterdata",
        f"ctek/nga/{SERIAL}/meterdata",
        "",
    ]
)
numbers = st.floats() | st.integers()
meterdata = st.fixed_dictionaries({"current": st.lists(numbers, min_size=2, max_size=4)}).map(
    lambda value: str(value).replace("'", '"').encode()
)
payloads = st.binary(max_size=64) | st.integers(-5, 99999).map(lambda amps: str(amps).encode()) | meterdata


@given(
    heard=st.lists(st.tuples(topics, payloads, st.floats(0, 20)), max_size=30),
    options=st.sampled_from([*OPTIONS, {"balances": True, "zero": "ignore", "on_silence": "stop", "silence": 5}]),
)
def test_nothing_that_it_hears_breaks_it(heard: list[tuple[str, bytes, float]], options: dict[str, Any]) -> None:
    bench = Bench(**options)
    for topic, payload, seconds in heard:
        bench.station.receive(topic, payload, bench.now_s)
        bench.run(seconds)
        for outlet in bench.station.outlets:
            assert outlet.setpoint_a == 0 or 6 <= outlet.setpoint_a <= 16
            assert 0 <= max(outlet.current_a) <= 16
    assert bench.run(41), "it goes on"


CANNOT_BE: list[tuple[dict[str, Any], str]] = [
    ({"serial": "a/b/c"}, "serial=a/b/c: must be 4 to 64 letters, digits, . _ or -"),
    ({"serial": "ab"}, "serial=ab: must be 4 to 64"),
    ({"outlets": 3}, "outlets=3: must be 1 or 2"),
    ({"rotation": "RSR"}, "rotation=RSR: must be one of RST, RTS, SRT, STR, TRS, TSR"),
    ({"phases": 2}, "phases=2: must be 1 or 3"),
    ({"fuse": 5}, "fuse=5: must be from 6 to 32"),
    ({"fuse": 33}, "fuse=33: must be from 6 to 32"),
    ({"start_current": 3}, "start_current=3: must be 0 or from 6 to the fuse's 16"),
    ({"start_current": 17}, "start_current=17: must be 0 or from 6 to the fuse's 16"),
    ({"car": ("tank",)}, "car=tank: must be at most one an outlet, of family, small, "),
    ({"car": ("family", "small")}, "car=family,small: must be at most one an outlet"),
    ({"car_phases": 4}, "car_phases=4: must be 1, 2 or 3"),
    ({"start_hour": 24}, "start_hour=24: must be from 0 to below 24"),
    ({"speed": 0}, "speed=0: must be above 0 and at most 3600"),
    ({"speed": float("nan")}, "speed=nan: must be above 0"),
    ({"seed": -1}, "seed=-1: must be from 0 to "),
    ({"house_fuse": 5}, "house_fuse=5: must be from 6 to 200"),
    ({"on_silence": "die"}, "on_silence=die: must be one of hold, decay, stop"),
    ({"silence": 0.5}, "silence=0.5: must be from 1 to 86400"),
    ({"zero": "one"}, "zero=one: must be one of pause, ignore"),
    ({"lag": -1}, "lag=-1: must be from 0 to 60"),
    ({"drop": 1.5}, "drop=1.5: must be from 0 to 1"),
    ({"restart_every": 5}, "restart_every=5: must be from 30 to 86400"),
    ({"restart_every": float("inf")}, "restart_every=inf: must be from 30 to 86400"),
]


@pytest.mark.parametrize(("options", "told"), CANNOT_BE, ids=lambda value: str(value)[:30])
def test_what_cannot_be_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError) as refused:
        StationOptions(**options)
    assert str(refused.value).startswith(told)


def test_a_charger_of_the_defaults_has_a_serial_number_of_its_seed() -> None:
    serials = [Station(StationOptions(seed=seed)).serial for seed in (1, 4_000_000_000)]
    assert serials == ["SIMCB0000000101", "SIMCB0000000001"]
