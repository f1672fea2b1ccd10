"""The whole house as one value, and the only function that changes it."""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec
from msgspec.structs import replace

from ngair.model.charging import ChargeBox, OutletState
from ngair.model.decision import Decision
from ngair.model.events import (
    BoxAnnounced,
    ChargerLinkChanged,
    ChargerLost,
    ChargerSeen,
    ClockChanged,
    Decided,
    Event,
    InputRejected,
    LinkState,
    MemoryChanged,
    MeterLinkChanged,
    NetworkChanged,
    PasswordChanged,
    TelegramReceived,
    UpdateChanged,
    WishesChanged,
)
from ngair.model.history import Memory
from ngair.model.limits import FRESH_CADENCES, FRESH_MAX_S, FRESH_MIN_S
from ngair.model.network import NetworkStatus
from ngair.model.phases import ZERO_PHASES, KnownPhases, Phases
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse, Pace, Wishes
from ngair.model.telegram import Origin
from ngair.model.update import Update

Profile = Literal["1.0", "1.3"]
"""Which firmware's Local API is spoken: `1.0` is the vendor's document, `1.3` later firmware in the field."""


class BoxInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who this box is."""

    serial: str
    """`[A-Z0-9]{16}`, made once per data folder."""
    firmware: str
    mac: str
    """12 lower-case hex digits."""
    profile: Profile = "1.0"
    host_name: str | None = None
    """Name on mDNS (`….local`), while announced."""


class HeldValues(msgspec.Struct, frozen=True, kw_only=True):
    """The last known value of everything that `/meter/` must always show; zero before the first."""

    power_import_w: float = 0
    power_export_w: float = 0
    current_a: KnownPhases = ZERO_PHASES
    voltage_v: KnownPhases = ZERO_PHASES
    energy_import_wh: float = 0
    energy_export_wh: float = 0


class RawTelegram(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted telegram as it came."""

    cpu_time_ms: int = 0
    len: int = 0
    data: str = ""


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """The meter and its link."""

    link: LinkState = "connecting"
    link_detail: str = ""
    """Why the link is not up and what to do; empty while it is."""
    reading: Reading | None = None
    received_at_s: float | None = None
    """Monotonic time of the reading's last byte."""
    cadence_s: float | None = None
    """Learned time between telegrams."""
    held: HeldValues = HeldValues()
    raw: RawTelegram = RawTelegram()
    last_rejected: bool = False
    """Whether the last input was refused."""
    rejected: dict[str, int] = {}
    """Refused inputs by reason, since start."""
    telegrams: int = 0
    """Accepted since start."""
    origin: Origin | None = None
    """Who sends, and how, as the last telegram showed it; `None` before the first."""
    line: str = ""
    """Setting of a serial line (`2400 8E1`) at which it is read; empty where there is none."""

    @property
    def vendor(self) -> str:
        """The maker's three letters (FLAG Association id); empty before the first telegram, and where nothing tells.

        ASCII telegrams begin with them (IEC 62056-21, clause 6.3.2), some in lower case.
        """
        told = self.origin.vendor if self.origin else ""
        if not told and self.reading and self.port == "P1":
            told = self.reading.ident[:3]
        return told.upper()

    @property
    def port(self) -> str:
        """What kind of port it speaks from: in the vendor's documents the meter's type. P1 until it is known."""
        return self.origin.port if self.origin else "P1"

    @property
    def meter_id(self) -> str:
        """Its equipment identifier; empty where it is unknown."""
        return (self.reading.meter_id if self.reading else None) or ""

    def age_s(self, now_s: float) -> float | None:
        """Seconds since the last accepted telegram; `None` before the first."""
        return None if self.received_at_s is None else max(0.0, now_s - self.received_at_s)

    @property
    def fresh_for_s(self) -> float:
        """So long may a reading be acted on: three cadences, at least 15 s, at most 60 s."""
        cadence_s = FRESH_MAX_S if self.cadence_s is None else self.cadence_s
        return min(max(FRESH_CADENCES * cadence_s, FRESH_MIN_S), FRESH_MAX_S)

    def is_fresh(self, now_s: float) -> bool:
        """Whether the reading may still be acted on."""
        age_s = self.age_s(now_s)
        return age_s is not None and age_s <= self.fresh_for_s


class ChargerLink(msgspec.Struct, frozen=True):
    """A link to chargers."""

    link: LinkState = "connecting"
    detail: str = ""
    """Why it is not up and what to do; empty while it is."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the box knows."""

    box: BoxInfo
    meter: Meter = Meter()
    sub_meters: dict[str, Meter] = {}
    """Meters of sub-fuses, by the fuse's name."""
    fuses: tuple[Fuse, ...] = ()
    """As the settings have them, the main fuse first; `rated_fuses` has the user's word in it."""
    charge_boxes: tuple[ChargeBox, ...] = ()
    charger_links: dict[str, ChargerLink] = {}
    """How the links to chargers fare, by their URLs."""
    pace: Pace = Pace()
    wishes: Wishes = Wishes()
    decision: Decision = Decision()
    memory: Memory = Memory()
    update: Update = Update()
    network: NetworkStatus = NetworkStatus()
    clock_set: bool = True
    """Whether the wall clock can be right: on a machine without a battery not before the network told it."""

    @property
    def rated_fuses(self) -> tuple[Fuse, ...]:
        """The fuses with the rating that the user gave the main one, which can only lower the setting's."""
        rating_a = self.wishes.main_fuse_a
        if rating_a is None or not self.fuses:
            return self.fuses
        one, two, three = (min(rating_a, setting_a) for setting_a in self.fuses[0].rating_a)
        return (replace(self.fuses[0], rating_a=(one, two, three)), *self.fuses[1:])


