"""The simulated charger and our link to it, with a broker in virtual time between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from ngair.charger import effects
from ngair.charger.nanogrid import NanogridLink
from ngair.model.charging import ChargeBox, OutletState
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerLost, Decided, TelegramReceived
from ngair.model.reading import Reading
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Telegram
from ngair.sim.car_models import CAR_MODELS
from ngair.sim.chargers import ROTATION_NAMES
from ngair.sim.station.options import StationOptions
from ngair.sim.station.station import RESTART_S, Station
from tests.sim.link import SERIAL

TICK_S = 0.05
HOUSE_A = 2.0


class Pair:
    """Both ends. The meter shows the house and the charger's cars each ten seconds."""

    def __init__(self, **options: Any) -> None:
        self.station = Station(StationOptions(serial=SERIAL, **options))
        self.link = NanogridLink(endpoint="mqtt://192.0.2.7", port=1883, pinned=None)
        self.site = Site(box=BoxInfo(serial="A1B2C3D4E5F6G7H8", firmware="test", mac="02a1b2c3d4e5"))
        self.sent: list[tuple[float, bytes]] = []
        self.lost = 0
        self.setpoints_a = {1: 16, 2: 16}
        self._ticks = 0
        self._do(self.link.connected(0.0))
        for message in self.station.announcements():
            self._do(self.link.receive(message.topic, message.payload, True, self.now_s))

    @property
    def now_s(self) -> float:
        return self._ticks * TICK_S

    @property
    def box(self) -> ChargeBox:
        [box] = self.site.charge_boxes
        return box

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self._ticks += 1
            for message in self.station.step(self.now_s):
                if message.topic in self.station.subscriptions:
                    self.station.receive(message.topic, message.payload, self.now_s)
                self._do(self.link.receive(message.topic, message.payload, False, self.now_s))
            if self._ticks % 200 == 0:
                self._read_meter()
            if self._ticks % 20 == 0:
                self.site = apply(self.site, Decided(self._decision()))
                self._do(self.link.follow(self.site, self.now_s))
            self._do(self.link.tick(self.now_s))

    def _do(self, wanted: list[effects.Effect]) -> None:
        for effect in wanted:
            if isinstance(effect, effects.Tell):
                self.lost += isinstance(effect.event, ChargerLost)
                self.site = apply(self.site, effect.event)
            elif isinstance(effect, effects.Publish):
                if effect.topic.endswith("/current"):
                    self.sent.append((self.now_s, effect.payload))
                    self._do(self.link.receive(effect.topic, effect.payload, False, self.now_s))
                self.station.receive(effect.topic, effect.payload, self.now_s)

    def _read_meter(self) -> None:
        one_a, two_a, three_a = self.station.current_a
        current_a = (HOUSE_A + one_a, HOUSE_A + two_a, HOUSE_A + three_a)
        power_w = sum(current_a) * 230
        reading = Reading(ident="TST5", current_a=current_a, voltage_v=(230, 230, 230), power_import_w=power_w)
        telegram = Telegram("/TST5\\TEST\r\n\r\n!0000\r\n", 24, reading)
        event = TelegramReceived(telegram=telegram, at_s=self.now_s, cpu_time_ms=round(self.now_s * 1000))
        self.site = apply(self.site, event)

    def _decision(self) -> Decision:
        reason = SetpointReason(rule=Rule.FREE, text="test")
        return Decision(
            setpoints=tuple(
                Setpoint(serial=SERIAL, outlet_id=number, setpoint_a=amps, reason=reason)
                for number, amps in self.setpoints_a.items()
            )
        )


@pytest.mark.parametrize("name", ROTATION_NAMES)
@pytest.mark.parametrize("phases", [1, 2, 3])
def test_we_see_what_it_draws_on_the_house_s_phases(name: str, phases: int) -> None:
    pair = Pair(rotation=name, car_phases=phases)
    pair.run(60)
    [outlet] = pair.box.outlets
    assert outlet.state is OutletState.CHARGING
    assert outlet.current_a == pair.station.current_a != (0, 0, 0)
    assert outlet.car_phases == tuple(amps > 0 for amps in pair.station.current_a)
    assert (outlet.min_a, outlet.max_a, outlet.phases) == (6, 16, (True, True, True))


