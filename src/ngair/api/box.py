"""`/api/v1/box`: who the box is, what it runs on, how its links and its memory fare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ngair.api.settings_document import without_passwords
from ngair.api.times import utc
from ngair.model.charging import ChargeBox
from ngair.model.events import LinkState
from ngair.model.history import Memory, StoreFacts
from ngair.model.rules import MAIN_FUSE
from ngair.model.site import Meter, Profile, Site


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    ngair: str
    python: str
    sqlite: str
    system: str
    """The operating system by its name; empty where nothing tells."""
    kernel: str
    machine: str
    """Kind of processor, such as `aarch64`."""


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """The file system that the data folder is on."""

    folder: str
    size_bytes: int
    free_bytes: int


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What only the machine can tell, at the moment of the question."""

    versions: Versions
    disk: Disk | None = None
    """`None` where the folder cannot be looked at."""
    addresses: tuple[str, ...] = ()
    """IP addresses under which it may be reached."""
    uptime_s: float = 0
    """Since the program began."""
    zone: str = "UTC"
    """The box's time zone by its name (IANA), or its offset where it has none."""
    utc_offset_s: int = 0


class LinkDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the box."""

    kind: Literal["meter", "charger"]
    name: str
    """Of a meter the fuse that it measures, of a charger's link its URL, of a charger without one its serial number."""
    link: LinkState
    detail: str
    """Why it is not up and what to do; empty while it is."""
    age_s: float | None
    """Seconds since it brought anything; `null` where it never did, or nothing tells."""
    rejected: int
    """Refused inputs since start."""


class KeptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of rows in the memory."""

    kind: str
    """`samples`, `minutes`, `hours`, `days`, `events`, `sessions`."""
    rows: int
    oldest: str | None
    """Time of the oldest, UTC; `null` while there is none."""


class MemoryDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The memory, as it fares and what is in it."""

    state: str
    """`up`, `failing`, `starting` or `off`."""
    detail: str
    """Why nothing can be kept and what to do; empty while all is well."""
    epoch: str | None
    """Which store it is; `null` where it cannot be read."""
    created: str | None
    schema_version: int | None
    size_bytes: int | None
    seq: int | None
    kept: tuple[KeptDocument, ...]


class BoxDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The box."""

    time: str
    """Its clock, UTC."""
    zone: str
    utc_offset_s: int
    serial: str
    mac: str
    firmware: str
    profile: Profile
    host_name: str | None
    """Name on mDNS, while announced."""
    host_names: tuple[str, ...]
    """Further names under which it takes changes."""
    addresses: tuple[str, ...]
    uptime_s: float
    versions: Versions
    links: tuple[LinkDocument, ...]
    memory: MemoryDocument
    disk: Disk | None


def box_document(
    site: Site,
    machine: Machine,
    facts: StoreFacts | None,
    host_names: tuple[str, ...],
    now_s: float,
    wall_s: float,
) -> BoxDocument:
    """The box at a moment; `facts` are `None` where there is no store, or it cannot be read."""
    return BoxDocument(
        time=utc(int(wall_s)),
        zone=machine.zone,
        utc_offset_s=machine.utc_offset_s,
        serial=site.box.serial,
        mac=site.box.mac,
        firmware=site.box.firmware,
        profile=site.box.profile,
        host_name=site.box.host_name,
        host_names=host_names,
        addresses=machine.addresses,
        uptime_s=round(machine.uptime_s),
        versions=machine.versions,
        links=_links(site, now_s),
        memory=_memory(site.memory, facts),
        disk=machine.disk,
    )


def _links(site: Site, now_s: float) -> tuple[LinkDocument, ...]:
    meters = {MAIN_FUSE: site.meter} | {
        fuse.name: site.sub_meters.get(fuse.name, Meter()) for fuse in site.fuses if fuse.meter is not None
    }
    alone = (box for box in site.charge_boxes if not any(_is_behind(box, name) for name in site.charger_links))
    return (
        *(_meter(name, meter, now_s) for name, meter in meters.items()),
        *(_charger_link(site, name, now_s) for name in site.charger_links),
        *(_charger(box, now_s) for box in alone),
    )


def _meter(name: str, meter: Meter, now_s: float) -> LinkDocument:
    age_s = meter.age_s(now_s)
    return LinkDocument(
        kind="meter",
        name=name,
        link=meter.link,
        detail=without_passwords(meter.link_detail),
        age_s=None if age_s is None else round(age_s, 1),
        rejected=sum(meter.rejected.values()),
    )


def _charger_link(site: Site, name: str, now_s: float) -> LinkDocument:
    link = site.charger_links[name]
    behind = [box for box in site.charge_boxes if _is_behind(box, name)]
    return LinkDocument(
        kind="charger",
        name=without_passwords(name),
        link=link.link,
        detail=without_passwords(link.detail),
        age_s=_age_s(behind, now_s),
        rejected=sum(sum(box.rejected.values()) for box in behind),
    )


def _charger(box: ChargeBox, now_s: float) -> LinkDocument:
    """A charger that tells by no link of its own, as a simulated one does."""
    return LinkDocument(
        kind="charger",
        name=box.serial,
        link="up" if box.connected else "lost",
        detail="",
        age_s=_age_s([box], now_s),
        rejected=sum(box.rejected.values()),
    )


def _is_behind(box: ChargeBox, link: str) -> bool:
    return link in (box.endpoint, f"{box.endpoint}:{box.port}")


def _age_s(boxes: Sequence[ChargeBox], now_s: float) -> float | None:
    told_at_s = [outlet.told_at_s for box in boxes for outlet in box.outlets if outlet.told_at_s is not None]
    return round(max(0.0, now_s - max(told_at_s)), 1) if told_at_s else None


def _memory(memory: Memory, facts: StoreFacts | None) -> MemoryDocument:
    return MemoryDocument(
        state=memory.state,
        detail=memory.detail,
        epoch=facts.epoch if facts else None,
        created=utc(int(facts.created_at_s)) if facts else None,
        schema_version=facts.schema_version if facts else None,
        size_bytes=facts.size_bytes if facts else None,
        seq=facts.seq if facts else None,
        kept=tuple(_kept(kind, facts) for kind in facts.rows) if facts else (),
    )


def _kept(kind: str, facts: StoreFacts) -> KeptDocument:
    oldest_s = facts.oldest_s.get(kind)
    return KeptDocument(kind=kind, rows=facts.rows[kind], oldest=None if oldest_s is None else utc(int(oldest_s)))
