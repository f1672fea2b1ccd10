"""What a simulated charger says, against captured examples."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from ngair.sim.chargers import ROTATION_NAMES, rotation
from ngair.sim.station.messages import FIRMWARE
from tests.sim.link import SERIAL, Bench, charging

CLIENT = f"ctek/ng-v2/client/{SERIAL}"


def told(bench: Bench, seconds: int, topic: str) -> list[tuple[float, Any]]:
    return [(at_s, msgspec.json.decode(m.payload)) for at_s, m in bench.run(seconds) if m.topic == topic]


def test_it_announces_itself_retained() -> None:
    messages = Bench(rotation="STR").station.announcements()
    assert all(message.retain for message in messages)
    assert {message.topic: message.payload.decode() for message in messages} == {
        f"{CLIENT}/configuration": f'{{"FW":"{FIRMWARE}","StationPhaseRotation":"STR"}}',
        f"{CLIENT}/1/configuration": '{"FuseRating":16,"MinAllowedCurrent":6,"PhaseConnected":[true,true,true],'
        '"PrimaryPhase":1}',
    }


def test_it_announces_what_it_is() -> None:
    messages = Bench(outlets=2, phases=1, fuse=32, wrong_rotation=True).station.announcements()
    station, one, two = [msgspec.json.decode(message.payload) for message in messages]
    assert station["StationPhaseRotation"] == "RTS"
    assert one == two
    assert (one["FuseRating"], one["PhaseConnected"]) == (32, [True, False, False])
    assert messages[2].topic == f"{CLIENT}/2/configuration"


def test_it_tells_its_state_each_second_as_captured() -> None:
    bench = charging()
    updates = [(at_s, m) for at_s, m in bench.run(10) if m.topic == f"{CLIENT}/1/update"]
    assert [after - before for (before, _), (after, _) in pairwise(updates)] == [1] * 9
    captured = b'{"State":2,"EvUsesPhase":[1,1,1],"MaxAllowedCurrent":16,"Current":[16.0,16.0,16.0]}'
    assert {message.payload for _, message in updates} == {captured}
    assert not any(message.retain for _, message in updates)


def test_it_tells_its_counters_each_ten_seconds() -> None:
    bench = charging()
    counts = told(bench, 60, f"{CLIENT}/1/info")
    assert [after - before for (before, _), (after, _) in pairwise(counts)] == [10] * 5
    energy = [info["energy"] for _, info in counts]
    assert all(set(info) == {"energy", "power"} for _, info in counts)
    assert counts[-1][1]["power"] == pytest.approx(3 * 230 * 16, rel=0.02)
    assert energy[-1] - energy[0] == pytest.approx(counts[-1][1]["power"] * 50 / 3600, abs=1)


def test_it_tells_its_debug_line_each_six_seconds_retained() -> None:
    bench = charging(outlets=2)
    debug = [(at_s, m) for at_s, m in bench.run(60) if m.topic == "ctek/ng-v2/debug"]
    assert [after - before for (before, _), (after, _) in pairwise(debug)] == [6] * 9
    assert all(message.retain for _, message in debug)
    assert debug[-1][1].payload == f'{{"ids":"{SERIAL},","status":[2,2,9,64]}}'.encode()


@pytest.mark.parametrize("name", ROTATION_NAMES)
@pytest.mark.parametrize("phases", [1, 2, 3])
def test_it_tells_currents_by_its_own_phases_and_draws_by_the_house_s(name: str, phases: int) -> None:
    bench = charging(rotation=name, car_phases=phases)
    update = bench.updates(1)[0]
    own = [16.0 if phase < phases else 0.0 for phase in range(3)]
    assert update["Current"] == own
    assert update["EvUsesPhase"] == [int(amps > 0) for amps in own]
    house = [0.0, 0.0, 0.0]
    for phase, amps in zip(rotation(name), own, strict=True):
        house[phase] = amps
    assert list(bench.station.current_a) == house


def test_a_three_phase_car_draws_on_the_one_phase_that_is_connected() -> None:
    bench = charging(phases=1, rotation="TRS")
    assert bench.updates(1)[0]["Current"] == [16.0, 0.0, 0.0]
    assert bench.station.current_a == (0.0, 0.0, 16.0)


def test_the_currents_of_its_outlets_add_up() -> None:
    bench = charging(outlets=2, car=("family", "small"), start_current=8)
    assert bench.station.current_a == (16.0, 8.0, 8.0)


def test_which_phases_the_car_uses_is_known_once_it_charges() -> None:
    bench = Bench(car=("small",))
    assert bench.updates(10)[-1]["EvUsesPhase"] == [1, 1, 1]
    assert bench.updates(50)[-1]["EvUsesPhase"] == [1, 0, 0]
    assert charging(car=("small",), ev_phases=False).updates(1)[0]["EvUsesPhase"] == [1, 1, 1]


def test_it_wants_to_hear_its_setpoints_and_its_meterdata() -> None:
    assert Bench(outlets=2).station.subscriptions == (
        f"ctek/ng-v2/controller/{SERIAL}/1/current",
        f"ctek/ng-v2/controller/{SERIAL}/2/current",
        f"ctek/client/{SERIAL}/sma/meterdata",
    )
