"""What a person who watches a simulated charger is told."""

from __future__ import annotations

import msgspec

from ngair.sim.station.changes import Change, Watcher
from tests.sim.link import SERIAL, Bench

WALL_S = 1_767_225_600.0


def watched(bench: Bench, watcher: Watcher, seconds: int) -> list[Change]:
    """Looked at each second."""
    changes = []
    for _ in range(seconds):
        bench.run(1)
        changes += watcher.changes(WALL_S + bench.now_s)
    return changes


def test_a_line_a_change_and_none_for_a_ramp() -> None:
    bench = Bench()
    watcher = Watcher(bench.station)
    lines = [change.line() for change in watched(bench, watcher, 120)]
    assert lines == [
        f"00:00:01 {SERIAL} outlet 1: preparing, 0.0 0.0 0.0 A on L1 L2 L3, setpoint 16 A",
        f"00:00:06 {SERIAL} outlet 1: charging, 0.0 0.0 0.0 A on L1 L2 L3, setpoint 16 A",
        f"00:00:24 {SERIAL} outlet 1: charging, 16.0 16.0 16.0 A on L1 L2 L3, setpoint 16 A",
    ]
    bench.send(7)
    lines = [change.line() for change in watched(bench, watcher, 30)]
    assert lines == [
        f"00:02:01 {SERIAL} outlet 1: charging, 16.0 16.0 16.0 A on L1 L2 L3, setpoint 7 A",
        f"00:02:08 {SERIAL} outlet 1: charging, 7.0 7.0 7.0 A on L1 L2 L3, setpoint 7 A",
    ]
    assert watched(bench, watcher, 60) == []


def test_remarks_are_told_once() -> None:
    bench = Bench()
    watcher = Watcher(bench.station)
    watched(bench, watcher, 30)
    bench.send(3)
    [remark] = watched(bench, watcher, 10)
    assert remark.line() == f"00:00:31 {SERIAL} outlet 1 ignores 3 A: below 6 A is only 0"
    assert msgspec.json.decode(remark.json()) == {
        "time": "2026-01-01T00:00:31Z",
        "serial": SERIAL,
        "remark": "outlet 1 ignores 3 A: below 6 A is only 0",
    }


def test_a_program_is_told_each_outlet_in_full() -> None:
    bench = Bench(outlets=2, start_current=0)
    changes = watched(bench, Watcher(bench.station), 1)
    assert [msgspec.json.decode(change.json()) for change in changes] == [
        {
            "time": "2026-01-01T00:00:01Z",
            "serial": SERIAL,
            "outlet": outlet,
            "state": 1,
            "state_name": "preparing",
            "setpoint_a": 0,
            "current_a": [0.0, 0.0, 0.0],
            "energy_wh": bench.station.outlets[outlet - 1].energy_wh,
        }
        for outlet in (1, 2)
    ]
