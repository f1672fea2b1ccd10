"""`/api/v1/box`: identity, versions, links and memory."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.api.box import Disk, Machine, Versions, box_document
from ngair.model.events import ChargerLinkChanged, Event, MemoryChanged, MeterLinkChanged
from ngair.model.history import Memory, StoreFacts
from tests.api.houses import BOX, CHARGER, rejection, seen, site, telegram

MACHINE = Machine(
    versions=Versions(ngair="1.2.3", python="3.11.2", sqlite="3.40.1", system="", kernel="Linux 6", machine="aarch64"),
    disk=Disk(folder="/data", size_bytes=1000, free_bytes=250),
    addresses=("192.0.2.1",),
    uptime_s=90_061.4,
    zone="Europe/Stockholm",
    utc_offset_s=3600,
)
FACTS = StoreFacts(
    epoch="made-up",
    created_at_s=1_700_000_000.5,
    schema_version=1,
    seq=42,
    size_bytes=123_456,
    oldest_s={"samples": 1_700_000_010.0, "events": None},
    rows={"samples": 7, "events": 0},
)


def document(*events: Event, facts: StoreFacts | None = FACTS) -> Any:
    made = box_document(site("1.0", events), MACHINE, facts, ("box.example",), 2.0, 1_767_225_599.9)
    return msgspec.json.decode(msgspec.json.encode(made))


def test_who_it_is_and_what_it_runs_on() -> None:
    shown = document()
    assert (shown["serial"], shown["mac"], shown["firmware"]) == (BOX.serial, BOX.mac, BOX.firmware)
    assert shown["time"] == "2025-12-31T23:59:59Z"
    assert (shown["zone"], shown["utc_offset_s"], shown["uptime_s"]) == ("Europe/Stockholm", 3600, 90_061)
    assert shown["versions"]["python"] == "3.11.2"
    assert shown["host_names"] == ["box.example"]
    assert shown["disk"] == {"folder": "/data", "size_bytes": 1000, "free_bytes": 250}


def test_every_link_with_its_health() -> None:
    shown = document(
        telegram(at_s=1.5),
        rejection(),
        MeterLinkChanged("lost", "plug it in: tcp://user:hunter2@dongle"),
        seen(),
        ChargerLinkChanged("mqtt://192.0.2.7:1883", "up"),
        ChargerLinkChanged("mqtt://u:hunter2@carport:1883", "lost", "no answer of mqtt://u:hunter2@carport:1883"),
    )
    meter, charger, away = shown["links"]
    assert (meter["kind"], meter["name"], meter["link"], meter["age_s"]) == ("meter", "main", "lost", 0.5)
    assert meter["rejected"] == 1
    assert (charger["kind"], charger["link"], charger["age_s"]) == ("charger", "up", 0.5)
    assert charger["name"] == f"{CHARGER.endpoint}:{CHARGER.port}"
    assert (away["name"], away["age_s"]) == ("mqtt://***@carport:1883", None)
    assert "hunter2" not in str(shown)


def test_the_memory() -> None:
    memory = document(MemoryChanged(Memory(state="failing", detail="the disk is full")))["memory"]
    assert (memory["state"], memory["detail"]) == ("failing", "the disk is full")
    assert (memory["epoch"], memory["seq"], memory["size_bytes"]) == ("made-up", 42, 123_456)
    assert memory["created"] == "2023-11-14T22:13:20Z"
    assert memory["kept"] == [
        {"kind": "samples", "rows": 7, "oldest": "2023-11-14T22:13:30Z"},
        {"kind": "events", "rows": 0, "oldest": None},
    ]


def test_a_store_that_cannot_be_read_is_unknown_and_not_empty() -> None:
    memory = document(facts=None)["memory"]
    assert memory["kept"] == []
    assert memory["size_bytes"] is None
    assert memory["epoch"] is None
