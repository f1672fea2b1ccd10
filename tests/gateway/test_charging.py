"""From the meter's bytes to the chargers' setpoints, through the gateway alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ngair.api.publisher import Publisher
from ngair.balance.balancer import Balancer
from ngair.gateway.gateway import Gateway
from ngair.gateway.keep import ChargerKeeper
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerEvent, ChargerLinkChanged, ChargerLost, ChargerSeen
from ngair.model.phases import KnownPhases
from ngair.model.rules import Fuse, OutletWish, Pace, Wishes
from ngair.model.site import Site
from tests.gateway.house import BOX, HandClock, MemoryStore
from tests.meter.telegrams import telegram_of

MAIN = Fuse(name="main", rating_a=(25, 25, 25))
AT_ONCE = Pace(raise_after_s=0, restart_after_s=0)


class RecordingPort:
    """A charger port that remembers which setpoints it was given."""

    name = "mqtt://192.0.2.7:1883"

    def __init__(self) -> None:
        self.followed: list[tuple[int, ...]] = []

    async def events(self) -> AsyncIterator[ChargerEvent]:
        return
        yield

    def follow(self, site: Site) -> None:
        self.followed.append(tuple(setpoint.setpoint_a for setpoint in site.decision.setpoints))


class ChargingHouse:
    """A gateway with a meter and one charger, whose car draws what it may."""

    def __init__(
        self, pace: Pace = AT_ONCE, fuses: tuple[Fuse, ...] = (MAIN,), store: MemoryStore | None = None
    ) -> None:
        self.clock = HandClock()
        self.port = RecordingPort()
        self.store = store or MemoryStore()
        site = Site(box=BOX, fuses=fuses, pace=pace)
        keeper = ChargerKeeper(self.store, [self.port.name])
        self.publisher = Publisher()
        self.gateway = Gateway(site, self.publisher, self.clock, self.store, keeper, [self.port])
        self.car_a = 0.0
        self.house_a: KnownPhases = (2, 2, 2)

    def shows(self, path: str) -> Any:
        """A document as served."""
        return msgspec.json.decode(self.publisher.pages[path].body)

    @property
    def setpoint_a(self) -> int:
        return self.gateway.site.decision.setpoints[0].setpoint_a

    @property
    def reason(self) -> str:
        return self.gateway.site.decision.setpoints[0].reason.text

    def second(self, *, meter: bool = True, charger: bool = True) -> None:
        """One second of the house's life: the car follows, the charger tells, the meter tells."""
        self.clock.now_s += 1
        if charger:
            self.car_a = float(self.setpoint_a) if self.gateway.site.charge_boxes else 0.0
            self.gateway.charger(ChargerSeen(self.charge_box()))
        if meter:
            self.gateway.main_meter.meter_bytes(self.telegram())
        self.gateway.tick()

    def run(self, seconds: int, *, meter: bool = True, charger: bool = True) -> None:
        for _ in range(seconds):
            self.second(meter=meter, charger=charger)

    def charge_box(self) -> ChargeBox:
        outlet = Outlet(
            id=1,
            state=OutletState.CHARGING,
            current_a=(self.car_a, self.car_a, self.car_a),
            told_at_s=self.clock.now_s,
            car_phases=(True, True, True),
        )
        return ChargeBox(
            serial="CB0001", identity="CB0001", endpoint="mqtt://192.0.2.7", port=1883, pinned=True, outlets=(outlet,)
        )

    def telegram(self, extra_a: float = 0) -> bytes:
        one, two, three = (house_a + self.car_a + extra_a for house_a in self.house_a)
        return telegram_of((one, two, three))


def test_a_free_grid_gives_full_current() -> None:
    house = ChargingHouse()
    house.run(60)
    assert house.setpoint_a == 16
    assert house.port.followed[-1] == (16,)


def test_an_overload_telegram_lowers_the_setpoint_before_anything_else_happens() -> None:
    house = ChargingHouse()
    house.run(60)
    house.house_a = (2, 14, 2)
    before = len(house.port.followed)
    house.clock.now_s += 1
    house.gateway.main_meter.meter_bytes(house.telegram())
    assert house.port.followed[before:] == [(10,)]
    assert "L2" in house.reason


def test_each_telegram_of_a_burst_is_decided_by() -> None:
    house = ChargingHouse()
    house.run(60)
    calm = house.telegram()
    house.house_a = (2, 14, 2)
    burst = house.telegram()
    house.clock.now_s += 1
    house.gateway.main_meter.meter_bytes(burst + calm)
    assert house.setpoint_a == 10, "a peak between two looks is a peak"


def test_without_a_meter_there_is_the_fallback_and_a_countdown() -> None:
    house = ChargingHouse()
    house.run(60)
    house.run(61, meter=False)
    assert house.setpoint_a == 6
    shown = [fail_safe.kind for fail_safe in house.gateway.site.decision.fail_safes]
    assert "meter silent" in shown


