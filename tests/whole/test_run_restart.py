"""What survives a restart, and what the program does with a data folder that has suffered."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import msgspec
import pytest

from ngair.sim.options import Options
from ngair.sim.world import World
from tests.contracts.disks import FILL, READ_ONLY, SMALL, on_a_disk
from tests.contracts.programs import NGAIR, QUIET, Dongle, told
from tests.program import Box, running, started

TELEGRAM = World(Options(seed=8)).advance(1)[0]
ENERGY = ("totalEnergyActiveImport", "totalEnergyActiveExport")


def silent(data: Path) -> list[str]:
    """A box whose meter says nothing."""
    return ["run", "--meter", "serial:///dev/ttyUSB99", "--data", str(data), "--mdns", "off"]


def serial(box: Box) -> str:
    return str(box.json("/api/v1/site")["box"]["serial"])


def test_identity_and_counters_survive(tmp_path: Path) -> None:
    with Dongle(TELEGRAM) as dongle:
        meter = f"tcp://127.0.0.1:{dongle.port}"
        with running("run", "--meter", meter, "--data", str(tmp_path), "--mdns", "off") as box:
            box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] == 1)
            first, meter_before = serial(box), box.json("/meter/")
            assert box.stop() == 0
    for number in (signal.SIGKILL, signal.SIGTERM):
        with running(*silent(tmp_path)) as box:
            told(box, "meter lost")
            meter_after, site = box.json("/meter/"), box.json("/api/v1/site")
            box.stop(number)
        assert site["box"]["serial"] == first
        assert site["meter"]["reading"] is site["meter"]["age_s"] is None
        assert {key: meter_after[key] for key in ENERGY} == {key: meter_before[key] for key in ENERGY}
        assert meter_after["totalEnergyActiveImport"] > 0
        assert (meter_after["activePowerIn"], meter_after["voltage"]) == (0, [0, 0, 0])


@pytest.mark.parametrize("content", [b"", b"\x00" * 200, b"{", b'{"serial": "X"}', os.urandom(300)], ids=len)
def test_damaged_files_are_told_and_the_box_starts(content: bytes, tmp_path: Path) -> None:
    for name in ("box.json", "energy.json"):
        (tmp_path / name).write_bytes(content)
    with running(*silent(tmp_path)) as box:
        told(box, "energy.json in the data folder cannot be read")
        told(box, "box.json in the data folder is damaged: the box gets a new serial number")
        made = serial(box)
        assert box.json("/meter/")["totalEnergyActiveImport"] == 0
        assert box.stop() == 0
    with running(*silent(tmp_path)) as box:
        assert serial(box) == made


def test_a_folder_that_goes_away_while_it_runs_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Dongle(TELEGRAM) as dongle:
        meter = f"tcp://127.0.0.1:{dongle.port}"
        with running("run", "--meter", meter, "--data", str(data), "--mdns", "off") as box:
            box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] == 1)
            data.rename(tmp_path / "elsewhere")
            assert box.stop() == 0
    assert any("energy counters cannot be kept (No such file or directory): " in line for line in box.errors)


@pytest.mark.parametrize("kept", [False, True], ids=["first start", "later start"])
def test_a_full_disk_is_told_and_the_box_runs(kept: bool, tmp_path: Path) -> None:
    identity = msgspec.json.encode({"serial": "ABCDEFGH01234567", "local_mac": "020000000001"}).decode()
    prepare = f"""printf '%s' '{identity}' > "$1/box.json" && {{ {FILL}; }}""" if kept else FILL
    with Dongle(TELEGRAM) as dongle:
        meter = ["run", "--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), *QUIET]
        with started(on_a_disk(SMALL, tmp_path, [*NGAIR, *meter], prepare)) as box:
            box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] == 1)
            if kept:
                assert serial(box) == "ABCDEFGH01234567"
            else:
                told(box, "box.json cannot be kept in the data folder (No space left on device): free some space, ")
            assert box.stop() == 0
    told(box, "energy counters cannot be kept (No space left on device): free some space, or look at the disk")
    assert "Traceback" not in "".join(box.errors)


def test_a_disk_that_became_read_only_is_told_and_the_box_runs_as_who_it_was(tmp_path: Path) -> None:
    identity = msgspec.json.encode({"serial": "ABCDEFGH01234567", "local_mac": "020000000001"}).decode()
    energy = msgspec.json.encode({"energy_import_wh": 5_000, "energy_export_wh": 0}).decode()
    prepare = f"""printf '%s' '{identity}' > "$1/box.json" && printf '%s' '{energy}' > "$1/energy.json" """
    with started(on_a_disk(READ_ONLY, tmp_path, [*NGAIR, *silent(tmp_path), "--http", "127.0.0.1:0"], prepare)) as box:
        told(box, f"data folder {tmp_path} is on a read-only disk: look at the disk")
        assert serial(box) == "ABCDEFGH01234567"
        assert box.json("/meter/")["totalEnergyActiveImport"] == 5
        assert box.stop() == 0
    assert box.errors[-1].endswith("INFO stopped\n")