def apply(site: Site, event: Event) -> Site:
    """The site after an event. Nothing else makes a new site from an old one."""
    match event:
        case TelegramReceived():
            return _with_meter(site, event.fuse, _with_telegram(_meter(site, event.fuse), event))
        case InputRejected():
            return _with_meter(site, event.fuse, _with_rejection(_meter(site, event.fuse), event))
        case MeterLinkChanged():
            meter = replace(_meter(site, event.fuse), link=event.link, link_detail=event.detail, line=event.line)
            return _with_meter(site, event.fuse, meter)
        case ChargerSeen():
            return replace(site, charge_boxes=_with_charge_box(site.charge_boxes, event.charge_box))
        case ChargerLost():
            return replace(site, charge_boxes=tuple(_lost(b, event.serial) for b in site.charge_boxes))
        case ChargerLinkChanged():
            return replace(site, charger_links=site.charger_links | {event.name: ChargerLink(event.link, event.detail)})
        case BoxAnnounced():
            return replace(site, box=replace(site.box, host_name=event.host_name))
        case Decided():
            return replace(site, decision=event.decision)
        case WishesChanged():
            return replace(site, wishes=event.wishes)
        case MemoryChanged():
            return replace(site, memory=event.memory)
        case UpdateChanged():
            return replace(site, update=event.update)
        case ClockChanged():
            return replace(site, clock_set=event.is_set)
        case NetworkChanged():
            return replace(site, network=event.network)
        case PasswordChanged():
            return site
        case _:
            assert_never(event)


def _meter(site: Site, fuse: str) -> Meter:
    return site.meter if fuse == MAIN_FUSE else site.sub_meters.get(fuse, Meter())


def _with_meter(site: Site, fuse: str, meter: Meter) -> Site:
    if fuse == MAIN_FUSE:
        return replace(site, meter=meter)
    return replace(site, sub_meters=site.sub_meters | {fuse: meter})


def _with_rejection(meter: Meter, event: InputRejected) -> Meter:
    count = meter.rejected.get(event.rejection.reason, 0) + 1
    rejected = meter.rejected | {str(event.rejection.reason): count}
    return replace(meter, rejected=rejected, last_rejected=True)


def _with_telegram(meter: Meter, event: TelegramReceived) -> Meter:
    reading = event.telegram.reading
    return replace(
        meter,
        reading=reading,
        received_at_s=event.at_s,
        cadence_s=_cadence(meter, event.at_s),
        held=hold(meter.held, reading),
        raw=RawTelegram(cpu_time_ms=event.cpu_time_ms, len=event.telegram.wire_len, data=event.telegram.data),
        last_rejected=False,
        telegrams=meter.telegrams + 1,
        origin=event.telegram.origin,
    )


def hold(held: HeldValues, reading: Reading) -> HeldValues:
    """The held values after a reading: what it knows replaces, what it does not know stays."""
    return HeldValues(
        power_import_w=_known(reading.power_import_w, held.power_import_w),
        power_export_w=_known(reading.power_export_w, held.power_export_w),
        current_a=_known_phases(reading.current_a, held.current_a),
        voltage_v=_known_phases(reading.voltage_v, held.voltage_v),
        energy_import_wh=_known(reading.energy_import_wh, held.energy_import_wh),
        energy_export_wh=_known(reading.energy_export_wh, held.energy_export_wh),
    )


def _known(new: float | None, old: float) -> float:
    return old if new is None else new


def _known_phases(new: Phases, old: KnownPhases) -> KnownPhases:
    return (_known(new[0], old[0]), _known(new[1], old[1]), _known(new[2], old[2]))


def _cadence(meter: Meter, at_s: float) -> float | None:
    """Time between telegrams: the first gap, then moved a quarter of the way by each further one.

    An outage is no cadence: it counts as the longest that may matter.
    """
    if meter.received_at_s is None:
        return None
    gap_s = min(max(0.0, at_s - meter.received_at_s), FRESH_MAX_S)
    return gap_s if meter.cadence_s is None else meter.cadence_s + (gap_s - meter.cadence_s) / 4


def _with_charge_box(boxes: tuple[ChargeBox, ...], seen: ChargeBox) -> tuple[ChargeBox, ...]:
    if all(box.serial != seen.serial for box in boxes):
        return (*boxes, seen)
    return tuple(seen if box.serial == seen.serial else box for box in boxes)


def _lost(box: ChargeBox, serial: str) -> ChargeBox:
    """A lost charger keeps its last figures, for it may still draw them; its outlets cannot be used."""
    if box.serial != serial:
        return box
    outlets = tuple(replace(outlet, state=OutletState.UNAVAILABLE, foreign_a=None) for outlet in box.outlets)
    return replace(box, connected=False, outlets=outlets)
