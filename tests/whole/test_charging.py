"""The closed loop with nothing simulated but the house and the car: programs, a broker, TCP, HTTP."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import msgspec

from tests.contracts.broker import Broker
from tests.program import PASSWORD, running, wait_for
from tests.whole.charging import (
    SERIAL,
    SERIAL_BESIDE,
    Watcher,
    charger_program,
    living_house,
    stays,
    until_setpoint,
)


def outlet(site: Any) -> Any:
    """The first."""
    return site["chargers"][0]["outlets"][0]


def limited_by(site: Any) -> tuple[str, str]:
    """Fuse and phase. For a moment it may be that the meter is late: that of a machine that was stuck."""
    detail = outlet(site)["reason_detail"]
    return detail["fuse"], detail["phase"]


def test_a_car_gives_way_to_the_house_and_comes_back(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, broker, arguments), running(*arguments) as box:
        until_setpoint(house, 16)
        wait_for(lambda: min(house.seen.current_a) >= 15.9)
        house.house_a = (2, 14.5, 2)
        until_setpoint(house, 9)
        box.until("/api/v1/site", lambda site: (outlet(site)["setpoint_a"], limited_by(site)) == (9, ("main", "L2")))
        (charger,) = box.json("/evse/")
        assert (charger["cb_id"], charger["connection_status"], charger["evse"][0]["state"]) == (SERIAL, "Connected", 2)
        info = box.json("/status/")["chargeboxInfo"]
        assert (info["serial"], info["endpoint"], info["port"]) == (SERIAL, "mqtt://127.0.0.1", broker.port)
        house.house_a = (2, 21, 2)
        until_setpoint(house, 0)
        house.house_a = (2, 2, 2)
        until_setpoint(house, 16)
        assert house.seen.meterdata, "the charger is told of the house"


def test_killed_in_the_middle_of_charging_it_comes_back_bound_and_careful(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, _, arguments):
        with running(*arguments) as box:
            until_setpoint(house, 16)
            wait_for((tmp_path / "data" / "chargers.json").exists)
            box.stop(signal.SIGKILL)
        kept = msgspec.json.decode((tmp_path / "data" / "chargers.json").read_bytes())
        assert [charger["charge_box"]["serial"] for charger in kept] == [SERIAL]
        house.silent = True
        house.house_a = (20, 20, 20)
        with running(*arguments) as box:
            box.until("/api/v1/site", lambda site: site["chargers"][0]["connected"])
            stays(house, 6, 3)
            house.silent = False
            until_setpoint(house, 0)
            house.house_a = (2, 2, 2)
            until_setpoint(house, 16)


def test_a_broker_that_is_killed_or_hangs_is_found_again(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, broker, arguments), running(*arguments) as box:
        until_setpoint(house, 16)
        broker.kill()
        box.until("/api/v1/site", lambda site: not site["chargers"][0]["connected"])
        assert box.json("/evse/")[0]["connection_status"] == "Disconnected"
        house.house_a = (2, 12, 2)
        broker.start()
        until_setpoint(house, 12)
        box.until("/api/v1/site", lambda site: site["chargers"][0]["connected"])
        broker.pause()
        box.until("/api/v1/site", lambda site: not site["chargers"][0]["connected"])
        house.house_a = (2, 16, 2)
        broker.go_on()
        until_setpoint(house, 8)


def test_two_chargers_on_their_own_links_share(tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    with living_house(tmp_path) as (house, _, arguments), Broker(tmp_path / "beside") as beside:
        house.house_a = (5, 2, 2)
        house.beside = Watcher(beside.port)
        arguments += ["--charger", f"mqtt://127.0.0.1:{beside.port}"]
        with charger_program(beside.port, "--serial", SERIAL_BESIDE), running(*arguments, password=PASSWORD) as box:
            other = house.beside
            wait_for(lambda: sorted([*house.seen.setpoints[-1:], *other.setpoints[-1:]]) == [9, 10])
            assert {charger["cb_id"] for charger in box.json("/evse/")} == {SERIAL, SERIAL_BESIDE}
            assert box.change(f"/api/v1/outlets/{SERIAL}/1/pause", "POST").status == 200
            until_setpoint(house, 0)
            wait_for(lambda: other.setpoints[-1:] == [16])


def test_a_garage_with_a_fuse_and_a_meter_of_its_own(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, _, arguments):
        house.garage_a = (1, 9, 1)
        meter = f"tcp://127.0.0.1:{house.garage.port}"
        arguments += ["--sub-fuse", f"garage?rating=20&chargers={SERIAL}&meter={meter}"]
        with running(*arguments) as box:
            until_setpoint(house, 10)
            box.until("/api/v1/site", lambda site: "L2 of garage" in outlet(site)["reason"])
            house.garage_a = (1, 1, 1)
            until_setpoint(house, 16)


def test_another_charger_on_the_same_link_is_told_and_never_steered(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, broker, arguments), running(*arguments) as box:
        until_setpoint(house, 16)
        with charger_program(broker.port, "--serial", "CBOTHER002"):
            box.until("/api/v1/site", lambda site: "CBOTHER002" in site["chargers"][0]["notice"])
        assert [charger["cb_id"] for charger in box.json("/evse/")] == [SERIAL]


def test_a_silent_meter_leaves_the_fallback(tmp_path: Path) -> None:
    with living_house(tmp_path) as (house, _, arguments), running(*arguments) as box:
        until_setpoint(house, 16)
        house.silent = True
        until_setpoint(house, 6)
        site = box.json("/api/v1/site")
        (kind,) = {fail_safe["kind"] for fail_safe in site["fail_safes"]}
        assert kind == "meter silent"
        stays(house, 6, 2)
        house.silent = False
        until_setpoint(house, 16)
