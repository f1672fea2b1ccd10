"""The documents that are served: a path, what it shows, how it is made. A new endpoint is one row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ngair.api.local import (
    EvseBox,
    EvseBoxMetered,
    MeterDocument,
    MeterRaw,
    MeterRawResult,
    StatusDocument,
    StatusDocument13,
    evse_document,
    meter_document,
    meter_info,
    meterraw_document,
    status_document,
)
from ngair.api.site import SiteDocument, site_document
from ngair.model.site import Profile, Site


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One document."""

    path: str
    """As documented; the form without the last slash answers the same."""
    summary: str
    build: Callable[[Site, float, float], object]
    """Site, monotonic and wall seconds -> the document."""
    shows: Callable[[Site], object] | None
    """What of the site it depends on; `None`: on the time too, so that it is made anew each second."""
    schema: dict[Profile, Any]
    """The type of the document in each profile."""

    @property
    def paths(self) -> tuple[str, ...]:
        """All forms that answer."""
        return (self.path, self.path.rstrip("/")) if self.path.endswith("/") else (self.path, self.path + "/")


ROUTES: tuple[Route, ...] = (
    Route(
        path="/evse/",
        summary="Chargers and their outlets",
        build=lambda site, now_s, wall_s: evse_document(site),
        shows=lambda site: site.charge_boxes,
        schema={"1.0": list[EvseBox], "1.3": list[EvseBoxMetered]},
    ),
    Route(
        path="/meter/",
        summary="Power, current, voltage and energy of the house",
        build=lambda site, now_s, wall_s: meter_document(site),
        shows=lambda site: site.meter.held,
        schema={"1.0": MeterDocument, "1.3": MeterDocument},
    ),
    Route(
        path="/meterraw/",
        summary="The last telegram as it came",
        build=lambda site, now_s, wall_s: meterraw_document(site),
        shows=lambda site: (site.meter.raw, site.meter.last_rejected),
        schema={"1.0": MeterRaw, "1.3": list[MeterRawResult]},
    ),
    Route(
        path="/status/",
        summary="The box, its charger and its meter",
        build=lambda site, now_s, wall_s: status_document(site),
        shows=lambda site: (site.box, site.charge_boxes[:1], meter_info(site.meter), site.update, site.network.wifi),
        schema={"1.0": StatusDocument, "1.3": StatusDocument13},
    ),
    Route(
        path="/api/v1/site",
        summary="Everything the box knows, with the age of it; unknown is null",
        build=site_document,
        shows=None,
        schema={"1.0": SiteDocument, "1.3": SiteDocument},
    ),
)
