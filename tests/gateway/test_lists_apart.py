"""A meter that tells power every two seconds and currents every ten: what the balancer makes of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ngair.meter.hold import Holder
from ngair.model.decision import FailSafeKind
from ngair.model.limits import FRESH_MAX_S
from ngair.model.phases import UNKNOWN_PHASES
from ngair.model.reading import Reading
from ngair.model.site import apply
from tests.balance.plant import telegram
from tests.balance.scene import Scene


class Norwegian(Scene):
    """A house whose meter sends list 1 every two seconds, and list 2 instead of it every ten."""

    def __init__(self, house_a: float = 4) -> None:
        super().__init__(house_a=house_a, cadence_s=2)
        self.sends_currents = True
        self._holder = Holder()

    @property
    def told(self) -> Reading:
        """The newest reading, completed."""
        assert self.site.meter.reading is not None
        return self.site.meter.reading

    def _telegrams(self, now_s: int) -> None:
        event = telegram(self._flow(self.house_a, list(self.outlets.values())), now_s)
        reading = event.telegram.reading
        if now_s % 10 or not self.sends_currents:
            reading = Reading(ident=reading.ident, power_import_w=reading.power_import_w, checked=True)
        completed = self._holder.complete(replace(event.telegram, reading=reading), now_s)
        self.site = apply(self.site, replace(event, telegram=completed))


@pytest.mark.parametrize("house_a", [4, 8, 10, 12])
def test_a_car_that_begins_is_not_taken_for_an_oven(house_a: float) -> None:
    house, usual = Norwegian(house_a).run(600), Scene(cadence_s=10, house_a=house_a).run(600)
    assert house.changes() == usual.changes() == [usual.given()]


def test_what_one_phase_gave_up_for_a_car_on_another_is_no_room() -> None:
    house = Norwegian(house_a=12).run(600)
    house.house_a = 8
    house.run(1)
    assert house.given() <= 25 - 12, "the list between tells less power, but not on which phase"


def test_the_house_is_seen_by_the_next_list_with_currents() -> None:
    house = Norwegian().run(600)
    before_a = house.given()
    house.house_a = 15
    house.run(11)
    assert house.given() <= min(before_a, 25 - 15)


def test_currents_that_are_no_longer_told_are_no_data() -> None:
    house = Norwegian()
    house.run(600)
    house.sends_currents = False
    house.run(31)
    assert house.told.current_a == UNKNOWN_PHASES
    assert house.told.power_import_w
    house.run(int(FRESH_MAX_S) - 31)  # the balancer takes what was known for three of the telegrams' intervals longer
    assert house.fail_safe(FailSafeKind.METER_SILENT) is not None
    assert house.given() <= 6
    house.sends_currents = True
    house.run(300)
    assert house.fail_safe(FailSafeKind.METER_SILENT) is None
    assert house.given() == 16