def test_a_charger_that_announces_another_rotation_than_it_has_misleads() -> None:
    pair = Pair(rotation="RST", wrong_rotation=True, car_phases=2)
    pair.run(60)
    assert pair.box.outlets[0].current_a != pair.station.current_a


def test_each_outlet_obeys_its_own_setpoint_whatever_gets_lost() -> None:
    pair = Pair(outlets=2, drop=0.3, lag=1.5, faulty_updates=True)
    pair.run(60)
    pair.setpoints_a = {1: 7, 2: 11}
    pair.run(90)
    assert [outlet.setpoint_a for outlet in pair.station.outlets] == [7, 11]
    assert [max(outlet.current_a) for outlet in pair.box.outlets] == [7, 11]
    assert pair.lost == 0
    assert sum(pair.link.rejected.values()) > 0


@pytest.mark.parametrize("car", [model.name for model in CAR_MODELS])
def test_a_pause_is_repeated_only_while_the_car_draws_and_runs_to_its_end(car: str) -> None:
    pair = Pair(car=(car,))
    pair.run(90)
    pair.setpoints_a = {1: 0}
    pair.sent.clear()
    pair.run(120)
    assert {payload for _, payload in pair.sent} == {b"0"}
    assert len(pair.sent) <= 4, "some still ramp down after five seconds, and after ten"
    paused = pair.box.outlets[0]
    assert (paused.state, paused.current_a) == (OutletState.SUSPENDED_BY_VEHICLE, (0, 0, 0))
    pair.setpoints_a = {1: 10}
    pair.run(90)
    assert max(pair.box.outlets[0].current_a) == 10


def test_a_charger_that_ignores_a_pause_is_asked_again_and_keeps_charging() -> None:
    pair = Pair(zero="ignore")
    pair.run(60)
    pair.setpoints_a = {1: 0}
    pair.sent.clear()
    pair.run(60)
    assert len(pair.sent) > 2
    assert min(after - before for (before, _), (after, _) in pairwise(pair.sent)) >= 5
    assert pair.box.outlets[0].current_a == (16, 16, 16)


def test_a_charger_that_balances_by_itself_is_held_to_our_lower_setpoint() -> None:
    pair = Pair(balances=True)
    pair.setpoints_a = {1: 8}
    pair.run(90)
    above_s = 0.0
    for _ in range(1200):
        pair.run(TICK_S)
        above_s += TICK_S * (pair.station.outlets[0].setpoint_a > 8)
    assert above_s <= 6 * 2 * TICK_S, "after each of six meterdata for a moment"
    assert pair.box.outlets[0].current_a == (8, 8, 8)


def test_silence_never_comes_while_we_are_there() -> None:
    pair = Pair(on_silence="stop", silence=20)
    pair.setpoints_a = {1: 9}
    pair.run(300)
    assert pair.box.outlets[0].current_a == (9, 9, 9)


def test_a_restarted_charger_is_told_its_setpoint_again() -> None:
    pair = Pair(restart_every=120)
    pair.setpoints_a = {1: 9}
    pair.run(119)
    assert pair.station.outlets[0].setpoint_a == 9
    pair.run(RESTART_S + 20)
    assert pair.station.outlets[0].setpoint_a == 9
    assert pair.lost == 0, "15 s are no loss"


def test_the_energy_that_it_counts_is_ours() -> None:
    pair = Pair()
    pair.run(200)
    outlet = pair.box.outlets[0]
    assert outlet.energy_wh == pytest.approx(pair.station.outlets[0].energy_wh, abs=31)
    assert outlet.power_w == pytest.approx(16 * 3 * 230, rel=0.02)
