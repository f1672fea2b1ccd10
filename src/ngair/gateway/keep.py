"""What the gateway keeps across restarts: energy counters, users' wishes, the chargers that links are bound to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from ngair.gateway.ports import Store
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.limits import ENERGY_MAX_WH, STATE_SAVE_INTERVAL_S
from ngair.model.rules import Wishes, sound_wishes
from ngair.model.site import HeldValues, Site

ENERGY = "energy.json"
WISHES = "wishes.json"
CHARGERS = "chargers.json"

log = logging.getLogger("ngair")


class KeptEnergy(msgspec.Struct, frozen=True):
    """The last known counters."""

    energy_import_wh: float
    energy_export_wh: float


class EnergyKeeper:
    """Keeps the counters in the store, and says once when it cannot and once when it can again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: bytes | None = None
        self._failing = False

    def load(self, site: Site) -> Site:
        """The site with the counters that were kept, or as it is where there are none that can be believed."""
        self._kept = self._store.load(ENERGY)
        if self._kept is None:
            return site
        try:
            kept = msgspec.json.decode(self._kept, type=KeptEnergy)
        except msgspec.MsgspecError as error:
            log.warning(
                "%s in the data folder cannot be read (%s); counters begin with the next telegram", ENERGY, error
            )
            return site
        if not (0 <= kept.energy_import_wh <= ENERGY_MAX_WH and 0 <= kept.energy_export_wh <= ENERGY_MAX_WH):
            log.warning("%s in the data folder holds impossible counters; they begin with the next telegram", ENERGY)
            return site
        held = HeldValues(
            energy_import_wh=_plain(kept.energy_import_wh), energy_export_wh=_plain(kept.energy_export_wh)
        )
        return replace(site, meter=replace(site.meter, held=held))

    def save(self, held: HeldValues) -> None:
        """Keep the counters where they changed. The box goes on with a disk that cannot be written."""
        if held.energy_import_wh == 0 and held.energy_export_wh == 0:
            return
        data = msgspec.json.encode(KeptEnergy(held.energy_import_wh, held.energy_export_wh))
        if data == self._kept:
            return
        try:
            self._store.save(ENERGY, data)
        except OSError as error:
            if not self._failing:
                log.warning(
                    "energy counters cannot be kept (%s): free some space, or look at the disk; "
                    "until then a restart begins with older ones",
                    error.strerror or error,
                )
            self._failing = True
            return
        self._kept = data
        if self._failing:
            log.info("energy counters are kept again")
        self._failing = False


class WishKeeper:
    """Keeps what users asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()

    def load(self, site: Site) -> Site:
        """The site with the wishes that were kept."""
        wishes = loaded(self._store, WISHES, Wishes, "users' wishes are the defaults, nothing is paused or limited")
        return site if wishes is None else replace(site, wishes=sound_wishes(wishes))

    async def save(self, wishes: Wishes) -> None:
        """Keep them, one save after the other, off the loop: a memory card may take its time. Raises `OSError`."""
        async with self._lock:
            await asyncio.to_thread(self._store.save, WISHES, msgspec.json.encode(wishes))


class KeptCharger(msgspec.Struct, frozen=True, kw_only=True):
    """A charger that was bound to a link: what must be reserved for it until it tells about itself again."""

    link: str
    """The URL of its link."""
    charge_box: ChargeBox


class ChargerKeeper:
    """Keeps which charger each link is bound to, for good."""

    def __init__(self, store: Store, links: Sequence[str]) -> None:
        self._store = store
        self._links = frozenset(links)
        kept = loaded(store, CHARGERS, list[KeptCharger], "each link is bound to the first charger that it finds")
        self._kept = {charger.link: charger.charge_box for charger in kept or () if charger.link in self._links}
        self._changed = asyncio.Event()

    def load(self, site: Site) -> Site:
        """The site with the chargers of its links as lost ones: known, and not heard of since the start."""
        return replace(site, charge_boxes=tuple(_unheard(box) for box in self._kept.values()))

    def pinned(self, link: str) -> str | None:
        """Serial number of the charger that a link is bound to; `None` while it is to none."""
        box = self._kept.get(link)
        return None if box is None else box.serial

    def pin(self, link: str, serial: str) -> None:
        """A link is bound to this charger from now on, whatever else appears on it."""
        if link in self._links and self.pinned(link) != serial:
            self._kept[link] = ChargeBox(serial=serial, identity=serial, connected=False, pinned=True)
            self._changed.set()

    def note(self, boxes: Sequence[ChargeBox]) -> None:
        """See whether something about the bound chargers is new; it is kept soon, by `run`."""
        for box in boxes:
            if not box.pinned or not box.outlets:
                continue
            link, lasting = f"{box.endpoint}:{box.port}", _lasting(box)
            if link in self._links and self._kept.get(link) != lasting:
                self._kept[link] = lasting
                self._changed.set()

    async def run(self) -> None:
        """Keep what `note` finds, off the loop, for ever. A disk that cannot be written is tried again."""
        loss = "the bound charger cannot be kept (%s): %s; until then a restart binds to the first one that it finds"
        await keep_written(self._store, CHARGERS, self._changed, self._encoded, loss)

    def _encoded(self) -> bytes:
        return msgspec.json.encode([KeptCharger(link=link, charge_box=box) for link, box in self._kept.items()])


async def keep_written(store: Store, name: str, changed: asyncio.Event, encode: Callable[[], bytes], loss: str) -> None:
    """Write a document whenever it changed, off the loop, for ever. A disk that cannot be written is tried again.

    `loss` is what to say when it cannot: once, with places for the fault and for what to do.
    """
    failing = False
    while True:
        await changed.wait()
        changed.clear()
        data = encode()
        try:
            await asyncio.to_thread(store.save, name, data)
            failing = False
        except OSError as error:
            if not failing:
                log.warning(loss, error.strerror or error, "free some space, or look at the disk")
            failing = True
            changed.set()
            await asyncio.sleep(STATE_SAVE_INTERVAL_S)


def _lasting(box: ChargeBox) -> ChargeBox:
    """What of a charger does not change while it charges."""
    outlets = tuple(
        Outlet(id=o.id, state=OutletState.UNAVAILABLE, min_a=o.min_a, max_a=o.max_a, phases=o.phases)
        for o in box.outlets
    )
    return replace(box, connected=False, notice="", rejected={}, outlets=outlets)


def _unheard(box: ChargeBox) -> ChargeBox:
    """As it was kept, whatever the file says about the present."""
    outlets = tuple(replace(o, state=OutletState.UNAVAILABLE, told_at_s=None, car_phases=None) for o in box.outlets)
    return replace(box, connected=False, pinned=True, notice="", rejected={}, outlets=outlets)


def loaded(store: Store, name: str, kind: Any, otherwise: str) -> Any:
    """A kept document, `None` where there is none or it cannot be read. `otherwise` is what that means, for the log."""
    data = store.load(name)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        log.warning("%s in the data folder cannot be read (%s): %s", name, error, otherwise)
        return None


def _plain(value: float) -> float:
    """Whole numbers without a fraction, as decoders give them."""
    return int(value) if float(value).is_integer() else value
