"""What the box tells of itself, with a real memory, with none, and with one that cannot be read."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.adapters.sqlite.store import SqliteStore
from ngair.api.box import Machine, Versions
from ngair.api.queries import INSPECTED
from ngair.gateway.inspecting import Inspector
from ngair.gateway.ports import HistoryReader
from ngair.model.history import Batch, EventKind, HistoryEvent
from ngair.model.limits import DIAGNOSTICS_LOG_ROWS
from ngair.model.settings import Settings
from tests.api.telegrams import broken
from tests.gateway.house import TELEGRAMS, House

MACHINE = Machine(versions=Versions(ngair="1", python="3", sqlite="3", system="", kernel="", machine=""), uptime_s=7)


def inspector(reader: HistoryReader | None) -> Inspector:
    house = House()
    for data in (TELEGRAMS[0], broken(TELEGRAMS[1]), TELEGRAMS[2]):
        house.gateway.main_meter.meter_bytes(data)
    return Inspector(house.gateway, Settings(), house.clock, lambda: MACHINE, lambda: reader)


def store_with(path: Path, events: int) -> None:
    with contextlib.closing(SqliteStore(path, 14, 400)) as store:
        store.write(
            Batch(
                events=tuple(
                    HistoryEvent(at_s=1_700_000_000 + n, kind=EventKind.WISH, text=f"event {n}") for n in range(events)
                )
            )
        )


def test_every_path_that_is_described_is_answered() -> None:
    asked = inspector(None)
    assert set(asked.answers) == {endpoint.path for endpoint in INSPECTED}
    for endpoint in INSPECTED:
        document = asked.answers[endpoint.path](msgspec.convert({}, endpoint.params))
        [kind] = endpoint.content.values()
        assert msgspec.json.decode(msgspec.json.encode(document), type=kind) == document


def test_without_a_memory_the_rest_is_there() -> None:
    document = inspector(None).diagnostics()
    assert document.log_missing == "there is no memory"
    assert document.box.memory.size_bytes is None
    assert document.box.uptime_s == 7
    assert document.telegrams[0].rejected == {"check": 1}
    assert document.telegrams[0].data.encode("latin-1") == TELEGRAMS[2]


def test_the_newest_of_a_long_log(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store_with(path, DIAGNOSTICS_LOG_ROWS + 50)
    document = inspector(SqliteReader(path)).diagnostics()
    assert document.log_missing == ""
    assert len(document.log) == DIAGNOSTICS_LOG_ROWS
    texts = [entry.text for entry in document.log]
    assert texts == [f"event {n}" for n in range(DIAGNOSTICS_LOG_ROWS + 49, 49, -1)]
    assert document.box.memory.size_bytes is not None


def test_a_memory_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.mkdir()
    asked = inspector(SqliteReader(path))
    assert asked.box().memory.epoch is None
    document = asked.diagnostics()
    assert document.log_missing
    assert document.site.meter.reading is not None


def test_a_fuse_without_a_meter_has_no_telegram() -> None:
    assert inspector(None).telegram("attic") is None
