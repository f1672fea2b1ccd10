"""Hours of simulated Norwegian meters: what the gateway tells between their lists, held to what truly flowed."""

from __future__ import annotations

import msgspec
import pytest

from ngair.gateway.intake import Intake, MeterEvent
from ngair.gateway.keep import KeptEnergy
from ngair.meter.decoder import Decoder
from ngair.model.events import TelegramReceived
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.gateway.house import HandClock, House, MemoryStore


@pytest.mark.parametrize("family", ["aidon-no", "kaifa-no", "kamstrup-no"])
def test_energy_between_the_hours_is_what_flowed(family: str) -> None:
    world, clock, told = World(Options(family=family, start_hour=10.9, seed=3)), HandClock(), list[Reading]()

    def tell(events: list[MeterEvent]) -> None:
        told.extend(event.telegram.reading for event in events if isinstance(event, TelegramReceived))

    intake = Intake(MAIN_FUSE, clock, tell, Decoder(FAMILIES[family].keys))
    before_wh, known, estimated = 0.0, 0, 0
    for _ in range(9_000):
        clock.now_s += 1
        sent = world.step()
        if not sent:
            continue
        intake.meter_bytes(sent)
        intake.meter_quiet()
        reading = told[-1]
        if reading.energy_import_wh is None or "energy_import_wh" not in reading.estimated:
            continue
        estimated += 1
        known += reading.current_a[0] is not None
        assert reading.energy_import_wh >= before_wh
        before_wh = reading.energy_import_wh
        assert reading.energy_import_wh == pytest.approx(sum(world.state.import_wh), abs=25)
        assert reading.energy_export_wh == pytest.approx(sum(world.state.export_wh), abs=25)
    assert known == estimated > 500, "currents are known in every list once one told them"


def test_a_register_of_ten_times_what_was_kept_is_taken_to_count_less() -> None:
    world = World(Options(family="kamstrup-no", start_hour=17))
    [sent] = world.advance(10)
    true_wh = sum(world.state.import_wh)
    kept = KeptEnergy(true_wh / 10 - 20, 5)
    house = House(MemoryStore(energy_json=msgspec.json.encode(kept)))
    house.gateway.main_meter.meter_bytes(sent)
    house.gateway.main_meter.meter_quiet()
    assert house.meter["reading"]["energy_import_wh"] == pytest.approx(true_wh / 10, abs=1)
    assert "energy_import_wh" in house.meter["reading"]["estimated"]
