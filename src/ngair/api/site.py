"""`/api/v1/site`: the site as it is, where unknown is `null` and everything has its age."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ngair.api.local import MeterInfo, meter_info
from ngair.model.charging import ChargeBox, Outlet
from ngair.model.decision import Decision, Setpoint
from ngair.model.events import LinkState
from ngair.model.phases import KnownPhases, Phases
from ngair.model.reading import ReadingDocument, reading_document
from ngair.model.site import BoxInfo, Site
from ngair.model.telegram import REMEDIES, Reason


class MeterState(msgspec.Struct, frozen=True, kw_only=True):
    """The meter: its last reading, how old it is, and how its link fares."""

    reading: ReadingDocument | None
    """The last accepted reading; `null` before the first."""
    age_s: float | None
    """Seconds since its last byte."""
    fresh: bool
    """Whether the reading is young enough to act on."""
    link: LinkState
    link_detail: str
    """Why the link is not up and what to do."""
    rejected: dict[str, int]
    """Refused inputs since start, by reason."""
    remedies: dict[str, str]
    """What to do about each of these reasons."""
    telegrams: int
    """Accepted telegrams since start."""
    info: MeterInfo


class FuseState(msgspec.Struct, frozen=True, kw_only=True):
    """A fuse and what flows through it, in A a phase; `null` where unknown."""

    name: str
    rating_a: KnownPhases
    current_a: Phases


class OutletState(msgspec.Struct, frozen=True, kw_only=True):
    """One outlet; `state` as in `/evse/`."""

    id: int
    state: int
    state_name: str
    current_a: KnownPhases
    setpoint_a: int | None
    reason: str | None
    energy_wh: int
    power_w: float


class ChargerState(msgspec.Struct, frozen=True, kw_only=True):
    """One charger."""

    serial: str
    identity: str
    firmware: str
    endpoint: str
    port: int
    connected: bool
    pinned: bool
    outlets: tuple[OutletState, ...]


class SiteDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the box knows, in base units."""

    time: str
    """The box's clock, UTC."""
    meter: MeterState
    fuses: tuple[FuseState, ...]
    chargers: tuple[ChargerState, ...]
    box: BoxInfo


def site_document(site: Site, now_s: float, wall_s: float) -> SiteDocument:
    """The site at a moment: `now_s` monotonic, `wall_s` since 1970 UTC."""
    return SiteDocument(
        time=datetime.fromtimestamp(int(wall_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        meter=_meter(site, now_s),
        fuses=_fuses(site),
        chargers=tuple(_charger(box, site.decision) for box in site.charge_boxes),
        box=site.box,
    )


def _meter(site: Site, now_s: float) -> MeterState:
    meter = site.meter
    age_s = meter.age_s(now_s)
    return MeterState(
        reading=reading_document(meter.reading) if meter.reading else None,
        age_s=None if age_s is None else round(age_s, 1),
        fresh=meter.is_fresh(now_s),
        link=meter.link,
        link_detail=meter.link_detail,
        rejected=meter.rejected,
        remedies={reason: REMEDIES[Reason(reason)] for reason in meter.rejected},
        telegrams=meter.telegrams,
        info=meter_info(site),
    )


def _fuses(site: Site) -> tuple[FuseState, ...]:
    reading = site.meter.reading
    current_a: Phases = reading.current_a if reading else (None, None, None)
    return tuple(FuseState(name=fuse.name, rating_a=fuse.rating_a, current_a=current_a) for fuse in site.rated_fuses)


def _charger(box: ChargeBox, decision: Decision) -> ChargerState:
    return ChargerState(
        serial=box.serial,
        identity=box.identity,
        firmware=box.firmware,
        endpoint=box.endpoint,
        port=box.port,
        connected=box.connected,
        pinned=box.pinned,
        outlets=tuple(_outlet(outlet, decision.setpoint(box.serial, outlet.id)) for outlet in box.outlets),
    )


def _outlet(outlet: Outlet, setpoint: Setpoint | None) -> OutletState:
    return OutletState(
        id=outlet.id,
        state=int(outlet.state),
        state_name=outlet.state.name.replace("_", " ").capitalize(),
        current_a=outlet.current_a,
        setpoint_a=setpoint.setpoint_a if setpoint else None,
        reason=setpoint.reason.text if setpoint else None,
        energy_wh=outlet.energy_wh,
        power_w=outlet.power_w,
    )