def test_a_lost_charger_keeps_its_reserve() -> None:
    house = ChargingHouse()
    house.run(60)
    house.gateway.charger(ChargerLost("CB0001"))
    house.run(5, charger=False)
    left_a = house.gateway.site.decision.headrooms[0].left_a
    assert max(left or 0 for left in left_a) < 25 - 1 - 2 - 16 + 1, "what it may still draw is nobody else's"


async def test_a_wish_is_kept_and_then_applied_at_once() -> None:
    house = ChargingHouse()
    house.run(60)
    await house.gateway.wish(Wishes(outlets={"CB0001/1": OutletWish(paused=True)}))
    assert house.port.followed[-1] == (0,)
    assert b"CB0001/1" in house.store.files["wishes.json"]
    again = ChargingHouse(store=house.store)
    again.run(60)
    assert again.setpoint_a == 0


async def test_a_wish_that_cannot_be_kept_changes_nothing() -> None:
    house = ChargingHouse()
    house.run(60)
    house.store.full = True
    with pytest.raises(OSError, match="No space"):
        await house.gateway.wish(Wishes(outlets={"CB0001/1": OutletWish(paused=True)}))
    assert house.setpoint_a == 16


async def test_a_lower_main_fuse_counts_at_once() -> None:
    house = ChargingHouse()
    house.run(60)
    await house.gateway.wish(Wishes(main_fuse_a=16))
    assert house.port.followed[-1] == (13,)


def test_a_restart_in_the_middle_begins_at_the_minimum_and_reserves_until_it_is_told() -> None:
    house = ChargingHouse()
    house.run(60)
    house.store.files["chargers.json"] = (
        b'[{"link":"mqtt://192.0.2.7:1883","charge_box":{"serial":"CB0001","identity":"CB0001",'
        b'"endpoint":"mqtt://192.0.2.7","port":1883,"outlets":[{"id":1,"max_a":16}]}}]'
    )
    again = ChargingHouse(store=house.store)
    assert again.gateway.site.charge_boxes[0].connected is False
    again.second()
    assert again.setpoint_a <= 6
    again.run(60)
    assert again.setpoint_a == 16


def test_a_sub_fuse_has_a_meter_of_its_own() -> None:
    garage = Fuse(
        name="garage", rating_a=(20, 20, 20), under="main", chargers=("CB0001",), meter="tcp://192.0.2.9:2000"
    )
    house = ChargingHouse(fuses=(MAIN, garage))
    sub_meter = house.gateway.sub_meters["garage"]
    for _ in range(60):
        house.second()
        sub_meter.meter_bytes(telegram_of((house.car_a + 9, house.car_a, house.car_a)))
    assert house.setpoint_a == 10
    assert "garage" in house.reason


def test_a_link_without_a_charger_is_told() -> None:
    house = ChargingHouse()
    house.gateway.charger(ChargerLinkChanged(house.port.name, "lost", "nobody answers"))
    shown = house.shows("/api/v1/site")["charger_links"]
    assert shown == [{"name": "mqtt://192.0.2.7:1883", "link": "lost", "detail": "nobody answers"}]


def test_changes_are_logged_with_their_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "ngair")
    house = ChargingHouse()
    house.run(60)
    house.house_a = (2, 14, 2)
    house.run(1)
    lines = [record.getMessage() for record in caplog.records if "16 A -> 10 A" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith("charger CB0001 outlet 1: 16 A -> 10 A: ")


def test_a_site_without_a_main_fuse_gives_nothing() -> None:
    house = ChargingHouse(fuses=())
    house.run(30)
    assert house.setpoint_a == 0


def test_what_a_charger_can_is_not_more_than_it_says() -> None:
    house = ChargingHouse()
    house.run(60)
    box = house.charge_box()
    house.gateway.charger(ChargerSeen(replace(box, outlets=(replace(box.outlets[0], max_a=13),))))
    assert house.setpoint_a == 13


def test_a_balancer_that_fails_lowers_to_the_fallback_and_begins_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = ChargingHouse()
    house.run(60)
    with monkeypatch.context() as broken:
        broken.setattr(Balancer, "decide", lambda *_: 1 // 0)
        house.second()
        assert house.port.followed[-1] == (6,)
        assert "fault of its own" in house.reason
        assert "the balancer failed and begins anew: ZeroDivisionError" in caplog.text
        house.run(5)
        assert house.setpoint_a == 6
    house.run(30)
    assert house.setpoint_a == 16


def test_a_balancer_that_fails_stops_what_cannot_charge_with_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    house = ChargingHouse(pace=Pace(raise_after_s=0, restart_after_s=0, fallback_a=0))
    house.run(60)
    monkeypatch.setattr(Balancer, "decide", lambda *_: 1 // 0)
    house.second()
    assert house.port.followed[-1] == (0,)
