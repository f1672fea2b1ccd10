"""`/api/v1/site`: the site as it is, where unknown is `null` and everything has its age."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from ngair.api.charging import ChargerState, FailSafeState, charger_states, fail_safe_states
from ngair.api.local import MeterInfo, meter_info
from ngair.model.decision import Headroom
from ngair.model.events import LinkState
from ngair.model.history import MemoryState
from ngair.model.network import NetworkStatus, SetupState
from ngair.model.phases import UNKNOWN_PHASES, KnownPhases, Phases
from ngair.model.reading import ReadingDocument, reading_document
from ngair.model.site import BoxInfo, Meter, Site
from ngair.model.ssid import ssid_text
from ngair.model.telegram import REMEDIES, Reason
from ngair.model.update import Update, UpdateState


class FoundMeter(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out of the meter by itself."""

    framing: str
    """How its telegrams are told apart on the line: `P1`, `HDLC`, `M-Bus`, `DB`, `SML`."""
    dialect: str
    """Its family, by whose table it is read; empty where its telegrams tell all by themselves."""
    vendor: str
    """Its maker's three letters (FLAG Association id); empty where nothing tells."""
    type: str
    """Its model as it tells it; empty where it does not."""
    ciphered: bool
    """Whether it encrypts."""
    line: str
    """Setting of the serial line, such as `2400 8E1`; empty where there is none."""


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
    found: FoundMeter | None
    """`null` before the first telegram."""


class FuseDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A fuse, what flows through it and what it has left, in A a phase; `null` where unknown."""

    name: str
    under: str | None
    """Name of the fuse above it; `null` for the main fuse."""
    rating_a: KnownPhases
    """By which is charged: the setting's, or the lower one that the user asked for."""
    setting_a: KnownPhases
    """The setting's, above which nobody can raise it."""
    power_max_w: float | None
    """Limit on the power of the three phases together; `null`: none."""
    current_a: Phases
    """As its meter last told."""
    other_a: Phases
    """Drawn below it by everything but the chargers; negative on export."""
    left_a: Phases
    """Left for all chargers below it together, after the margin; negative where the house alone is too much."""
    meter: MeterState | None
    """A sub-fuse's own meter; `null` where it has none, and for the main fuse, whose meter is the house's."""


class ChargerLinkState(msgspec.Struct, frozen=True):
    """A link to chargers."""

    name: str
    """Its URL."""
    link: LinkState
    detail: str
    """Why it is not up and what to do."""


class MemoryDocument(msgspec.Struct, frozen=True, kw_only=True):
    """How the memory fares: the history of readings, charging and events."""

    state: MemoryState
    """`failing`: nothing can be kept, and charging goes on; `off` by a setting."""
    detail: str
    """Why nothing can be kept and what to do; empty while all is well."""


class UpdateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The newest firmware that somebody brought, and how far it is."""

    state: UpdateState
    """`waiting` for a moment that disturbs no car; `trial`: new firmware that has not shown itself healthy yet;
    `failed` stays until the next upload."""
    version: str
    """Of that firmware; empty where there is none."""
    progress: int
    """0 to 100, of what the state says."""
    reason: str
    """In a word or two why it failed; empty otherwise."""
    detail: str
    """For a person: why it failed, or what it waits for."""
    holding: bool
    """Whether no outlet has more than its fallback current because of it."""


class NetworkDocument(msgspec.Struct, frozen=True, kw_only=True):
    """How the box is connected."""

    managed: bool
    """Whether this program looks after it."""
    connected: bool
    """Whether any network is up; known only where it is managed."""
    ssid: str
    """Of the Wi-Fi network that was joined, as text; bytes that are no UTF-8 as `\\xNN`; empty without one."""
    rssi_dbm: int | None
    """How strong it is; `null` where nothing tells."""
    addresses: tuple[str, ...]
    """Under which the box is reached in the network."""
    setup: SetupState
    """Whether the box's own access point is up, for giving it a network."""
    detail: str
    """What is wrong and what to do; empty while all is well."""


class SiteDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the box knows, in base units."""

    time: str
    """The box's clock, UTC."""
    clock: Literal["set", "unset"]
    """`unset`: the machine was started and nobody told it the time yet, so `time` is wrong; the memory waits."""
    meter: MeterState
    fuses: tuple[FuseDocument, ...]
    """The main fuse first."""
    chargers: tuple[ChargerState, ...]
    charger_links: tuple[ChargerLinkState, ...]
    """Links to chargers, whether or not any was found behind them."""
    fail_safes: tuple[FailSafeState, ...]
    """What is missing, and what the box does about it; empty while all is well."""
    memory: MemoryDocument
    update: UpdateDocument
    network: NetworkDocument
    box: BoxInfo


def site_document(site: Site, now_s: float, wall_s: float) -> SiteDocument:
    """The site at a moment: `now_s` monotonic, `wall_s` since 1970 UTC."""
    return SiteDocument(
        time=datetime.fromtimestamp(int(wall_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        clock="set" if site.clock_set else "unset",
        meter=_meter(site.meter, now_s),
        fuses=tuple(_fuse(site, number, now_s) for number in range(len(site.fuses))),
        chargers=charger_states(site, now_s),
        charger_links=tuple(
            ChargerLinkState(name, link.link, link.detail) for name, link in site.charger_links.items()
        ),
        fail_safes=fail_safe_states(site, now_s),
        memory=MemoryDocument(state=site.memory.state, detail=site.memory.detail),
        update=_update(site.update),
        network=_network(site.network),
        box=site.box,
    )


def _update(update: Update) -> UpdateDocument:
    return UpdateDocument(
        state=update.state,
        version=update.version,
        progress=update.progress,
        reason=update.reason,
        detail=update.detail,
        holding=update.holding,
    )


def _network(network: NetworkStatus) -> NetworkDocument:
    wifi = network.wifi
    return NetworkDocument(
        managed=network.managed,
        connected=wifi.connected,
        ssid=ssid_text(wifi.ssid),
        rssi_dbm=wifi.rssi_dbm,
        addresses=wifi.addresses,
        setup=network.setup,
        detail=network.detail,
    )


def _meter(meter: Meter, now_s: float) -> MeterState:
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
        info=meter_info(meter),
        found=_found(meter),
    )


def _found(meter: Meter) -> FoundMeter | None:
    origin = meter.origin
    if origin is None:
        return None
    return FoundMeter(
        framing=origin.framing,
        dialect=origin.dialect,
        vendor=meter.vendor,
        type=origin.type,
        ciphered=origin.ciphered,
        line=meter.line,
    )


def _fuse(site: Site, number: int, now_s: float) -> FuseDocument:
    fuse, setting = site.rated_fuses[number], site.fuses[number]
    meter = site.meter if fuse.under is None else site.sub_meters.get(fuse.name)
    headroom = _headroom(site, fuse.name)
    return FuseDocument(
        name=fuse.name,
        under=fuse.under,
        rating_a=fuse.rating_a,
        setting_a=setting.rating_a,
        power_max_w=fuse.power_max_w,
        current_a=meter.reading.current_a if meter and meter.reading else UNKNOWN_PHASES,
        other_a=_hundredths(headroom.other_a),
        left_a=_hundredths(headroom.left_a),
        meter=_meter(meter, now_s) if meter and fuse.under is not None else None,
    )


def _headroom(site: Site, fuse: str) -> Headroom:
    for headroom in site.decision.headrooms:
        if headroom.fuse == fuse:
            return headroom
    return Headroom(fuse=fuse)


def _hundredths(phases: Phases) -> Phases:
    """Sums of what meters tell, without the tail that binary fractions leave."""
    one, two, three = (None if value is None else round(value, 2) for value in phases)
    return (one, two, three)
