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


class EnergyKeeper:
    """Keeps the counters in the store, and says once when it cannot and once when it can again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: bytes | None = None
        self._failing = False

    def load(self, site: Site) -> Site:
        """The site with the counters that were kept, or as it is where there are none that can be believed."""
        self._kept = self._store.load(NAME)
        if self._kept is None:
            return site
        try:
            kept = msgspec.json.decode(self._kept, type=KeptEnergy)
        except msgspec.MsgspecError as error:
            log.warning("%s in the data folder cannot be read (%s); counters begin with the next telegram", NAME, error)
            return site
        if not (0 <= kept.energy_import_wh <= ENERGY_MAX_WH and 0 <= kept.energy_export_wh <= ENERGY_MAX_WH):
            log.warning("%s in the data folder holds impossible counters; they begin with the next telegram", NAME)
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
            self._store.save(NAME, data)
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


def _plain(value: float) -> float:
    """Whole numbers without a fraction, as decoders give them."""
    return int(value) if float(value).is_integer() else value
