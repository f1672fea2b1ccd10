"""What the gateway keeps across restarts: energy counters, which must never fall back to zero."""

from __future__ import annotations

import logging

import msgspec
from msgspec.structs import replace

from ngair.gateway.ports import Store
from ngair.model.limits import ENERGY_MAX_WH
from ngair.model.site import HeldValues, Site

NAME = "energy.json"

log = logging.getLogger("ngair")


class KeptEnergy(msgspec.Struct, frozen=True):
    """The last known counters."""

    energy_import_wh: float
    energy_export_wh: float


def load_held(site: Site, store: Store) -> Site:
    """The site with the counters that were kept, or as it is where there are none that can be believed."""
    data = store.load(NAME)
    if data is None:
        return site
    try:
        kept = msgspec.json.decode(data, type=KeptEnergy)
    except msgspec.MsgspecError as error:
        log.warning("%s in the data folder cannot be read (%s); counters begin with the next telegram", NAME, error)
        return site
    if not (0 <= kept.energy_import_wh <= ENERGY_MAX_WH and 0 <= kept.energy_export_wh <= ENERGY_MAX_WH):
        log.warning("%s in the data folder holds impossible counters; they begin with the next telegram", NAME)
        return site
    held = HeldValues(energy_import_wh=_plain(kept.energy_import_wh), energy_export_wh=_plain(kept.energy_export_wh))
    return replace(site, meter=replace(site.meter, held=held))


def save_held(held: HeldValues, store: Store) -> None:
    """Keep the counters. A disk that cannot be written is logged; the box goes on."""
    if held.energy_import_wh == 0 and held.energy_export_wh == 0:
        return
    data = msgspec.json.encode(KeptEnergy(held.energy_import_wh, held.energy_export_wh))
    if data == store.load(NAME):
        return
    try:
        store.save(NAME, data)
    except OSError as error:
        log.warning("energy counters cannot be kept: %s", error)


def _plain(value: float) -> float:
    """Whole numbers without a fraction, as decoders give them."""
    return int(value) if float(value).is_integer() else value
