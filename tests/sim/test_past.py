"""The simulated house's past: days that end where the present begins."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ngair.meter.decoder import Decoder
from ngair.model.charging import OutletState
from ngair.model.events import ChargerSeen, Decided, TelegramReceived
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.site import BoxInfo, Site
from ngair.model.telegram import Telegram
from ngair.sim.dates import DAY_S
from ngair.sim.options import Options
from ngair.sim.past import STEP_WH, Happening, Past
from ngair.sim.telegrams import ALIASES, FAMILIES
from ngair.sim.world import World

DAYS = 2
FUSE_A = 25.0
SITE = Site(
    box=BoxInfo(serial="S" * 16, firmware="", mac="0" * 12),
    fuses=(Fuse(name=MAIN_FUSE, rating_a=(FUSE_A, FUSE_A, FUSE_A)),),
)


def lived(options: Options, days: int = DAYS) -> tuple[World, list[Happening]]:
    world = World(options, days)
    return world, list(Past(world, days, SITE).happenings())


def telegrams(past: list[Happening]) -> list[TelegramReceived]:
    return [happening.event for happening in past if isinstance(happening.event, TelegramReceived)]


@pytest.fixture(name="past", scope="module")
def _past() -> tuple[World, list[Happening]]:
    return lived(Options(cars=2, seed=3, start_hour=13.5))


def test_it_ends_where_the_present_begins(past: tuple[World, list[Happening]]) -> None:
    world, happenings = past
    assert world.state.time_s == round(13.5 * 3600)
    ages = [happening.age_s for happening in happenings]
    assert ages == sorted(ages, reverse=True)
    assert (ages[0], ages[-1]) == (DAYS * DAY_S, 0)
    for before, after in pairwise(happenings):
        assert after.before is before.site


def test_there_is_a_reading_each_minute(past: tuple[World, list[Happening]]) -> None:
    times = [event.at_s for event in telegrams(past[1])]
    assert len(times) >= DAYS * 1440
    assert max(after - before for before, after in pairwise(times)) == 60


def test_meter_and_cars_go_on_from_it(past: tuple[World, list[Happening]]) -> None:
    world, happenings = past
    last = telegrams(happenings)[-1].telegram.reading
    assert last.energy_import_wh is not None
    assert 0 <= sum(world.state.import_wh) - last.energy_import_wh < STEP_WH
    site = happenings[-1].site
    for box, told in zip(world.charge_boxes(), site.charge_boxes, strict=True):
        assert [outlet.energy_wh for outlet in box.outlets] == [outlet.energy_wh for outlet in told.outlets]
    world.advance(10)
    assert world.charge_boxes()[0].outlets[0].state in (OutletState.CHARGING, OutletState.PREPARING), "hungry"


def test_cars_come_charge_and_go_under_the_fuse(past: tuple[World, list[Happening]]) -> None:
    seen = [h.event.charge_box.outlets for h in past[1] if isinstance(h.event, ChargerSeen)]
    for place in (0, 1):
        states = {outlets[place].state for outlets in seen}
        assert {OutletState.AVAILABLE, OutletState.CHARGING, OutletState.SUSPENDED_BY_VEHICLE} <= states
        charged = seen[-1][place].energy_wh
        assert 3_000 * DAYS < charged < 40_000 * DAYS
    readings = [event.telegram.reading for event in telegrams(past[1])]
    over = [r for r in readings if max(amps or 0 for amps in r.current_a) > FUSE_A]
    assert len(over) < len(readings) / 100, "only until the car has given way"
    rules = {s.reason.rule for h in past[1] if isinstance(h.event, Decided) for s in h.event.decision.setpoints}
    assert {"free", "fuse"} <= rules


def test_the_same_seed_has_the_same_past() -> None:
    options = Options(seed=7, start_hour=9.0)
    assert [h.event for h in lived(options, 1)[1]] == [h.event for h in lived(options, 1)[1]]


def test_no_past_is_the_world_as_it_always_was() -> None:
    assert World(Options(), 0).advance(300) == World(Options()).advance(300)


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - ALIASES.keys()))
def test_every_family_s_meter_is_the_same_one_in_its_past(family: str) -> None:
    """Another meter's id, or a register that goes back, would be told as another meter."""
    world, happenings = lived(Options(family=family), 1)
    last = telegrams(happenings)[-1].telegram.reading
    decoder = Decoder(FAMILIES[family].keys)
    readings: list[Reading] = []
    while not any(reading.energy_import_wh for reading in readings):
        readings += [item.reading for item in decoder.feed(world.step()) if isinstance(item, Telegram)]
    assert {reading.meter_id for reading in readings} <= {last.meter_id, None}
    assert (readings[-1].energy_import_wh or 0) >= (last.energy_import_wh or 0) > 0
    assert (readings[-1].energy_export_wh or last.energy_export_wh or 0) >= (last.energy_export_wh or 0) > 0
