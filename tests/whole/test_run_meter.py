"""The program on a recording, on a TCP socket and on a serial line: each serves what the meter said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ngair.meter.decoder import Decoder
from ngair.model.reading import reading_document
from ngair.model.telegram import Telegram
from ngair.sim.options import Options
from ngair.sim.world import World
from tests.contracts.programs import Dongle, told_of_the_link
from tests.contracts.wires import Pty
from tests.program import Box, running, wait_for

OWN = b"".join(World(Options(seed=5)).advance(60))
LINKS = ["file", "tcp", "serial"]


@contextlib.contextmanager
def on(link: str, recording: bytes, folder: Path) -> Iterator[Box]:
    """A box whose meter says a recording over some link."""
    quiet = ("--data", str(folder / "data"), "--mdns", "off")
    if link == "file":
        (folder / "recording.txt").write_bytes(recording)
        with running("run", "--meter", f"file://{folder}/recording.txt?speed=3600", *quiet) as box:
            yield box
    elif link == "tcp":
        with Dongle(recording) as dongle, running("run", "--meter", f"tcp://127.0.0.1:{dongle.port}", *quiet) as box:
            yield box
    else:
        pty = Pty(folder / "meter")
        pty.plug_in()
        try:
            with running("run", "--meter", f"serial://{pty.device}", *quiet) as box:
                play(pty, recording, box)
                yield box
        finally:
            pty.unplug()


def play(pty: Pty, recording: bytes, box: Box) -> None:
    """Send a recording when the line is read: what was sent before is dropped, as on every serial line."""
    start = recording.index(b"/", recording.index(b"!") if recording[:1] != b"/" else 0)
    first = recording[start : recording.index(b"\n", recording.index(b"!", start)) + 1]

    def read() -> bool:
        pty.write(first)
        return bool(box.json("/api/v1/site")["meter"]["link"] == "up")

    wait_for(read)
    pty.write(recording)


def decoded(recording: bytes) -> list[Telegram]:
    decoder = Decoder()
    return [item for item in [*decoder.feed(recording), *decoder.finish()] if isinstance(item, Telegram)]


@pytest.mark.parametrize("link", LINKS)
def test_what_a_meter_of_our_own_says_is_served(link: str, tmp_path: Path) -> None:
    with on(link, OWN, tmp_path) as box:
        shows(box, decoded(OWN), link)
        assert box.stop() == 0
    assert told_of_the_link(box)[0] == "meter connected"


@pytest.mark.parametrize("link", LINKS)
def test_what_a_real_meter_said_is_served(link: str, tmp_path: Path, telegram_folder: Path | None) -> None:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not part of this repository")
    recording = (telegram_folder / "capture" / "nl-dsmr5-isk-2m550t.txt").read_bytes()
    telegrams = decoded(recording)
    assert len(telegrams) == 566
    with on(link, recording, tmp_path) as box:
        shows(box, telegrams, link)


def shows(box: Box, telegrams: list[Telegram], link: str) -> None:
    """Whether the box has read all of them and serves the last."""
    last = telegrams[-1]
    clock = last.reading.time
    site: Any = box.until("/api/v1/site", lambda s: s["meter"]["reading"] and s["meter"]["reading"]["time"] == clock)
    document = reading_document(last.reading)
    assert site["meter"]["reading"] == {
        name: list(value) if isinstance(value := getattr(document, name), tuple) else value
        for name in document.__struct_fields__
    }
    assert site["meter"]["telegrams"] >= len(telegrams)
    assert site["meter"]["telegrams"] == len(telegrams) or link == "serial"
    assert site["meter"]["rejected"].keys() <= {"noise"}
    meter = box.json("/meter/")
    assert meter["current"] == [round(current_a or 0, 3) for current_a in last.reading.current_a]
    assert meter["activePowerIn"] == last.reading.power_import_w
    assert meter["totalEnergyActiveImport"] == pytest.approx((last.reading.energy_import_wh or 0) / 1000)
    raw = box.json("/meterraw/")
    assert (raw["data"], raw["len"]) == (last.data, last.wire_len)
