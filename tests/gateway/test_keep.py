"""What survives a restart: wishes and bound chargers, whole or not at all, and never as more than was allowed."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from ngair.gateway.keep import CHARGERS, WISHES, ChargerKeeper, WishKeeper
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.rules import OutletWish, Wishes
from ngair.model.site import Site
from tests.gateway.house import BOX, MemoryStore
from tests.waiting import until

LINK = "mqtt://192.0.2.7:1883"
CHARGER = ChargeBox(
    serial="CB0001",
    identity="CB0001",
    firmware="r1",
    endpoint="mqtt://192.0.2.7",
    port=1883,
    pinned=True,
    rotation="STR",
    outlets=(Outlet(id=1, state=OutletState.CHARGING, current_a=(16, 16, 16), told_at_s=5, max_a=20),),
)
WISH = Wishes(outlets={"CB0001/1": OutletWish(max_a=10, priority=3, paused=True, fallback_a=0)}, main_fuse_a=20)


async def test_wishes_are_kept_and_come_back() -> None:
    store = MemoryStore()
    await WishKeeper(store).save(WISH)
    assert WishKeeper(store).load(Site(box=BOX)).wishes == WISH


async def test_wishes_that_cannot_be_kept_are_told() -> None:
    store = MemoryStore()
    store.full = True
    with pytest.raises(OSError, match="No space left"):
        await WishKeeper(store).save(WISH)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"outlets": 5}', b'{"outlets": {"a/1": {"paused": "no"}}}'])
def test_damaged_wishes_are_the_defaults(data: bytes) -> None:
    assert WishKeeper(MemoryStore(wishes_json=data)).load(Site(box=BOX)).wishes == Wishes()


def test_impossible_wishes_never_allow_more() -> None:
    wild = Wishes(outlets={"a/1": OutletWish(max_a=5000, priority=99, fallback_a=-3)}, main_fuse_a=1e9)
    found = WishKeeper(MemoryStore(wishes_json=msgspec.json.encode(wild))).load(Site(box=BOX)).wishes
    assert found == Wishes(outlets={"a/1": OutletWish(max_a=0, priority=9, fallback_a=0)}, main_fuse_a=6)


async def test_a_bound_charger_is_known_before_it_is_heard_of() -> None:
    store = MemoryStore()
    keeper = ChargerKeeper(store, [LINK])
    assert keeper.pinned(LINK) is None
    keeping = asyncio.create_task(keeper.run())
    keeper.note([CHARGER])
    await until(lambda: CHARGERS in store.files)
    later = ChargerKeeper(store, [LINK])
    assert later.pinned(LINK) == "CB0001"
    (box,) = later.load(Site(box=BOX)).charge_boxes
    assert (box.connected, box.pinned, box.rotation) == (False, True, "STR")
    (outlet,) = box.outlets
    assert (outlet.state, outlet.told_at_s, outlet.max_a) == (OutletState.UNAVAILABLE, None, 20)
    keeping.cancel()


async def test_what_changes_with_each_second_is_not_written() -> None:
    store = MemoryStore()
    keeper = ChargerKeeper(store, [LINK])
    keeping = asyncio.create_task(keeper.run())
    keeper.note([CHARGER])
    await until(lambda: store.saves == 1)
    for second in range(20):
        outlet = replace(CHARGER.outlets[0], current_a=(second, 0, 0), told_at_s=second, energy_wh=second)
        keeper.note(
            [
                replace(
                    CHARGER,
                    connected=second % 2 == 0,
                    notice=str(second),
                    rejected={"value": second},
                    outlets=(outlet,),
                )
            ]
        )
        await asyncio.sleep(0)
    assert store.saves == 1
    keeper.note([replace(CHARGER, firmware="r2")])
    await until(lambda: store.saves == 2)
    keeping.cancel()


async def test_a_link_is_bound_as_soon_as_its_charger_is_found() -> None:
    store = MemoryStore()
    keeper = ChargerKeeper(store, [LINK])
    keeping = asyncio.create_task(keeper.run())
    keeper.pin(LINK, "CB0001")
    keeper.pin("mqtt://elsewhere:1", "CB0002")
    await until(lambda: CHARGERS in store.files)
    assert ChargerKeeper(store, [LINK]).pinned(LINK) == "CB0001"
    assert ChargerKeeper(store, ["mqtt://elsewhere:1"]).pinned("mqtt://elsewhere:1") is None
    keeping.cancel()


def test_a_charger_whose_link_is_no_longer_set_is_forgotten() -> None:
    data = msgspec.json.encode([{"link": LINK, "charge_box": CHARGER}])
    assert ChargerKeeper(MemoryStore(chargers_json=data), []).load(Site(box=BOX)).charge_boxes == ()


@pytest.mark.parametrize("data", [b"", b"{}", b"[5]", b'[{"link": "x"}]', b"\xff"])
def test_damaged_bonds_are_made_anew(data: bytes) -> None:
    keeper = ChargerKeeper(MemoryStore(chargers_json=data), [LINK])
    assert keeper.pinned(LINK) is None


async def test_a_full_disk_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    store.full = True
    keeper = ChargerKeeper(store, [LINK])
    keeping = asyncio.create_task(keeper.run())
    keeper.note([CHARGER])
    await until(lambda: "the bound charger cannot be kept" in caplog.text)
    assert not keeping.done()
    keeping.cancel()


def test_the_names_of_the_files() -> None:
    assert (WISHES, CHARGERS) == ("wishes.json", "chargers.json")
