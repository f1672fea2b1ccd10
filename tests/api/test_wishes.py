"""What may be asked for: within what an outlet can, never above the setting's fuse, and never less safe than before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.api.charging import fallback_a
from ngair.api.wishes import FuseChange, OutletChange, Refused, with_fuse_change, with_outlet_change
from ngair.model.charging import ChargeBox, Outlet
from ngair.model.events import Event
from ngair.model.limits import WISHED_OUTLETS_MAX
from ngair.model.rules import NO_WISH, OutletWish, Wishes
from ngair.model.site import Site
from tests.api.houses import CHARGER, SECOND_CHARGER, SUB_FUSE, WISHES, seen, site, wished
from tests.api.strategies import HISTORIES

SERIAL = CHARGER.serial
KEY = f"{SERIAL}/1"
WIDE = replace(CHARGER, outlets=(replace(CHARGER.outlets[0], max_a=32), CHARGER.outlets[1]))
"""The second outlet gives at most 16 A; the fuse above both is 16 A on L1 and L2, and 20 A on L3."""


def house(*events: Event) -> Site:
    return site("1.0", [seen(), seen(SECOND_CHARGER), *events])


def changed(house: Site, serial: str = SERIAL, outlet_id: int = 1, **asked: Any) -> Wishes | Refused:
    return with_outlet_change(house, serial, outlet_id, OutletChange(**asked))


def granted(house: Site, serial: str = SERIAL, outlet_id: int = 1, **asked: Any) -> OutletWish:
    wishes = changed(house, serial, outlet_id, **asked)
    assert isinstance(wishes, Wishes), wishes
    return wishes.of(serial, outlet_id)


def refused(wishes: Wishes | Refused) -> str:
    assert isinstance(wishes, Refused), wishes
    assert wishes.status == 409
    return wishes.detail


class TestOutlet:
    def test_each_wish(self) -> None:
        assert granted(house(), max_a=8) == OutletWish(max_a=8)
        assert granted(house(), priority=9) == OutletWish(priority=9)
        assert granted(house(), paused=True) == OutletWish(paused=True)
        assert granted(house(), fallback_a=0) == OutletWish(fallback_a=0)

    def test_what_is_left_out_stays(self) -> None:
        assert granted(house(wished()), priority=1) == replace(WISHES.of(SERIAL, 1), priority=1)
        assert changed(house(wished())) == WISHES

    def test_null_is_the_default(self) -> None:
        kept = house(wished())
        assert granted(kept, max_a=None).max_a is None
        assert granted(kept, fallback_a=None).fallback_a is None
        assert granted(kept, priority=None).priority == 0

    def test_what_nobody_asked_for_is_not_kept(self) -> None:
        wishes = changed(house(wished()), max_a=None, fallback_a=None, priority=0, paused=False)
        assert wishes == Wishes(main_fuse_a=WISHES.main_fuse_a)

    def test_others_are_left_alone(self) -> None:
        wishes = changed(house(wished()), "CB2", 1, paused=True)
        assert wishes == replace(WISHES, outlets=WISHES.outlets | {"CB2/1": OutletWish(paused=True)})

    @pytest.mark.parametrize("max_a", [-1, 0, 1, 5, 17, 10**30])
    def test_a_maximum_that_the_outlet_cannot_give(self, max_a: int) -> None:
        assert "from 6 to 16" in refused(changed(house(), max_a=max_a))

    @pytest.mark.parametrize("max_a", [6, 16])
    def test_the_ends_of_what_it_can_give(self, max_a: int) -> None:
        assert granted(house(), max_a=max_a).max_a == max_a

    @pytest.mark.parametrize("current_a", [-1, 1, 5, 17])
    def test_a_fallback_that_the_outlet_cannot_give(self, current_a: int) -> None:
        assert "can be 0, or from 6 to 16" in refused(changed(house(), fallback_a=current_a))

    @pytest.mark.parametrize(("serial", "outlet_id"), [("CB9", 1), (SERIAL, 3), (SERIAL, 0), ("", 1)])
    def test_an_outlet_that_there_is_not(self, serial: str, outlet_id: int) -> None:
        wishes = changed(house(), serial, outlet_id, paused=True)
        assert isinstance(wishes, Refused)
        assert wishes.status == 404

    def test_wishes_stay_few(self) -> None:
        many = Wishes(outlets={f"CB{n}/9": OutletWish(paused=True) for n in range(WISHED_OUTLETS_MAX)})
        assert "set one of them back" in refused(changed(house(wished(many)), paused=True))
        full = Wishes(outlets={**many.outlets, KEY: OutletWish(paused=True)})
        assert granted(house(wished(full)), paused=False) == NO_WISH


class TestReserve:
    """Without data all outlets below a fuse may draw their fallback at once."""

    def test_more_than_the_fuse_bears(self) -> None:
        detail = refused(changed(house(), fallback_a=11))
        assert "'garage'" in detail
        assert "17 A on L1; it bears 16 A" in detail
        assert granted(house(), fallback_a=10).fallback_a == 10

    def test_a_phase_that_it_is_not_wired_to_does_not_count(self) -> None:
        third = tuple(replace(outlet, phases=(False, False, True)) for outlet in CHARGER.outlets)
        kept = site("1.0", [seen(replace(CHARGER, outlets=third))])
        assert granted(kept, fallback_a=14).fallback_a == 14
        assert "21 A on L3; it bears 20 A" in refused(changed(kept, fallback_a=15))

    def test_other_outlets_below_a_higher_fuse_count(self) -> None:
        kept = house(wished(Wishes(outlets={"CB2/1": OutletWish(fallback_a=16)}, main_fuse_a=30)))
        assert "'main' may draw" in refused(changed(kept, fallback_a=7))
        assert "with this one 29 A on L1; it bears 25 A" in refused(changed(kept, fallback_a=7))

    def test_less_is_always_granted(self) -> None:
        """Whatever is wrong already, a safer wish is never refused."""
        kept = house(wished(Wishes(outlets={KEY: OutletWish(fallback_a=16)}, main_fuse_a=6)))
        assert granted(kept, fallback_a=15).fallback_a == 15
        assert granted(kept, fallback_a=None).fallback_a is None
        assert granted(kept, fallback_a=0).fallback_a == 0

    def test_a_higher_maximum_counts_where_it_lets_the_fallback_rise(self) -> None:
        kept = site("1.0", [seen(), wished(Wishes(outlets={KEY: OutletWish(max_a=8, fallback_a=16)}))])
        assert "garage" in refused(changed(kept, max_a=None))

    @given(HISTORIES, st.sampled_from(("CB1", "CB2", "CB3")), st.integers(1, 2), st.integers(0, 32))
    def test_more_reserve_never_passes_a_fuse(
        self, events: list[Event], serial: str, outlet_id: int, current_a: int
    ) -> None:
        before = site("1.0", events)
        before = replace(before, fuses=(before.fuses[0], replace(SUB_FUSE, chargers=("CB1", "CB2/1"))))
        wishes = changed(before, serial, outlet_id, fallback_a=current_a)
        if isinstance(wishes, Refused):
            return
        after = replace(before, wishes=wishes)
        if reserve(after, serial, outlet_id) <= reserve(before, serial, outlet_id):
            return
        named = [outlet for name, outlet in outlets(after) if (name, outlet.id) == (serial, outlet_id)]
        assume(len(named) == 1)
        changed_outlet = named[0]
        for fuse in after.rated_fuses:
            below = [
                (name, outlet)
                for name, outlet in outlets(after)
                if fuse.under is None or name in fuse.chargers or f"{name}/{outlet.id}" in fuse.chargers
            ]
            if (serial, changed_outlet) not in below:
                continue
            for phase in range(3):
                if changed_outlet.phases[phase]:
                    total_a = sum(reserve(after, name, o.id) for name, o in below if o.phases[phase])
                    assert total_a <= fuse.rating_a[phase]


class TestMainFuse:
    def test_lower_and_back(self) -> None:
        assert with_fuse_change(house(), FuseChange(rating_a=16)) == Wishes(main_fuse_a=16)
        back = with_fuse_change(house(wished()), FuseChange(rating_a=None))
        assert back == replace(WISHES, main_fuse_a=None)

    @pytest.mark.parametrize("rating_a", [25.5, 26, 200])
    def test_it_cannot_be_raised_above_the_setting(self, rating_a: float) -> None:
        detail = refused(with_fuse_change(house(), FuseChange(rating_a=rating_a)))
        assert "from 6 to 25" in detail
        assert "wires would not be protected" in detail

    def test_up_to_the_setting_it_can(self) -> None:
        assert with_fuse_change(house(wished()), FuseChange(rating_a=25)) == replace(WISHES, main_fuse_a=25)

    def test_each_phase_stays_below_its_own(self) -> None:
        uneven = replace(house(), fuses=(replace(house().fuses[0], rating_a=(25, 25, 16)),))
        wishes = with_fuse_change(uneven, FuseChange(rating_a=20))
        assert isinstance(wishes, Wishes)
        assert replace(uneven, wishes=wishes).rated_fuses[0].rating_a == (20, 20, 16)

    def test_without_a_fuse_there_is_nothing_to_lower(self) -> None:
        assert "--main-fuse" in refused(with_fuse_change(replace(house(), fuses=()), FuseChange(rating_a=16)))

    @given(st.floats(6, 200), HISTORIES)
    def test_no_wish_ever_raises_a_fuse(self, rating_a: float, events: list[Event]) -> None:
        before = site("1.0", events)
        wishes = with_fuse_change(before, FuseChange(rating_a=rating_a))
        after = before if isinstance(wishes, Refused) else replace(before, wishes=wishes)
        for fuse, setting in zip(after.rated_fuses, after.fuses, strict=True):
            assert all(one <= other for one, other in zip(fuse.rating_a, setting.rating_a, strict=True))


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"[]",
            b"null",
            b'{"max_a": "8"}',
            b'{"max_a": 8.5}',
            b'{"max_a": true}',
            b'{"priority": 10}',
            b'{"priority": -1}',
            b'{"paused": null}',
            b'{"paused": 1}',
            b'{"setpoint_a": 16}',
            b'{"max_a": 1e999}',
        ],
    )
    def test_what_no_outlet_takes(self, body: bytes) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=OutletChange)

    @pytest.mark.parametrize("body", [b"{}", b'{"rating_a": 5.9}', b'{"rating_a": 201}', b'{"rating_a": "25"}'])
    def test_what_no_fuse_takes(self, body: bytes) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=FuseChange)


def outlets(house: Site) -> list[tuple[str, Outlet]]:
    return [(box.serial, outlet) for box in house.charge_boxes for outlet in box.outlets]


def reserve(house: Site, serial: str, outlet_id: int) -> int:
    box: ChargeBox
    [box] = [box for box in house.charge_boxes if box.serial == serial]
    return sum(
        fallback_a(outlet, house.wishes.of(serial, outlet_id), house.pace)
        for outlet in box.outlets
        if outlet.id == outlet_id
    )
